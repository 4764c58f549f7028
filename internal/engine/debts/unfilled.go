package debts

import (
	"slices"

	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// Places of the surge for which EC2 had no capacity are given back without a drain: the desired size is
// lowered to the number of instances. If an instance were launched at that moment, Auto Scaling would
// terminate one of its choice. So Launch is suspended first, and the group read again for a while. The
// ledger has Launch as one of the processes to resume, which happens after the sizes are restored.

// giveBackUnfilled lowers the desired size by the places that were never filled. The time counts from
// when they were first seen, and again from when Launch is suspended: a describe may not show an
// instance at once.
func giveBackUnfilled(v *View, p *plan.Plan) plan.Decision {
	d := v.Ledger.Sizes
	to := max(d.Owner.Desired, v.countedMembers())
	if v.IsScaling() || !v.SizesSettled() || len(v.Run.Drains) > 0 || to >= d.Expected.Desired {
		return plan.Nothing
	}
	places := text.Count(d.Expected.Desired-to, "place")
	switch {
	case !v.Group.HasProcessSuspended(upgrade.ProcessLaunch):
		if p.WaitFor(plan.Unfilled, 2*upgrade.ConfirmAfter, "%s of the group stayed without an instance; reading again before giving that back", places) < upgrade.ConfirmAfter {
			return plan.Nothing
		}
		return p.Owe(func(l *upgrade.Ledger) { l.Processes = append(slices.Clone(l.Processes), upgrade.ProcessLaunch) })
	case p.WaitFor(plan.LaunchStops, 2*upgrade.ConfirmAfter, "Launch is suspended; reading again before giving back %s without an instance", places) < upgrade.ConfirmAfter:
		return plan.Nothing
	}
	p.Say("PlacesGivenBack", "giving back %s for which no instance was launched: desired size %d -> %d", places, d.Expected.Desired, to)
	return p.Owe(func(l *upgrade.Ledger) { send(l.Sizes, upgrade.Size{Max: d.Expected.Max, Desired: to}, "") })
}

// countedMembers is the number of instances that the desired size counts.
func (v *View) countedMembers() int {
	return len(v.Where(func(*fleet.Member) bool { return true }))
}

// allowLaunch resumes Launch in an update that needs new nodes, if an earlier one has left it suspended.
func allowLaunch(v *View, p *plan.Plan) plan.Decision {
	if v.Run.Verdict != nil || !slices.Contains(v.Ledger.Processes, upgrade.ProcessLaunch) {
		return plan.Nothing
	}
	launch := []string{upgrade.ProcessLaunch}
	if v.Group.HasProcessSuspended(upgrade.ProcessLaunch) {
		return resume(p, launch)
	}
	return p.Owe(func(l *upgrade.Ledger) {
		l.Processes = only(l.Processes, func(process string) bool { return process != upgrade.ProcessLaunch })
	})
}
