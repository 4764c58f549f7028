package engine

import (
	"slices"

	"github.com/nodelift/nodelift/internal/engine/fleet"
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
	full := s.NodesInFlight() >= s.MaxUnavailable()
	may := s.MaySpare()
	if m := s.NextToRemove(func(m *fleet.Member) bool { return may(m) && (m.Node == nil || !full) }, s.obstructed); m != nil {
		p.startDrain(m, true)
		return
	}
	if full {
		return
	}
	everyone := func(*fleet.Member) bool { return true }
	limit := s.Update.Policy.JoinTimeout
	if s.NextToRemove(everyone, s.obstructed) == nil || p.wait(capacityWait, limit, "removing no node yet: at least %d usable nodes must stay%s", s.UsableRequiredToShrink(), s.NamesUnready()) >= limit {
		return
	}
	s.lookAtMinReady(p)
	if len(s.Run.Drains) == 0 { // what is in flight goes on
		p.block()
	}
}

// obstructed reports whether a node of a scaling or of a failed update is the one that
// could not be drained, or has a pod that could not be evicted now.
func (s *state) obstructed(m *fleet.Member) bool {
	if s.EndsWell() && !s.IsScaling() || m.Node == nil {
		return false
	}
	if v := s.Run.Verdict; v != nil && slices.ContainsFunc(v.Errors, func(e upgrade.Error) bool { return slices.Contains(e.Resources, m.ID) }) {
		return true
	}
	return s.obstacleOn(m) != ""
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
		p.do(s.termination(d, true), "NodeTerminated", d.Node, "terminating empty instance %s (%s); desired size %d -> %d", d.Instance, nodeAndZone(d), sizes.Expected.Desired, sizes.Pending.Desired)
	}
}
