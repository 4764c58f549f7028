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
	if !s.isPaused() {
		return plan.Nothing
	}
	if s.Run.PausedForHealth() {
		p.WaitSince(s.Run.HealthPause.At, plan.Stopped, 0, "paused: %s", s.Run.HealthPause.Why)
	}
	return plan.FirstOf(s, p, of(debts.RunAutoscaler), func(*state, *plan.Plan) plan.Decision { return plan.Pause })
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
