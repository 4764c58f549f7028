package upgrade

import (
	"slices"
	"strings"
)

// Quarantined is an outdated node that could not be drained and was put aside, so
// that the others could go on. It keeps its taint. When no other is left it is
// tried once more.
type Quarantined struct {
	Instance string
	Node     string
	Why      string // it could not be drained
	Retried  bool
}

// putAside takes a node that could not be drained out of flight.
func (s *state) putAside(p *plan, d Drain, why string) {
	s.letGo(p, d)
	p.remember(func(r *Run) {
		r.Quarantined = slices.Clone(r.Quarantined)
		if q := r.quarantined(d.Instance); q != nil {
			q.Why = why
			return
		}
		r.Quarantined = append(r.Quarantined, Quarantined{Instance: d.Instance, Node: d.Node, Why: why})
	})
	p.warn("NodeQuarantined", "%s could not be drained within %s and is put aside, so that others go on: %s", d.name(), brief(s.elapsed(d.Since)), why)
}

// quarantined is what is noted of an instance that was put aside, nil if it was not.
func (r *Run) quarantined(instance string) *Quarantined {
	i := slices.IndexFunc(r.Quarantined, func(q Quarantined) bool { return q.Instance == instance })
	if i < 0 {
		return nil
	}
	return &r.Quarantined[i]
}

// retry notes that a node which was put aside is tried again.
func (r *Run) retry(instance string) {
	if r.quarantined(instance) != nil {
		r.Quarantined = slices.Clone(r.Quarantined)
		r.quarantined(instance).Retried = true
	}
}

// drainable returns the outdated members that may be put in flight: those that were
// not put aside or, when of these none is left and none in flight, those that were.
func (s *state) drainable() []*member {
	waiting := s.where(func(m *member) bool { return m.outdated && !m.inFlight })
	fresh := slices.DeleteFunc(slices.Clone(waiting), func(m *member) bool { return s.run.quarantined(m.ID) != nil })
	if len(fresh) > 0 || len(s.run.Drains) > 0 {
		return fresh
	}
	return slices.DeleteFunc(waiting, func(m *member) bool { return s.run.quarantined(m.ID).Retried })
}

// failQuarantined ends an update in which no outdated node is left but those that
// could not be drained twice, and names them.
func failQuarantined(s *state, p *plan) {
	left := s.outdated()
	tried := func(m *member) bool { q := s.run.quarantined(m.ID); return q != nil && q.Retried }
	if len(left) == 0 || len(s.run.Drains) > 0 || slices.ContainsFunc(left, func(m *member) bool { return !tried(m) }) {
		return
	}
	var ids, why []string
	for _, m := range left {
		ids = append(ids, m.ID)
		why = append(why, m.name()+": "+s.run.quarantined(m.ID).Why)
	}
	p.fail(PodEvictionFailure, ids, "%s could not be drained, tried twice; all others are done. %s", count(len(left), "outdated node"), strings.Join(why, "; "))
}
