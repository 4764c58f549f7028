package engine

import (
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// soak lets new nodes run for a while before the next ones are drained: after the
// canaries, and between batches of as many as may be in flight, so that people see
// trouble while there is little of it.
func soak(s *state, p *plan) {
	batch, length := s.Batch()
	if length == 0 || s.StartedDrains() < batch || len(s.Run.Drains) > 0 || len(s.Drainable()) == 0 {
		return
	}
	done := s.Run.Counts.Replaced
	if slices.ContainsFunc(s.UpToDate(), s.MayJoin) {
		p.wait("soak", s.Update.Policy.JoinTimeout, "%s replaced; once the last new node is usable, the new nodes run for %s before the next drain%s", text.Count(done, "node"), text.Duration(length), s.NamesUnready())
		s.lookAtMinReady(p)
		p.block()
		return
	}
	if s.Run.SoakSince.IsZero() {
		p.remember(func(r *upgrade.Run) { r.SoakSince = s.Now })
		p.say("Soaking", "%s replaced; the new nodes run for %s before the next drain", text.Count(done, "node"), text.Duration(length))
		return
	}
	if p.waitSince(s.Run.SoakSince, "soak", length, "%s replaced; the new nodes run for %s before the next drain", text.Count(done, "node"), text.Duration(length)) < length {
		p.block()
		return
	}
	p.remember(func(r *upgrade.Run) { r.Soaked, r.SoakSince = done, time.Time{} })
}
