package fleet

import (
	"cmp"
	"hash/fnv"
	"slices"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Drainable returns the outdated members whose drain may start. Quarantined ones are left out
// until no other outdated member is left and nothing is in flight. Then each is tried once more.
func (f *Fleet) Drainable() []*Member {
	waiting := f.Where(func(m *Member) bool { return m.Outdated && !m.InFlight })
	fresh := slices.DeleteFunc(slices.Clone(waiting), func(m *Member) bool { return f.Run.QuarantinedNode(m.ID) != nil })
	if len(fresh) > 0 || len(f.Run.Drains) > 0 {
		return fresh
	}
	return slices.DeleteFunc(waiting, func(m *Member) bool { return f.Run.QuarantinedNode(m.ID).Retried })
}

// DrainOrder sorts outdated members into the order in which they are drained, and returns them.
// Members that are not usable come first, and nodes with pods of Nodelift's controller last, so
// that the controller moves once, late, and to a node that stays. LEAN keeps the zones even in
// every order, because the last nodes are not replaced.
func (f *Fleet) DrainOrder(outdated []*Member) []*Member {
	order := f.Update.Policy.NodeOrder
	f.shuffled(outdated)
	slices.SortStableFunc(outdated, func(a, b *Member) int {
		switch order {
		case upgrade.Oldest:
			return a.Launched.Compare(b.Launched)
		case upgrade.ZoneByZone:
			return cmp.Compare(a.Zone, b.Zone)
		case upgrade.FewestPods:
			return cmp.Compare(f.PodsToMove(a), f.PodsToMove(b))
		}
		return 0
	})
	if f.IsLean() || order == upgrade.Random || order == "" {
		evenly(outdated)
	}
	slices.SortStableFunc(outdated, func(a, b *Member) int {
		return cmp.Or(CompareBool(a.Usable, b.Usable), CompareBool(a.HostsController(), b.HostsController()))
	})
	return outdated
}

// evenly sorts members so that the next one is always from a zone with the most of them left,
// and keeps their order otherwise. Replacements are launched in the zones that lost a node, so
// the zones are even again when the last nodes are in flight.
func evenly(members []*Member) []*Member {
	left, rank := CountByZone(members), make(map[*Member]int, len(members))
	for _, m := range members {
		rank[m] = left[m.Zone]
		left[m.Zone]--
	}
	slices.SortStableFunc(members, func(a, b *Member) int { return -cmp.Compare(rank[a], rank[b]) })
	return members
}

// shuffled sorts members at random. The order depends on the update and the instance ids alone,
// so every process that works on the update has the same one.
func (f *Fleet) shuffled(members []*Member) []*Member {
	slices.SortFunc(members, func(a, b *Member) int {
		return cmp.Or(cmp.Compare(f.shuffleKey(a.ID), f.shuffleKey(b.ID)), cmp.Compare(a.ID, b.ID))
	})
	return members
}

// shuffleKey is the place of an instance in the random order.
func (f *Fleet) shuffleKey(id string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(f.Update.UID))
	h.Write([]byte{0})
	h.Write([]byte(id))
	// FNV alone keeps similar ids together: mix the bits once more.
	x := h.Sum64()
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	return x ^ x>>33
}

// PodsToMove counts the pods of a member that have to move when it is drained.
func (f *Fleet) PodsToMove(m *Member) int {
	if m.Node == nil {
		return 0
	}
	count := 0
	for _, pod := range f.Occupancy.Pods[m.Node.Name] {
		if pod.MustMove() {
			count++
		}
	}
	return count
}

// CompareBool compares for sorting: false comes before true.
func CompareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
