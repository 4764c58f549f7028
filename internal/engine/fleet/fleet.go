package fleet

import (
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

func (s *Fleet) Elapsed(t time.Time) time.Duration { return s.Run.Elapsed(t, s.Now) }

// verdictAt is when the verdict was, or when the run began.
func (s *Fleet) VerdictAt() time.Time {
	if s.Run.Verdict != nil {
		return s.Run.Verdict.At
	}
	return s.Run.Started
}

// leaseRenewal is how often a kubelet renews its node's Lease (Kubernetes' nodes).
const leaseRenewal = 10 * time.Second

// detached returns the nodes that carry marks of this group though their instances
// are no members any more, as after somebody has detached them. Where the kubelet
// has stopped, the instance is more likely gone, and so is the node before long: it
// is left alone while it is Ready still, as pods would be put there without marks,
// and for a while if it went by our call.
func (s *Fleet) DetachedNodes() []*upgrade.Node {
	var detached []*upgrade.Node
	for i := range s.Nodes {
		n := &s.Nodes[i]
		ours := len(n.Owned) > 0 && n.Owner == s.Update.NodeGroup && s.ByID[n.Instance()] == nil
		went := slices.ContainsFunc(s.Run.RecentlyTerminated, func(l upgrade.TerminatedInstance) bool { return l.Instance == n.Instance() })
		runs := n.Ready && s.Now.Sub(n.Heartbeat) < 2*leaseRenewal
		if ours && (runs || !n.Ready && !went) {
			detached = append(detached, n)
		}
	}
	return detached
}

// moving reports whether instances are coming or going.
func (s *Fleet) IsMoving() bool {
	return len(s.Where(func(*Member) bool { return true })) != s.Group.Size.Desired ||
		slices.ContainsFunc(s.Members, func(m Member) bool { return m.Lifecycle != upgrade.InService && !m.Lifecycle.StandbyOrDetaching() })
}

// launched are the members that were launched since the update began.
func (s *Fleet) LaunchedByUpdate() []*Member {
	return s.Where(func(m *Member) bool { return !m.Outdated && m.Launched.After(s.Run.Started) })
}

// working reports whether the group is ours: from the opening of the ledger, by this
// update or by one before it, until its sizes are given back, or cannot be. MINIMAL
// leaves them alone: until the verdict.
func (s *Fleet) Borrowed() bool {
	borrowed := s.Ledger.Sizes != nil || s.Ledger.Marks && s.Run.Verdict == nil
	return borrowed && !s.Run.SizesNotRestored && !s.GroupGone
}

// leaving reports whether a node is in flight or going.
func (s *Fleet) Leaving(node string) bool {
	return slices.ContainsFunc(s.Members, func(m Member) bool {
		return m.Node != nil && m.Node.Name == node && (m.InFlight || m.Lifecycle.IsTerminating())
	})
}

// drainable returns the outdated members that may be put in flight: those that were
// not put aside or, when of these none is left and none in flight, those that were.
func (s *Fleet) Drainable() []*Member {
	waiting := s.Where(func(m *Member) bool { return m.Outdated && !m.InFlight })
	fresh := slices.DeleteFunc(slices.Clone(waiting), func(m *Member) bool { return s.Run.QuarantinedNode(m.ID) != nil })
	if len(fresh) > 0 || len(s.Run.Drains) > 0 {
		return fresh
	}
	return slices.DeleteFunc(waiting, func(m *Member) bool { return s.Run.QuarantinedNode(m.ID).Retried })
}

// scales reports whether this update is a scaling.
func (s *Fleet) IsScaling() bool { return s.Update.Scaling != nil }

// grows reports whether nodes are to be added.
func (s *Fleet) IsGrowing() bool {
	return s.Run.Scaling != nil && s.Run.Scaling.To.Desired > s.Run.Scaling.From.Desired
}

// Fleet is the members of a group in one pass, with all that questions about them depend on.
// Nothing changes it after [Fleet.Join].
type Fleet struct {
	Now    time.Time
	Update upgrade.Update
	Run    upgrade.Run
	Ledger upgrade.Ledger
	Group  upgrade.Group
	// GroupGone: the group does not exist any more.
	GroupGone bool
	// Resolved is what the target means, until the run remembers it.
	Resolved *upgrade.Resolved
	// Nodes are those of the cluster, also of other groups.
	Nodes   []upgrade.Node
	Members []Member
	ByID    map[string]*Member // by instance id
	// Occupancy is what runs on those nodes that the pass has asked about.
	Occupancy upgrade.Occupancy
}

// outdated returns the outdated members that are not going.
func (s *Fleet) Outdated() []*Member {
	return s.Where(func(m *Member) bool { return m.Outdated })
}

// upToDate returns the others.
func (s *Fleet) UpToDate() []*Member {
	return s.Where(func(m *Member) bool { return !m.Outdated })
}

// where returns the members that are neither going nor set apart for which keep
// says so: those that the desired size counts.
func (s *Fleet) Where(keep func(*Member) bool) []*Member {
	return s.Running(func(m *Member) bool { return !m.Lifecycle.StandbyOrDetaching() && keep(m) })
}

// running is where with those that are set apart.
func (s *Fleet) Running(keep func(*Member) bool) []*Member {
	var kept []*Member
	for i := range s.Members {
		if m := &s.Members[i]; !m.Lifecycle.IsTerminating() && keep(m) {
			kept = append(kept, m)
		}
	}
	return kept
}

// marked returns the members whose nodes carry marks of ours.
func (s *Fleet) MarkedMembers() []*Member {
	return s.Running(func(m *Member) bool { return m.Node != nil && len(m.Node.Owned) > 0 })
}

func (s *Fleet) IsMinimal() bool { return s.Run.Strategy == upgrade.Minimal }

func (s *Fleet) IsLean() bool { return s.Run.Strategy == upgrade.Lean }

// requested are the instances in flight whose termination was requested.
func (s *Fleet) TerminationsRequested() map[string]bool {
	requested := map[string]bool{}
	for _, d := range s.Run.Drains {
		requested[d.Instance] = !d.TerminationRequested.IsZero()
	}
	return requested
}
