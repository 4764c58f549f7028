package engine

import (
	"cmp"
	"slices"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// startSurplus puts nodes in flight to give back their places, up to
// maxUnavailable at once. Instances that are no nodes yet do not count: nothing
// on them has to move.
func startSurplus(s *state, p *plan) {
	d := s.Ledger.Sizes
	if len(s.Run.Drains) >= d.Expected.Desired-d.Owner.Desired || d.Unexpected != nil {
		return // a size that somebody changed may leave less to give back
	}
	full := s.NodesInFlight() >= s.maxUnavailable()
	may := s.MaySpare()
	if m := s.nextSurplus(func(m *Member) bool { return may(m) && (m.Node == nil || !full) }, s.obstructed); m != nil {
		p.startDrain(m, true)
		return
	}
	if full {
		return
	}
	everyone := func(*Member) bool { return true }
	limit := s.Update.Policy.JoinTimeout
	if s.nextSurplus(everyone, s.obstructed) == nil || p.wait(capacityWait, limit, "%d usable nodes have to stay before a size is given back%s", s.UsableRequiredToShrink(), s.NamesUnready()) >= limit {
		return
	}
	s.lookAtMinReady(p)
	if len(s.Run.Drains) == 0 { // what is in flight goes on
		p.block()
	}
}

// sparing reports which members may go without taking capacity that is needed:
// usable ones while enough others are, coming ones while enough others are or
// will be, and dead ones always.
func (s *Fleet) MaySpare() func(*Member) bool {
	usable, coming := s.staying()
	floor := s.UsableRequiredToShrink()
	return func(m *Member) bool {
		switch {
		case m.Usable:
			return usable > floor
		case s.coming(m):
			return usable+coming > floor
		}
		return true
	}
}

// staying counts the members that are not in flight and are usable, or may
// become so.
func (s *Fleet) staying() (usable, coming int) {
	usable = len(s.Where(func(m *Member) bool { return m.Usable && !m.InFlight }))
	coming = len(s.Where(func(m *Member) bool { return s.coming(m) && !m.InFlight }))
	return usable, coming
}

// coming reports whether an instance may yet become a usable node.
func (s *Fleet) coming(m *Member) bool {
	return s.joining(m) && !m.Outdated && s.elapsed(s.joiningSince(m)) < s.Update.Policy.JoinTimeout
}

// giveBackFloor is how many usable nodes have to stay: what an update that has not
// measured the group found nobody knows, so it is what the owner wants.
func (s *Fleet) UsableRequiredToShrink() int {
	if s.Run.Baseline == nil {
		return s.OwnersDesired()
	}
	return s.OwnersUsable()
}

// nextSurplus returns the member that goes next to give back a size, nil if
// none may: if the update did not succeed a dead one first, then one that has
// not joined, and those that cannot be drained last; then from the fullest zone
// one without our own controller, and of these the one with the fewest pods to
// move.
func (s *Fleet) nextSurplus(may, obstructed func(*Member) bool) *Member {
	staying := s.Where(func(m *Member) bool { return !m.InFlight })
	count := zones(staying)
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
			compareBool(obstructed(a), obstructed(b)),
			-cmp.Compare(count[a.Zone], count[b.Zone]),
			cmp.Compare(a.Zone, b.Zone),
			-compareBool(a.Node == nil, b.Node == nil),
			compareBool(a.HostsController(), b.HostsController()),
			cmp.Compare(s.PodsToMove(a), s.PodsToMove(b)),
			cmp.Compare(s.shuffleKey(a.ID), s.shuffleKey(b.ID)),
		)
	})
}

// orderly reports whether sizes are given back as planned, and not after a failure or
// a cancellation.
func (s *Fleet) orderly() bool {
	return s.Run.Verdict == nil || s.Run.Verdict.Status == upgrade.Successful
}

// evenly reports whether a place may only be given back in the fullest zones: not after a
// failure, where a node goes that can, and not after a cancellation while one is of no use.
func (s *Fleet) RestoresEvenly(candidates []*Member) bool {
	if s.orderly() {
		return true
	}
	return s.Run.Verdict.Status == upgrade.Cancelled && !slices.ContainsFunc(candidates, func(m *Member) bool { return s.Usefulness(m) == 0 })
}

// inFullestZones keeps those in the zones with most members: a group that ends
// uneven would be evened out by AZRebalance, which terminates nodes undrained.
func inFullestZones(candidates []*Member, count map[string]int) []*Member {
	most := 0
	for _, m := range candidates {
		most = max(most, count[m.Zone])
	}
	return slices.DeleteFunc(candidates, func(m *Member) bool { return count[m.Zone] < most })
}

// use is what a node of a scaling, or of an update that did not succeed, is good for:
// 0 nothing, as it is dead or did not join in time, 1 little, as it is coming in an
// update that failed, 2 all.
func (s *Fleet) Usefulness(m *Member) int {
	switch {
	case s.orderly() && !s.scales() || !s.joining(m):
		return 2
	case !s.coming(m):
		return 0
	case !s.orderly() && s.Run.Verdict.Status == upgrade.Failed:
		return 1
	}
	return 2
}

// obstructed reports whether a node of a scaling or of a failed update is the one that
// could not be drained, or has a pod that could not be evicted now.
func (s *state) obstructed(m *Member) bool {
	if s.orderly() && !s.scales() || m.Node == nil {
		return false
	}
	if v := s.Run.Verdict; v != nil && slices.ContainsFunc(v.Errors, func(e upgrade.Error) bool { return slices.Contains(e.Resources, m.ID) }) {
		return true
	}
	return s.obstacleOn(m) != ""
}

func compareBool(a, b bool) int {
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

// shrink has an empty node terminated together with its place. The smaller
// size is written down before, one at a time.
func (s *state) shrink(p *plan, d upgrade.Drain) {
	sizes := s.Ledger.Sizes
	switch {
	case s.settled():
		next := upgrade.Size{Max: sizes.Expected.Max, Desired: sizes.Expected.Desired - 1}
		if !p.ledger && next.Desired >= sizes.Owner.Desired {
			p.owe(func(l *upgrade.Ledger) { send(l.Sizes, next, d.Instance) })
		}
	case sizes.ShrinkInstance != d.Instance:
		return // another one goes first
	default:
		p.do(s.termination(d, true), "NodeTerminated", d.Node, "%s in %s is empty: instance %s is terminated and the desired size goes from %d to %d", d.Name(), d.Zone, d.Instance, sizes.Expected.Desired, sizes.Pending.Desired)
	}
}
