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
	if !s.isPaused() || s.Lacks(plan.AutoscalerRead, plan.NodesRead) && !s.isReadLost() {
		return plan.Nothing
	}
	if s.Run.PausedForHealth() {
		p.WaitSince(s.Run.HealthPause.At, plan.Stopped, 0, "paused: %s", s.Run.HealthPause.Why)
	}
	return plan.FirstOf(s, p, of(debts.RunAutoscaler), func(*state, *plan.Plan) plan.Decision { return plan.Pause })
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
