package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nodelift/nodelift/internal/engine/debts"
	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// Whether the group that AWS shows is the one that the ledger is about. A group of the same name may be
// in another account, or may have been made after ours was deleted; and a group that is not found may
// only be out of reach. Until that is clear, nothing is read as absent and nothing is changed.

// groupLostAfter is how long a group that something is owed to must not be found in its own account
// before it counts as deleted.
const groupLostAfter = 10 * time.Minute

// readGroup reads the group. One that is not ours is not looked at.
func (s *state) readGroup(ctx context.Context, w upgrade.World, fresh bool) error {
	group, err := w.Groups.Group(ctx, s.Update.Group, fresh)
	if s.GroupGone = errors.Is(err, upgrade.ErrNotFound); s.GroupGone {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read Auto Scaling group %s: %w", s.Update.Group, err)
	}
	s.found = group.ARN
	if s.GroupGone = !s.isOurs(group.ARN); !s.GroupGone {
		s.Group = group
	}
	return nil
}

// isOurs reports whether an update may look at the group with this ARN. A group that was made again
// is ours if it starts anew: nothing was done to the earlier one that is not undone.
func (s *state) isOurs(arn string) bool {
	known := s.Ledger.ARN
	return known == "" || known == arn || upgrade.AccountOf(known) == upgrade.AccountOf(arn) && !s.isAtStake()
}

// isAtStake reports whether something may have been done to the group. After the verdict the ledger says
// whether anything is left to do.
func (s *state) isAtStake() bool {
	began := s.Run.Begun() || s.Update.Rollback != nil
	return s.Ledger.OwesGroup() || began && s.Run.Verdict == nil
}

// needsCaller: a group that is not found may be in another account.
func (s *state) needsCaller() bool { return s.GroupGone && s.found == "" && s.Ledger.ARN != "" }

// readCaller asks whose the credentials are. If that is not known, nothing is concluded.
func (s *state) readCaller(ctx context.Context, w upgrade.World) error {
	s.caller, s.callerErr = w.Identity.Caller(ctx)
	return nil
}

// calledAccount is the account in which the group was looked for, zero if it is not known.
func (s *state) calledAccount() upgrade.Account {
	if s.found != "" {
		return upgrade.AccountOf(s.found)
	}
	return s.caller.Account
}

// groupLost sees to it that the group is there and is ours, before anything else is decided about it.
// After the verdict, what is owed in the cluster is restored meanwhile.
func groupLost(s *state, p *plan.Plan) plan.Decision {
	if s.Lacks(plan.GroupRead, plan.NodesRead) {
		return plan.Nothing
	}
	decided := plan.FirstOf(s, p, awaitAccount, forgetLost, identify)
	if decided == plan.Wait && s.Run.Verdict != nil && !s.Lacks(plan.AutoscalerRead) {
		return max(decided, plan.FirstOf(s, p, of(debts.RestoreInCluster)))
	}
	return decided
}

// awaitAccount waits for the credentials of the group's account. It has no limit: only people can
// correct it, when they are awake, and nothing could be restored until then.
func awaitAccount(s *state, p *plan.Plan) plan.Decision {
	if !s.GroupGone || s.isAccountKnown() || s.Ledger.ARN == "" && !s.isAtStake() {
		return plan.Nothing
	}
	p.WaitFor(plan.OtherAccount, 0, "%s; nothing is changed until it is found: select the profile of its account (--profile, AWS_PROFILE), or correct the role of the controller", s.whyElsewhere())
	return plan.Wait
}

// isAccountKnown reports whether the group was looked for where it was.
func (s *state) isAccountKnown() bool {
	return s.Ledger.ARN != "" && s.calledAccount() == upgrade.AccountOf(s.Ledger.ARN)
}

func (s *state) whyElsewhere() string {
	group, there := s.Update.Group, upgrade.AccountOf(s.Ledger.ARN)
	switch {
	case s.Ledger.ARN == "":
		return fmt.Sprintf("Auto Scaling group %s is not found, and its account was never noted, so the AWS credentials in use may be for another one", group)
	case s.found != "":
		return fmt.Sprintf("Auto Scaling group %s is in %s, and the AWS credentials in use are for %s, where another group has that name", group, there, upgrade.AccountOf(s.found))
	case s.callerErr != nil:
		return fmt.Sprintf("Auto Scaling group %s is not found, and it is not known whether the AWS credentials in use are for its account, %s (%v)", group, there, s.callerErr)
	}
	return fmt.Sprintf("Auto Scaling group %s is in %s, and the AWS credentials in use are for %s (%s)", group, there, s.caller.Account, s.caller.ARN)
}

// forgetLost ends an update whose group does not exist any more. What was owed to it is forgotten; the
// cluster still gets back what is owed there. An update that has not begun starts with a new group.
func forgetLost(s *state, p *plan.Plan) plan.Decision {
	if !s.GroupGone || s.Run.Verdict != nil && !s.Ledger.OwesGroup() {
		return plan.Nothing
	}
	limit, why := groupLostAfter, s.whyLost()
	if !s.isAtStake() {
		limit = 2 * upgrade.ConfirmAfter
	}
	if waited := p.WaitFor(plan.GroupMissing, limit, "%s; reading again", why); waited < limit {
		return plan.Wait
	}
	startsAnew := !s.Run.Begun() && s.Ledger.OwesGroup() && s.Update.Rollback == nil
	if s.Ledger.OwesGroup() {
		p.Warn("GroupLost", "%s; forgetting what was owed to it (sizes, launch template, processes)", why)
		p.Owe(func(l *upgrade.Ledger) { *l = l.ForgetGroup() })
	}
	if s.Run.Verdict == nil && !startsAnew {
		return p.Fail(upgrade.ResourceNotFound, []string{s.Update.Group}, "%s", why)
	}
	return plan.Act
}

func (s *state) whyLost() string {
	group := s.Update.Group
	switch {
	case s.found != "":
		return fmt.Sprintf("Auto Scaling group %s was deleted and made again (%s -> %s); the new one is not touched", group, uuidOf(s.Ledger.ARN), uuidOf(s.found))
	case s.isAtStake():
		return fmt.Sprintf("Auto Scaling group %s does not exist any more in %s", group, upgrade.AccountOf(s.Ledger.ARN))
	}
	return fmt.Sprintf("there is no Auto Scaling group %s: node group %s has to name it as AWS does (spec.autoScalingGroup), with its region", group, s.Update.NodeGroup)
}

// uuidOf is the part of an ARN that tells a group from another one of the same name.
func uuidOf(arn string) string {
	parts := strings.Split(arn, ":")
	if len(parts) < 7 {
		return arn
	}
	return parts[6]
}

// identify notes which group it is, before anything of it is remembered or borrowed. A NodeGroup from
// before that was noted has its group identified when it is next seen, if it can be recognised.
func identify(s *state, p *plan.Plan) plan.Decision {
	switch {
	case s.GroupGone || s.Ledger.ARN == s.Group.ARN:
		return plan.Nothing
	case s.Ledger.ARN == "" && s.isAtStake() && !s.isRecognised():
		p.WaitFor(plan.OtherAccount, 0, "Auto Scaling group %s in %s may be another one of the same name: none of its instances is a node of this cluster, and its launch template is not the one that was noted; nothing is changed until the group is recognised: check the profile (--profile, AWS_PROFILE) or the role of the controller",
			s.Group.Name, upgrade.AccountOf(s.Group.ARN))
		return plan.Wait
	}
	return p.Owe(func(l *upgrade.Ledger) { l.ARN = s.Group.ARN })
}

// isRecognised reports whether something that exists in one account alone is as it was noted: a node
// of this cluster or the launch template. A group without instances has at least the sizes that were
// noted.
func (s *state) isRecognised() bool {
	isNode := func(m fleet.Member) bool { return m.Node != nil }
	return slices.ContainsFunc(s.Members, isNode) || s.isTemplateNoted() || len(s.Members) == 0 && s.areSizesNoted()
}

func (s *state) isTemplateNoted() bool {
	id, debt, r := s.Group.Template.ID, s.Ledger.Template, s.Run.Resolved
	return id != "" && (debt != nil && id == debt.Before.ID || r != nil && (id == r.Template.ID || id == r.Before.ID))
}

func (s *state) areSizesNoted() bool {
	d, now := s.Ledger.Sizes, s.Group.Size
	return d != nil && (now == d.Expected || d.Pending != nil && now == *d.Pending)
}
