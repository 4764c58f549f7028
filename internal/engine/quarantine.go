package engine

import (
	"slices"
	"strings"

	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// quarantine stops draining a node that could not be drained, so that the others go on.
func (s *state) quarantine(p *plan.Plan, d upgrade.Drain, why string) {
	s.stopDrain(p, d)
	p.Remember(func(r *upgrade.Run) {
		r.Quarantined = slices.Clone(r.Quarantined)
		if q := r.QuarantinedNode(d.Instance); q != nil {
			q.Why = why
			return
		}
		r.Quarantined = append(r.Quarantined, upgrade.Quarantined{Instance: d.Instance, Node: d.Node, Why: why})
	})
	p.Warn("NodeQuarantined", "quarantined %s: could not be drained within %s; continuing with the other nodes: %s", d.Name(), text.Duration(s.Elapsed(d.Since)), why)
}

// giveUpOn keeps a node that cannot be drained to restore a size. It is never terminated for that;
// another one may go instead.
func (s *state) giveUpOn(p *plan.Plan, d upgrade.Drain, why string) {
	s.stopDrain(p, d)
	p.Remember(func(r *upgrade.Run) { r.Undrainable = append(r.Undrainable, d.Instance) })
	p.Warn("NodeKept", "%s could not be drained and is kept: %s", d.Name(), why)
}

// failQuarantined ends an update in which no outdated node is left but those that
// could not be drained twice, and names them.
func failQuarantined(s *state, p *plan.Plan) plan.Decision {
	left := s.Outdated()
	tried := func(m *fleet.Member) bool { q := s.Run.QuarantinedNode(m.ID); return q != nil && q.Retried }
	if len(left) == 0 || len(s.Run.Drains) > 0 || slices.ContainsFunc(left, func(m *fleet.Member) bool { return !tried(m) }) {
		return plan.Nothing
	}
	var ids, why []string
	for _, m := range left {
		ids = append(ids, m.ID)
		why = append(why, m.Name()+": "+s.Run.QuarantinedNode(m.ID).Why)
	}
	return p.Fail(upgrade.PodEvictionFailure, ids, "%s could not be drained in two attempts; all other nodes are done. %s", text.Count(len(left), "outdated node"), strings.Join(why, "; "))
}
