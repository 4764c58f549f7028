package fleet

import (
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Fleet is the members of a node group in one pass, with everything that questions about them
// depend on. Set the fields, call [Fleet.Join] once, then ask. Nothing changes a Fleet after
// Join but Occupancy, which is set when the members are known and before the rules decide.
type Fleet struct {
	Now time.Time
	// LastPass is when the pass before this one was made, zero if this is the first.
	LastPass time.Time
	Update   upgrade.Update
	Run      upgrade.Run
	Ledger   upgrade.Ledger
	Group    upgrade.Group
	// GroupGone: the group of the ledger was not found, or another one in its place. Group is zero
	// then.
	GroupGone bool
	// Resolved is what the target means. It is used while Run.Resolved is nil.
	Resolved *upgrade.Resolved
	// Nodes are all nodes of the cluster, those of other groups included.
	Nodes   []upgrade.Node
	Members []Member
	ByID    map[string]*Member // by instance id
	// Occupancy is what runs on the nodes that the pass asked about. Questions about pods and
	// volumes know no other nodes' pods.
	Occupancy upgrade.Occupancy
}

// Where returns the members for which keep returns true, without those that are terminating, in
// Standby or detaching. These are the members that the desired size counts.
func (f *Fleet) Where(keep func(*Member) bool) []*Member {
	return f.Running(func(m *Member) bool { return !m.Lifecycle.StandbyOrDetaching() && keep(m) })
}

// Running is Where with the members in Standby or detaching included: their instances run, but
// the desired size does not count them.
func (f *Fleet) Running(keep func(*Member) bool) []*Member {
	var kept []*Member
	for i := range f.Members {
		if m := &f.Members[i]; !m.Lifecycle.IsTerminating() && keep(m) {
			kept = append(kept, m)
		}
	}
	return kept
}

// Outdated returns the outdated members that the desired size counts.
func (f *Fleet) Outdated() []*Member {
	return f.Where(func(m *Member) bool { return m.Outdated })
}

// UpToDate returns the members that the desired size counts and that are not outdated.
func (f *Fleet) UpToDate() []*Member {
	return f.Where(func(m *Member) bool { return !m.Outdated })
}

// LaunchedByUpdate returns the members up to date that were launched after the update began.
func (f *Fleet) LaunchedByUpdate() []*Member {
	return f.Where(func(m *Member) bool { return !m.Outdated && m.Launched.After(f.Run.Started) })
}

// MarkedMembers returns the members whose nodes carry marks of Nodelift.
func (f *Fleet) MarkedMembers() []*Member {
	return f.Running(func(m *Member) bool { return m.Node != nil && len(m.Node.Owned) > 0 })
}

// DetachedNodes returns the nodes that carry marks of this node group but whose instances are no
// longer members, for example because somebody detached them. Their marks have to be removed. A
// node whose kubelet has stopped is usually about to be deleted together with its instance. So
// it is not returned while it still shows as Ready, because without its marks the scheduler
// would place pods on it, nor after Nodelift terminated the instance, unless that has returned to the
// warm pool.
func (f *Fleet) DetachedNodes() []*upgrade.Node {
	var detached []*upgrade.Node
	for i := range f.Nodes {
		n := &f.Nodes[i]
		ours := len(n.Owned) > 0 && n.Owner == f.Update.NodeGroup && f.ByID[n.Instance()] == nil
		if ours && f.isWarm(n) {
			detached = append(detached, n)
			continue
		}
		went := slices.ContainsFunc(f.Run.RecentlyTerminated, func(l upgrade.TerminatedInstance) bool { return l.Instance == n.Instance() })
		runs := n.Ready && f.Now.Sub(n.Heartbeat) < 2*leaseRenewal
		if ours && (runs || !n.Ready && !went) {
			detached = append(detached, n)
		}
	}
	return detached
}

// leaseRenewal is how often a kubelet renews the Lease of its node (Kubernetes, "Nodes").
const leaseRenewal = 10 * time.Second

// Leaving reports whether the node of this name is in flight or its instance is terminating.
func (f *Fleet) Leaving(node string) bool {
	return slices.ContainsFunc(f.Members, func(m Member) bool {
		return m.Node != nil && m.Node.Name == node && (m.InFlight || m.Lifecycle.IsTerminating())
	})
}

// IsMoving reports whether instances are being launched or terminated: the number of members
// differs from the desired size, or a member is in a lifecycle state between two others.
func (f *Fleet) IsMoving() bool {
	return len(f.Where(func(*Member) bool { return true })) != f.Group.Size.Desired ||
		slices.ContainsFunc(f.Members, func(m Member) bool { return m.Lifecycle != upgrade.InService && !m.Lifecycle.StandbyOrDetaching() })
}

// Borrowed reports whether something of the group is borrowed, by this update or one before it:
// the sizes until they are restored, and the marks until the verdict. MINIMAL borrows no sizes.
// It is false once the sizes cannot be restored or the group does not exist any more.
func (f *Fleet) Borrowed() bool {
	borrowed := f.Ledger.Sizes != nil || f.Ledger.Marks && f.Run.Verdict == nil
	return borrowed && !f.Run.SizesNotRestored && !f.GroupGone
}

// IsScaling reports whether the update is a scaling and not an upgrade.
func (f *Fleet) IsScaling() bool { return f.Update.Scaling != nil }

// IsGrowing reports whether the update is a scaling that adds nodes.
func (f *Fleet) IsGrowing() bool {
	return f.Run.Scaling != nil && f.Run.Scaling.To.Desired > f.Run.Scaling.From.Desired
}

// IsMinimal reports whether the strategy is MINIMAL, which never adds nodes.
func (f *Fleet) IsMinimal() bool { return f.Run.Strategy == upgrade.Minimal }

// IsLean reports whether the strategy is LEAN, which adds no more nodes than are outdated.
func (f *Fleet) IsLean() bool { return f.Run.Strategy == upgrade.Lean }

// EndsWell reports whether the update has no verdict yet or was successful. Otherwise it failed
// or was cancelled.
func (f *Fleet) EndsWell() bool {
	return f.Run.Verdict == nil || f.Run.Verdict.Status == upgrade.Successful
}

// VerdictAt is the time of the verdict, or the start of the update while there is none.
func (f *Fleet) VerdictAt() time.Time {
	if f.Run.Verdict != nil {
		return f.Run.Verdict.At
	}
	return f.Run.Started
}

// TerminationsRequested tells for each instance in flight whether its termination was requested.
func (f *Fleet) TerminationsRequested() map[string]bool {
	requested := map[string]bool{}
	for _, d := range f.Run.Drains {
		requested[d.Instance] = !d.TerminationRequested.IsZero()
	}
	return requested
}

// Elapsed is the time since t, without the time in which no engine made a pass.
func (f *Fleet) Elapsed(t time.Time) time.Duration { return f.Run.Elapsed(t, f.Now) }
