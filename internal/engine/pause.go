package engine

import (
	"slices"

	"github.com/nodelift/nodelift/internal/engine/debts"
	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// isPaused reports whether the update is paused, by people or by bad health.
func (s *state) isPaused() bool { return s.Update.PauseRequested || s.Run.PausedForHealth() }

// pauseUpdate is what a paused update does: nothing new starts and everything stays, but Cluster
// Autoscaler runs, so that it may add nodes.
func pauseUpdate(s *state, p *plan.Plan) plan.Decision {
	if !s.isPaused() || s.Lacks(plan.AutoscalerRead, plan.NodesRead) && !s.isReadLost() {
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

// isReadLost reports whether a read has failed for longer than its limit.
func (s *state) isReadLost() bool {
	return slices.ContainsFunc(s.Run.FailedCalls, func(c upgrade.FailedCall) bool { return plan.IsRead(c) && s.IsPastLimit(c) })
}

// giveUp ends an update in which a call has failed for longer than its limit.
func giveUp(s *state, p *plan.Plan) plan.Decision {
	i := slices.IndexFunc(s.Run.FailedCalls, s.IsPastLimit)
	if i < 0 {
		return plan.Nothing
	}
	call := s.Run.FailedCalls[i]
	return p.Fail(call.Code, nil, "%s, for %s", call.Message, text.Duration(call.Limit))
}
