package engine

import (
	"slices"

	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// withPlace reports whether a node in flight is terminated together with its
// place: to give back a size, or because LEAN needs no node in its stead.
func (s *state) withPlace(p *plan, d upgrade.Drain) bool {
	sizes := s.Ledger.Sizes
	switch {
	case d.Surplus || sizes != nil && sizes.ShrinkInstance == d.Instance:
		return true
	case !s.IsLean() || sizes == nil:
		return false
	}
	asked := s.terminationsRequested(p)
	stay := s.Where(func(m *fleet.Member) bool { return m.ID != d.Instance && !asked[m.ID] })
	left := slices.DeleteFunc(slices.Clone(stay), func(m *fleet.Member) bool { return !m.Outdated })
	return s.Added() > s.SurgeFor(left) && !s.LeavesZoneShort(d.Zone, stay)
}

// terminationsRequested are the instances whose termination was requested, before or in a plan.
func (s *state) terminationsRequested(p *plan) map[string]bool {
	requested := s.TerminationsRequested()
	for _, st := range p.steps {
		if t, ok := st.action.(terminate); ok {
			requested[t.drain.Instance] = true
		}
	}
	return requested
}
