package fleet

import (
	"cmp"
	"hash/fnv"
	"slices"

	"github.com/nodelift/nodelift/internal/upgrade"
)

func SortedByID(pods []upgrade.Pod) []upgrade.Pod {
	return slices.SortedFunc(slices.Values(pods), func(a, b upgrade.Pod) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
}

// spared reports whether a scaling leaves a member alone: its owner has protected it
// from that, or a pod of it would have nowhere to go, or it was put aside and there are
// others, or it was tried again.
func (s *Fleet) Spared(m *Member) bool {
	if !s.IsScaling() || m.Protected || s.StrandedPod(m) != "" {
		return s.IsScaling()
	}
	aside := s.Run.QuarantinedNode(m.ID)
	others := func(o *Member) bool {
		return !o.InFlight && !o.Protected && s.Run.QuarantinedNode(o.ID) == nil && !slices.Contains(s.Run.Undrainable, o.ID)
	}
	return aside != nil && (aside.Retried || len(s.Run.Drains) > 0 || len(s.Where(others)) > 0)
}

// evenly orders members so that the next one is always of a zone with most of
// them left, and keeps their order otherwise. What goes in that order comes back
// in it, so that the zones are even whenever the last ones are under way.
func evenly(members []*Member) []*Member {
	left, rank := CountByZone(members), make(map[*Member]int, len(members))
	for _, m := range members {
		rank[m] = left[m.Zone]
		left[m.Zone]--
	}
	slices.SortStableFunc(members, func(a, b *Member) int { return -cmp.Compare(rank[a], rank[b]) })
	return members
}

// shuffled orders members at random, in an order that depends on the update
// and the instance alone: every process that works on the update, before or
// after a death, has the same one.
func (s *Fleet) shuffled(members []*Member) []*Member {
	slices.SortFunc(members, func(a, b *Member) int {
		return cmp.Or(cmp.Compare(s.shuffleKey(a.ID), s.shuffleKey(b.ID)), cmp.Compare(a.ID, b.ID))
	})
	return members
}

func (s *Fleet) shuffleKey(id string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s.Update.UID))
	h.Write([]byte{0})
	h.Write([]byte(id))
	// FNV alone keeps similar ids together: mix the bits once more.
	x := h.Sum64()
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	return x ^ x>>33
}

// ordered puts outdated nodes in the order in which they are drained. LEAN keeps
// the zones even in every order: what goes last does not come back. Nodes with pods
// of our own controller go last in every order, so that it moves once, to a node
// that stays, and as late as it can.
func (s *Fleet) DrainOrder(outdated []*Member) []*Member {
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
	if s.IsLean() || order == upgrade.Random || order == "" {
		evenly(outdated)
	}
	slices.SortStableFunc(outdated, func(a, b *Member) int {
		return cmp.Or(CompareBool(a.Usable, b.Usable), CompareBool(a.HostsController(), b.HostsController()))
	})
	return outdated
}

// nextSurplus returns the member that goes next to give back a size, nil if
// none may: if the update did not succeed a dead one first, then one that has
// not joined, and those that cannot be drained last; then from the fullest zone
// one without our own controller, and of these the one with the fewest pods to
// move.
func (s *Fleet) NextToRemove(may, obstructed func(*Member) bool) *Member {
	staying := s.Where(func(m *Member) bool { return !m.InFlight })
	count := CountByZone(staying)
	candidates := slices.DeleteFunc(staying, func(m *Member) bool { return slices.Contains(s.Run.Undrainable, m.ID) || s.Spared(m) })
	if s.RestoresEvenly(candidates) {
		candidates = inFullestZones(candidates, count)
	}
	candidates = slices.DeleteFunc(candidates, func(m *Member) bool { return !may(m) })
	if len(candidates) == 0 {
		return nil
	}
	return slices.MinFunc(candidates, func(a, b *Member) int {
		return cmp.Or(
			cmp.Compare(s.Usefulness(a), s.Usefulness(b)),
			CompareBool(obstructed(a), obstructed(b)),
			-cmp.Compare(count[a.Zone], count[b.Zone]),
			cmp.Compare(a.Zone, b.Zone),
			-CompareBool(a.Node == nil, b.Node == nil),
			CompareBool(a.HostsController(), b.HostsController()),
			cmp.Compare(s.PodsToMove(a), s.PodsToMove(b)),
			cmp.Compare(s.shuffleKey(a.ID), s.shuffleKey(b.ID)),
		)
	})
}

// orderly reports whether sizes are given back as planned, and not after a failure or
// a cancellation.
func (s *Fleet) EndsWell() bool {
	return s.Run.Verdict == nil || s.Run.Verdict.Status == upgrade.Successful
}

// evenly reports whether a place may only be given back in the fullest zones: not after a
// failure, where a node goes that can, and not after a cancellation while one is of no use.
func (s *Fleet) RestoresEvenly(candidates []*Member) bool {
	if s.EndsWell() {
		return true
	}
	return s.Run.Verdict.Status == upgrade.Cancelled && !slices.ContainsFunc(candidates, func(m *Member) bool { return s.Usefulness(m) == 0 })
}

func CompareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// load counts the pods that would have to move.
func (s *Fleet) PodsToMove(m *Member) int {
	if m.Node == nil {
		return 0
	}
	count := 0
	for _, pod := range s.Occupancy.Pods[m.Node.Name] {
		if pod.MustMove() {
			count++
		}
	}
	return count
}
