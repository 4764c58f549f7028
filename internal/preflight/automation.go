package preflight

import (
	"fmt"
	"time"

	"github.com/nodelift/nodelift/internal/text"
)

// automation warns about what is suspended during the update: the group does not grow, and
// scheduled actions are not made up for.
func automation(f Facts) []Finding {
	var found []Finding
	if len(f.Traits.Policies) > 0 && !f.Group.HasProcessSuspended("AlarmNotification") {
		found = append(found, Finding{
			Rule:   "ScalingPolicies",
			What:   "scaling policies are suspended during the " + f.work(),
			Why:    "the group does not grow with its load until the update has ended",
			Next:   "choose a quiet time, or raise the desired size first",
			Things: f.Traits.Policies,
		})
	}
	if len(f.Traits.Scheduled) > 0 && !f.Group.HasProcessSuspended("ScheduledActions") {
		found = append(found, Finding{
			Rule:   "ScheduledActions",
			What:   "scheduled actions are suspended during the " + f.work(),
			Why:    "an action that is due meanwhile does not run, and does not run later",
			Next:   "set its sizes by hand if one was due",
			Things: f.Traits.Scheduled,
		})
	}
	return found
}

// lifetimeWarning is how long before an instance reaches its maximum lifetime it is warned
// about. No upgrade lasts longer.
const lifetimeWarning = 24 * time.Hour

// lifetime warns about instances that Auto Scaling may replace without draining them.
// Suspending Terminate would prevent it, but an upgrade needs that process.
func lifetime(f Facts) []Finding {
	if f.Traits.MaxLifetime == 0 {
		return nil
	}
	var ids []string
	for _, i := range f.outdated() {
		if left := f.Traits.MaxLifetime - f.Now.Sub(i.Launched); !i.Launched.IsZero() && left < lifetimeWarning {
			ids = append(ids, i.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return one(Finding{
		Rule:   "MaxInstanceLifetime",
		What:   fmt.Sprintf("instances reach the group's maximum lifetime of %s within a day", text.Rough(f.Traits.MaxLifetime)),
		Why:    "Auto Scaling may replace them first, without draining them",
		Next:   "raise the maximum lifetime until the upgrade has ended",
		Things: ids,
	})
}

// hooks warns about launch hooks that may keep new instances out of service for longer than
// an upgrade waits, and about termination hooks.
func hooks(f Facts) []Finding {
	var late, going []string
	for _, h := range f.Traits.Hooks {
		words := fmt.Sprintf("%s up to %s", h.Name, text.Rough(h.Heartbeat))
		switch {
		case !h.Launching:
			going = append(going, words)
		case h.Heartbeat >= f.Policy.JoinTimeout:
			late = append(late, words)
		}
	}
	var found []Finding
	if len(late) > 0 {
		found = append(found, Finding{
			Rule:   "LaunchHook",
			What:   fmt.Sprintf("launch hooks can keep new instances out of service for longer than the %s that %s waits for them", text.Duration(f.Policy.JoinTimeout), f.aWork()),
			Why:    "a new node that is not in service in time fails the " + f.work(),
			Next:   "make sure that the hooks are completed in time, or set a longer --join-timeout",
			Things: late,
		})
	}
	if len(going) > 0 {
		found = append(found, Finding{
			Rule:   "TerminationHook",
			What:   "termination hooks delay the end of terminated instances",
			Why:    "these instances no longer count as nodes, but they run and cost money until the hooks are completed",
			Things: going,
		})
	}
	return found
}

// unknown says what could not be read.
func unknown(f Facts) []Finding {
	if len(f.Traits.Unknown) == 0 {
		return nil
	}
	return one(Finding{
		Rule:   "NotLookedAt",
		What:   "some settings of the group could not be read",
		Why:    "warnings about them may be missing here",
		Next:   "if a permission is missing, grant it (docs/iam-policy.json)",
		Things: f.Traits.Unknown,
	})
}

// rebalancing warns about Capacity Rebalancing: no suspended process stops it.
func rebalancing(f Facts) []Finding {
	if !f.Traits.Rebalances {
		return nil
	}
	return one(Finding{
		Rule: "CapacityRebalancing",
		What: "the group has Capacity Rebalancing",
		Why:  "Auto Scaling terminates Spot instances that EC2 warns about without draining them, also during the " + f.work(),
		Next: "switch it off meanwhile (aws autoscaling update-auto-scaling-group --auto-scaling-group-name " + f.Group.Name + " --no-capacity-rebalance)",
	})
}
