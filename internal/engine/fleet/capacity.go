package fleet

import (
	"fmt"
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// draining counts the nodes in flight, without instances that were no nodes
// when they were chosen.
func (s *Fleet) NodesInFlight() int {
	count := 0
	for _, d := range s.Run.Drains {
		if d.Node != "" {
			count++
		}
	}
	return count
}

// capacity is how many usable nodes the owner has: what he wants, or what there
// was at the start if that was less.
func (s *Fleet) OwnersUsable() int {
	return min(s.OwnersDesired(), s.Run.Baseline.Usable)
}

// floor is how many usable nodes have to stay when a drain begins. MINIMAL takes
// those in flight from the owner's.
func (s *Fleet) UsableRequiredToDrain() int {
	if s.IsMinimal() {
		return s.OwnersUsable() - s.MaxUnavailable()
	}
	return s.OwnersUsable()
}

// unready names a member that would be usable one day.
func (s *Fleet) NamesUnready() string {
	for _, m := range s.UpToDate() {
		if !m.Usable {
			return fmt.Sprintf(": %s (%s) is not usable: %s", m.Name(), m.Zone, m.NotUsable)
		}
	}
	return ""
}

// added is how many nodes were added to the owner's.
func (s *Fleet) Added() int {
	if s.Ledger.Sizes == nil {
		return 0
	}
	return s.Ledger.Sizes.Expected.Desired - s.Ledger.Sizes.Owner.Desired
}

// tooMany is how many nodes have still to go, without those in flight.
func (s *Fleet) StillToRemove() int {
	d := s.Ledger.Sizes
	return d.Expected.Desired - d.Owner.Desired - len(s.Run.Drains)
}

func (s *Fleet) CountUsable() int { return len(s.Where(func(m *Member) bool { return m.Usable })) }

// baseline measures the group before anything is changed.
func (s *Fleet) Baseline() *upgrade.Baseline {
	base := &upgrade.Baseline{Nodes: len(s.Where(func(*Member) bool { return true })), Zones: len(s.Group.Zones)}
	outdated := s.Outdated()
	base.Outdated = len(outdated)
	base.Usable = len(s.Where(func(m *Member) bool { return m.Usable }))
	first, like := true, outdated
	if s.IsScaling() { // new nodes are to be like all that there are
		like = s.Where(func(*Member) bool { return true })
	}
	for _, m := range like {
		if m.Node == nil {
			continue
		}
		base.Taints = union(base.Taints, m.Node.Taints)
		if first {
			base.ExtendedResources = slices.Clone(m.Node.ExtendedResources)
		}
		base.ExtendedResources = slices.DeleteFunc(base.ExtendedResources, func(r string) bool { return !slices.Contains(m.Node.ExtendedResources, r) })
		first = false
	}
	if back := s.Update.Rollback; back != nil && back.Measured != nil { // those that are outdated now may be starting up still
		base.Taints, base.ExtendedResources = back.Measured.Taints, back.Measured.ExtendedResources
	}
	return base
}

func union(a, b []string) []string {
	for _, x := range b {
		if !slices.Contains(a, x) {
			a = append(a, x)
		}
	}
	return a
}

// batch is how many nodes may be put in flight, since the beginning, before new ones
// are let run for a time; 0 for no such time.
func (s *Fleet) Batch() (nodes int, length time.Duration) {
	policy := s.Update.Policy
	if policy.Canary > 0 && s.Run.Soaked < policy.Canary {
		return policy.Canary, policy.CanarySoak
	}
	return s.Run.Soaked + s.MaxUnavailable(), policy.Soak
}

// allowance is how many nodes may be put in flight until then.
func (s *Fleet) MayStartDrains() int {
	batch, length := s.Batch()
	if length == 0 {
		return s.MaxUnavailable()
	}
	return max(0, batch-s.StartedDrains())
}

// started counts the outdated nodes that were put in flight and were not put aside.
func (s *Fleet) StartedDrains() int { return s.Run.Counts.Replaced + len(s.Run.Drains) }

// maxUnavailable is how many nodes may be in flight. A percentage is one of the owner's
// nodes: an update that takes over another one's surge begins with more.
func (s *Fleet) MaxUnavailable() int {
	nodes := len(s.Members)
	if s.Run.Baseline != nil {
		nodes = s.Run.Baseline.Nodes
	}
	if !s.IsScaling() { // which ends at what its owner wants
		nodes = min(nodes, s.OwnersDesired())
	}
	return s.Update.Policy.MaxUnavailable.Of(nodes)
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
func (s *Fleet) Surge() int {
	if s.IsMinimal() {
		return 0
	}
	if s.IsLean() { // what was asked to go may be shown for a while, and is not left
		asked := s.TerminationsRequested()
		return s.SurgeFor(s.Where(func(m *Member) bool { return m.Outdated && !asked[m.ID] }))
	}
	return s.SurgeFor(s.Outdated())
}

// surgeFor is one node for each zone with outdated nodes, or as many as may be in
// flight if that is more.
func (s *Fleet) SurgeFor(outdated []*Member) int {
	return max(len(CountByZone(outdated)), min(s.MaxUnavailable(), len(outdated)))
}

// bound is the most that may be added (EKS), to reach a zone that Auto Scaling
// does not choose by itself.
func (s *Fleet) MaxSurge() int {
	if s.IsLean() && !s.stranded() {
		return s.Surge()
	}
	return max(2*len(s.Group.Zones), s.MaxUnavailable())
}

// stranded reports whether a rollback cannot go on with what LEAN adds, as a zone that
// needs a new node has none. Nobody has chosen its strategy (decision 6), so it adds
// what DEFAULT would.
func (s *Fleet) stranded() bool {
	return s.Update.Rollback != nil && s.Added() >= s.Surge() && slices.ContainsFunc(s.ZonesWithoutReplacement(), s.NeedsZoneCovered)
}

// sparing reports which members may go without taking capacity that is needed:
// usable ones while enough others are, coming ones while enough others are or
// will be, and dead ones always.
func (s *Fleet) MaySpare() func(*Member) bool {
	usable, coming := s.Staying()
	floor := s.UsableRequiredToShrink()
	return func(m *Member) bool {
		switch {
		case m.Usable:
			return usable > floor
		case s.MayJoin(m):
			return usable+coming > floor
		}
		return true
	}
}

// staying counts the members that are not in flight and are usable, or may
// become so.
func (s *Fleet) Staying() (usable, coming int) {
	usable = len(s.Where(func(m *Member) bool { return m.Usable && !m.InFlight }))
	coming = len(s.Where(func(m *Member) bool { return s.MayJoin(m) && !m.InFlight }))
	return usable, coming
}

// giveBackFloor is how many usable nodes have to stay: what an update that has not
// measured the group found nobody knows, so it is what the owner wants.
func (s *Fleet) UsableRequiredToShrink() int {
	if s.Run.Baseline == nil {
		return s.OwnersDesired()
	}
	return s.OwnersUsable()
}
