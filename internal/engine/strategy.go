package engine

import (
	"cmp"
	"slices"

	"github.com/nodelift/nodelift/internal/upgrade"
)

func (s *Fleet) minimal() bool { return s.Run.Strategy == upgrade.Minimal }

func (s *Fleet) lean() bool { return s.Run.Strategy == upgrade.Lean }

// ordered puts outdated nodes in the order in which they are drained. LEAN keeps
// the zones even in every order: what goes last does not come back. Nodes with pods
// of our own controller go last in every order, so that it moves once, to a node
// that stays, and as late as it can.
func (s *Fleet) ordered(outdated []*Member) []*Member {
	order := s.Update.Policy.NodeOrder
	s.shuffled(outdated)
	slices.SortStableFunc(outdated, func(a, b *Member) int {
		switch order {
		case upgrade.Oldest:
			return a.Launched.Compare(b.Launched)
		case upgrade.ZoneByZone:
			return cmp.Compare(a.Zone, b.Zone)
		case upgrade.FewestPods:
			return cmp.Compare(s.PodsToMove(a), s.PodsToMove(b))
		}
		return 0
	})
	if s.lean() || order == upgrade.Random || order == "" {
		evenly(outdated)
	}
	slices.SortStableFunc(outdated, func(a, b *Member) int {
		return cmp.Or(compareBool(a.Usable, b.Usable), compareBool(a.HostsController(), b.HostsController()))
	})
	return outdated
}

// wanted is the desired size that the owner wants: what the ledger says while
// sizes are borrowed, which MINIMAL never does.
func (s *Fleet) OwnersDesired() int {
	if d := s.Ledger.Sizes; d != nil {
		return d.Owner.Desired
	}
	return s.Group.Size.Desired
}

// surge is how many nodes are added now.
func (s *Fleet) surge() int {
	if s.minimal() {
		return 0
	}
	if s.lean() { // what was asked to go may be shown for a while, and is not left
		asked := s.requested()
		return s.surgeFor(s.Where(func(m *Member) bool { return m.Outdated && !asked[m.ID] }))
	}
	return s.surgeFor(s.outdated())
}

// surgeFor is one node for each zone with outdated nodes, or as many as may be in
// flight if that is more.
func (s *Fleet) surgeFor(outdated []*Member) int {
	return max(len(zones(outdated)), min(s.maxUnavailable(), len(outdated)))
}

// bound is the most that may be added (EKS), to reach a zone that Auto Scaling
// does not choose by itself.
func (s *Fleet) MostSurge() int {
	if s.lean() && !s.stranded() {
		return s.surge()
	}
	return max(2*len(s.Group.Zones), s.maxUnavailable())
}

// stranded reports whether a rollback cannot go on with what LEAN adds, as a zone that
// needs a new node has none. Nobody has chosen its strategy (decision 6), so it adds
// what DEFAULT would.
func (s *Fleet) stranded() bool {
	return s.Update.Rollback != nil && s.added() >= s.surge() && slices.ContainsFunc(s.zonesWithoutReplacement(), s.NeedsZoneCovered)
}

// taintIn returns the taint of the outdated nodes of each zone that are not in
// flight. Pods that are evicted have to find a place: where there are no new nodes
// for them yet, that is on other outdated ones, in need.
func (s *Fleet) taintIn() func(zone string) upgrade.Mark {
	uncovered := s.uncovered()
	return func(zone string) upgrade.Mark {
		if s.minimal() || s.lean() && slices.Contains(uncovered, zone) {
			return upgrade.MarkPrefer
		}
		return upgrade.MarkTaint
	}
}

// withPlace reports whether a node in flight is terminated together with its
// place: to give back a size, or because LEAN needs no node in its stead.
func (s *state) withPlace(p *plan, d upgrade.Drain) bool {
	sizes := s.Ledger.Sizes
	switch {
	case d.Surplus || sizes != nil && sizes.ShrinkInstance == d.Instance:
		return true
	case !s.lean() || sizes == nil:
		return false
	}
	asked := s.terminationsRequested(p)
	stay := s.Where(func(m *Member) bool { return m.ID != d.Instance && !asked[m.ID] })
	left := slices.DeleteFunc(slices.Clone(stay), func(m *Member) bool { return !m.Outdated })
	return s.added() > s.surgeFor(left) && !s.LeavesZoneShort(d.Zone, stay)
}

// terminationsRequested are the instances whose termination was requested, before or in a plan.
func (s *state) terminationsRequested(p *plan) map[string]bool {
	requested := s.requested()
	for _, st := range p.steps {
		if t, ok := st.action.(terminate); ok {
			requested[t.drain.Instance] = true
		}
	}
	return requested
}

// requested are the instances in flight whose termination was requested.
func (s *Fleet) requested() map[string]bool {
	requested := map[string]bool{}
	for _, d := range s.Run.Drains {
		requested[d.Instance] = !d.TerminationRequested.IsZero()
	}
	return requested
}

// lacks reports whether the zones would end uneven if a node of this one went with
// its place, and another one that came instead would be launched there, as Auto
// Scaling launches in the emptiest zone. stay are the nodes that stay then.
func (s *Fleet) LeavesZoneShort(zone string, stay []*Member) bool {
	if len(s.Group.Zones) == 0 {
		return false
	}
	all, fresh := zones(stay), map[string]int{}
	for _, m := range stay {
		if !m.Outdated {
			fresh[m.Zone]++
		}
	}
	for range s.Ledger.Sizes.Expected.Desired - 1 - len(stay) { // still to be launched
		next := extreme(s.Group.Zones, all, -1)
		all[next]++
		fresh[next]++
	}
	alone := !slices.ContainsFunc(s.Group.Zones, func(other string) bool { return other != zone && all[other] <= all[zone] })
	return alone && s.endsUneven(zone, fresh)
}

// endsUneven reports whether a zone has too few nodes, when what is too much has been
// given back from the fullest zones.
func (s *Fleet) endsUneven(zone string, fresh map[string]int) bool {
	total := 0
	for _, count := range fresh {
		total += count
	}
	for ; total > s.Ledger.Sizes.Owner.Desired; total-- {
		fresh[extreme(s.Group.Zones, fresh, 1)]--
	}
	return fresh[zone] < fresh[extreme(s.Group.Zones, fresh, 1)]-1
}

// extreme is the first zone with most members, sign 1, or with fewest, sign -1.
func extreme(zones []string, count map[string]int, sign int) string {
	return slices.MaxFunc(zones, func(a, b string) int { return sign * cmp.Compare(count[a], count[b]) })
}
