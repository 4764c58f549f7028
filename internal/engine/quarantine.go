package engine

import (
	"slices"
	"strings"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// putAside takes a node that could not be drained out of flight.
func (s *state) putAside(p *plan, d upgrade.Drain, why string) {
	s.letGo(p, d)
	p.remember(func(r *upgrade.Run) {
		r.Quarantined = slices.Clone(r.Quarantined)
		if q := r.QuarantinedNode(d.Instance); q != nil {
			q.Why = why
			return
		}
		r.Quarantined = append(r.Quarantined, upgrade.Quarantined{Instance: d.Instance, Node: d.Node, Why: why})
	})
	p.warn("NodeQuarantined", "%s could not be drained within %s and is put aside, so that others go on: %s", d.Name(), brief(s.elapsed(d.Since)), why)
}

// drainable returns the outdated members that may be put in flight: those that were
// not put aside or, when of these none is left and none in flight, those that were.
func (s *Fleet) drainable() []*Member {
	waiting := s.Where(func(m *Member) bool { return m.Outdated && !m.InFlight })
	fresh := slices.DeleteFunc(slices.Clone(waiting), func(m *Member) bool { return s.Run.QuarantinedNode(m.ID) != nil })
	if len(fresh) > 0 || len(s.Run.Drains) > 0 {
		return fresh
	}
	return slices.DeleteFunc(waiting, func(m *Member) bool { return s.Run.QuarantinedNode(m.ID).Retried })
}

// failQuarantined ends an update in which no outdated node is left but those that
// could not be drained twice, and names them.
func failQuarantined(s *state, p *plan) {
	left := s.outdated()
	tried := func(m *Member) bool { q := s.Run.QuarantinedNode(m.ID); return q != nil && q.Retried }
	if len(left) == 0 || len(s.Run.Drains) > 0 || slices.ContainsFunc(left, func(m *Member) bool { return !tried(m) }) {
		return
	}
	var ids, why []string
	for _, m := range left {
		ids = append(ids, m.ID)
		why = append(why, m.Name()+": "+s.Run.QuarantinedNode(m.ID).Why)
	}
	p.fail(upgrade.PodEvictionFailure, ids, "%s could not be drained, tried twice; all others are done. %s", count(len(left), "outdated node"), strings.Join(why, "; "))
}
