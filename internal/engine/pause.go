package engine

import (
	"slices"

	"github.com/nodelift/nodelift/internal/engine/debts"
	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// isPaused reports whether the update is paused, by people, by bad health or because its process leaves it.
func (s *state) isPaused() bool { return s.Update.MustPause() || s.Run.PausedForHealth() }

// pauseUpdate is what a paused update does: nothing new starts and everything stays, but Cluster
// Autoscaler runs, so that it may add nodes.
func pauseUpdate(s *state, p *plan.Plan) plan.Decision {
	if !s.isPaused() {
		return plan.Nothing
	}
	if s.Run.PausedForHealth() {
		p.WaitSince(s.Run.HealthPause.At, plan.Stopped, 0, "paused: %s", s.Run.HealthPause.Why)
	}
	return plan.FirstOf(s, p, of(debts.RunAutoscaler), func(*state, *plan.Plan) plan.Decision { return plan.Pause })
}

// groupLost ends an update whose group does not exist any more. Nothing is owed to a group that is
// gone.
func groupLost(s *state, p *plan.Plan) plan.Decision {
	switch {
	case !s.GroupGone:
		return plan.Nothing
	case s.Run.Verdict == nil:
		return s.awaitGroup(p)
	case s.Ledger.Sizes != nil || s.Ledger.Template != nil:
		return p.Owe(func(l *upgrade.Ledger) { l.Sizes, l.Template = nil, nil })
	}
	return plan.Nothing
}

func (s *state) awaitGroup(p *plan.Plan) plan.Decision {
	limit, group := 2*upgrade.ConfirmAfter, s.Update.Group
	waited := p.WaitFor(plan.GroupMissing, limit, "Auto Scaling group %s is not found", group)
	if waited < limit {
		return plan.Wait
	}
	if !s.Run.Begun() {
		return p.Fail(upgrade.ResourceNotFound, []string{group}, "there is no Auto Scaling group %s: node group %s has to name it as AWS does (spec.autoScalingGroup), with its region", group, s.Update.NodeGroup)
	}
	return p.Fail(upgrade.ResourceNotFound, []string{group}, "Auto Scaling group %s does not exist any more", group)
}

// giveUp ends what cannot be done because a call has failed for longer than its limit: first the
// update, then the restoring.
func giveUp(s *state, p *plan.Plan) plan.Decision {
	i := slices.IndexFunc(s.Run.FailedCalls, func(c upgrade.FailedCall) bool {
		return c.Limit > 0 && s.Elapsed(upgrade.Later(c.Since, s.VerdictAt())) >= c.Limit
	})
	switch {
	case i < 0:
		return plan.Nothing
	case s.Run.Verdict == nil:
		call := s.Run.FailedCalls[i]
		return p.Fail(call.Code, nil, "%s, for %s", call.Message, text.Duration(call.Limit))
	}
	return finish(s, p)
}
