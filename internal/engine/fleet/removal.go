package fleet

import (
	"cmp"
	"slices"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// NextToRemove returns the member that is removed next to restore a size or in a scaling, nil if
// none may be. may tells whether a member may be removed at all, obstructed whether a drain of
// it would be blocked. The order of the choice: the least useful (see [Fleet.Usefulness]), not
// obstructed, from the fullest zone, an instance without a node, without Nodelift's controller,
// the fewest pods to move.
func (f *Fleet) NextToRemove(may, obstructed func(*Member) bool) *Member {
	staying := f.Where(func(m *Member) bool { return !m.InFlight })
	count := CountByZone(staying)
	candidates := slices.DeleteFunc(staying, func(m *Member) bool { return slices.Contains(f.Run.Undrainable, m.ID) || f.Spared(m) })
	if f.RestoresEvenly(candidates) {
		candidates = inFullestZones(candidates, count)
	}
	candidates = slices.DeleteFunc(candidates, func(m *Member) bool { return !may(m) })
	if len(candidates) == 0 {
		return nil
	}
	return slices.MinFunc(candidates, func(a, b *Member) int {
		return cmp.Or(
			cmp.Compare(f.Usefulness(a), f.Usefulness(b)),
			CompareBool(obstructed(a), obstructed(b)),
			-cmp.Compare(count[a.Zone], count[b.Zone]),
			cmp.Compare(a.Zone, b.Zone),
			-CompareBool(a.Node == nil, b.Node == nil),
			CompareBool(a.HostsController(), b.HostsController()),
			cmp.Compare(f.PodsToMove(a), f.PodsToMove(b)),
			cmp.Compare(f.shuffleKey(a.ID), f.shuffleKey(b.ID)),
		)
	})
}

// Spared reports whether a scaling leaves a member alone: it is protected from scale in, one of
// its pods could not run anywhere else, or it is quarantined and either was tried again or
// others are left.
func (f *Fleet) Spared(m *Member) bool {
	if !f.IsScaling() || m.Protected || f.StrandedPod(m) != "" {
		return f.IsScaling()
	}
	aside := f.Run.QuarantinedNode(m.ID)
	others := func(o *Member) bool {
		return !o.InFlight && !o.Protected && f.Run.QuarantinedNode(o.ID) == nil && !slices.Contains(f.Run.Undrainable, o.ID)
	}
	return aside != nil && (aside.Retried || len(f.Run.Drains) > 0 || len(f.Where(others)) > 0)
}

// RestoresEvenly reports whether members may be removed only from the fullest zones. After a
// failure any member that can be removed may be. After a cancellation it is the same while a
// candidate did not become usable in time.
func (f *Fleet) RestoresEvenly(candidates []*Member) bool {
	if f.EndsWell() {
		return true
	}
	return f.Run.Verdict.Status == upgrade.Cancelled && !slices.ContainsFunc(candidates, func(m *Member) bool { return f.Usefulness(m) == 0 })
}

// inFullestZones keeps the candidates in the zones that have the most members. AZRebalance would
// even out an uneven group by terminating nodes undrained.
func inFullestZones(candidates []*Member, count map[string]int) []*Member {
	most := 0
	for _, m := range candidates {
		most = max(most, count[m.Zone])
	}
	return slices.DeleteFunc(candidates, func(m *Member) bool { return count[m.Zone] < most })
}
