package engine

import (
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// soak lets new nodes run for a while before the next ones are drained: after the
// canaries, and between batches of as many as may be in flight, so that people see
// trouble while there is little of it.
func soak(s *state, p *plan) {
	batch, length := s.batch()
	if length == 0 || s.StartedDrains() < batch || len(s.Run.Drains) > 0 || len(s.drainable()) == 0 {
		return
	}
	done := s.Run.Counts.Replaced
	if slices.ContainsFunc(s.upToDate(), s.coming) {
		p.wait("soak", s.Update.Policy.JoinTimeout, "%s replaced; when the last new one is up, they run for %s before the next are drained%s", count(done, "node"), brief(length), s.NamesUnready())
		s.lookAtMinReady(p)
		p.block()
		return
	}
	if s.Run.SoakSince.IsZero() {
		p.remember(func(r *upgrade.Run) { r.SoakSince = s.Now })
		p.say("Soaking", "%s replaced: the new ones run for %s before the next are drained", count(done, "node"), brief(length))
		return
	}
	if p.waitSince(s.Run.SoakSince, "soak", length, "%s replaced: the new ones run for %s before the next are drained", count(done, "node"), brief(length)) < length {
		p.block()
		return
	}
	p.remember(func(r *upgrade.Run) { r.Soaked, r.SoakSince = done, time.Time{} })
}

// batch is how many nodes may be put in flight, since the beginning, before new ones
// are let run for a time; 0 for no such time.
func (s *Fleet) batch() (nodes int, length time.Duration) {
	policy := s.Update.Policy
	if policy.Canary > 0 && s.Run.Soaked < policy.Canary {
		return policy.Canary, policy.CanarySoak
	}
	return s.Run.Soaked + s.maxUnavailable(), policy.Soak
}

// allowance is how many nodes may be put in flight until then.
func (s *Fleet) allowance() int {
	batch, length := s.batch()
	if length == 0 {
		return s.maxUnavailable()
	}
	return max(0, batch-s.StartedDrains())
}

// started counts the outdated nodes that were put in flight and were not put aside.
func (s *Fleet) StartedDrains() int { return s.Run.Counts.Replaced + len(s.Run.Drains) }
