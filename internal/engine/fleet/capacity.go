package fleet

import (
	"fmt"
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Baseline measures the group. The engine remembers the answer from before its first change.
func (f *Fleet) Baseline() *upgrade.Baseline {
	base := &upgrade.Baseline{Nodes: len(f.Where(func(*Member) bool { return true })), Zones: len(f.Group.Zones)}
	outdated := f.Outdated()
	base.Outdated = len(outdated)
	base.Usable = len(f.Where(func(m *Member) bool { return m.Usable }))
	first, like := true, outdated
	if f.IsScaling() { // which has no outdated members: a new node is to be like all others
		like = f.Where(func(*Member) bool { return true })
	}
	for _, m := range f.startedUp(like) {
		base.Taints = union(base.Taints, m.Node.Taints)
		if first {
			base.ExtendedResources = slices.Clone(m.Node.ExtendedResources)
		}
		base.ExtendedResources = slices.DeleteFunc(base.ExtendedResources, func(r string) bool { return !slices.Contains(m.Node.ExtendedResources, r) })
		first = false
	}
	if back := f.Update.Rollback; back != nil && back.Measured != nil { // its outdated members are new ones of the other update: they may still be starting up
		base.Taints, base.ExtendedResources = back.Measured.Taints, back.Measured.ExtendedResources
	}
	return base
}

// startUpTaintsFor is how long a node may carry the taints with which it joins.
const startUpTaintsFor = 10 * time.Minute

// startedUp returns those members that are nodes and carry no start-up taints any more, or all that are
// nodes if none has been there for so long.
func (f *Fleet) startedUp(members []*Member) []*Member {
	var nodes, old []*Member
	for _, m := range members {
		if m.Node == nil {
			continue
		}
		nodes = append(nodes, m)
		if f.Now.Sub(m.Node.Created) > startUpTaintsFor {
			old = append(old, m)
		}
	}
	if len(old) > 0 {
		return old
	}
	return nodes
}

// union appends to a what only b has.
func union(a, b []string) []string {
	for _, x := range b {
		if !slices.Contains(a, x) {
			a = append(a, x)
		}
	}
	return a
}

// CountUsable is the number of usable members, those in flight included.
func (f *Fleet) CountUsable() int { return len(f.Where(func(m *Member) bool { return m.Usable })) }

// NamesUnready is the end of a sentence that names one new member which is not usable yet and
// says why. It is "" if there is none.
func (f *Fleet) NamesUnready() string {
	for _, m := range f.UpToDate() {
		if !m.Usable {
			return fmt.Sprintf(": %s (%s) is not usable: %s", m.Name(), m.Zone, m.NotUsable)
		}
	}
	return ""
}

// MayStartDrains is how many more drains of outdated nodes may start until the next soak.
// Without a soak it is maxUnavailable.
func (f *Fleet) MayStartDrains() int {
	batch, length := f.Batch()
	if length == 0 {
		return f.MaxUnavailable()
	}
	return max(0, batch-f.StartedDrains())
}

// Batch is how many nodes may be drained, counted from the start of the update, until the next
// soak, and how long that soak is. A length of 0 means that there is no soak.
func (f *Fleet) Batch() (nodes int, length time.Duration) {
	policy := f.Update.Policy
	if policy.Canary > 0 && f.Run.Soaked < policy.Canary {
		return policy.Canary, policy.CanarySoak
	}
	return f.Run.Soaked + f.MaxUnavailable(), policy.Soak
}

// StartedDrains counts the nodes that were replaced and the nodes in flight, without quarantined
// ones.
func (f *Fleet) StartedDrains() int { return f.Run.Counts.Replaced + len(f.Run.Drains) }

// NodesInFlight counts the drains of nodes. An instance that had no node when its drain started
// does not count.
func (f *Fleet) NodesInFlight() int {
	count := 0
	for _, d := range f.Run.Drains {
		if d.Node != "" {
			count++
		}
	}
	return count
}

// MaySpare returns a function that reports whether a member may be removed without going below
// the usable nodes required. A usable member may go if more are usable than required. A joining
// one may go if the usable and joining ones together are more than required. All others may go.
func (f *Fleet) MaySpare() func(*Member) bool {
	usable, coming := f.Staying()
	floor := f.UsableRequiredToShrink()
	return func(m *Member) bool {
		switch {
		case m.Usable:
			return usable > floor
		case f.MayJoin(m):
			return usable+coming > floor
		}
		return true
	}
}

// Staying counts the members that are not in flight: those that are usable, and those that may
// still become usable.
func (f *Fleet) Staying() (usable, coming int) {
	usable = len(f.Where(func(m *Member) bool { return m.Usable && !m.InFlight }))
	coming = len(f.Where(func(m *Member) bool { return f.MayJoin(m) && !m.InFlight }))
	return usable, coming
}

// UsableRequiredToDrain is how many usable nodes have to stay when a drain starts in an upgrade
// (design, promise 2). With MINIMAL it is lower by maxUnavailable.
func (f *Fleet) UsableRequiredToDrain() int {
	if f.IsMinimal() {
		return f.OwnersUsable() - f.MaxUnavailable()
	}
	return f.OwnersUsable()
}

// UsableRequiredToShrink is how many usable nodes have to stay when a member is removed. An
// update that ended before it measured the group does not know how many were usable, so the
// owner's desired size is required.
func (f *Fleet) UsableRequiredToShrink() int {
	if f.Run.Baseline == nil {
		return f.OwnersDesired()
	}
	return f.OwnersUsable()
}

// OwnersUsable is the smaller of the owner's desired size and the most nodes that were usable, at
// the start or since.
func (f *Fleet) OwnersUsable() int {
	return min(f.OwnersDesired(), max(f.Run.Baseline.Usable, f.Run.MostUsable))
}

// MostUsable is the most nodes that were usable at the same time since the update began, now
// included. Nodes that the update has added do not count: it takes them away again. Nor does a node
// whose termination was requested, which a stale answer of AWS may still show.
func (f *Fleet) MostUsable() int {
	requested := f.TerminationsRequested()
	usable := len(f.Where(func(m *Member) bool { return m.Usable && !requested[m.ID] }))
	launched := 0
	for _, m := range f.LaunchedByUpdate() {
		if m.Usable && !requested[m.ID] {
			launched++
		}
	}
	return max(f.Run.MostUsable, usable-min(launched, f.addedAtMost()))
}

// addedAtMost is how many nodes were added to the owner's desired size, or will be by what was sent.
func (f *Fleet) addedAtMost() int {
	added, d := f.Added(), f.Ledger.Sizes
	if d != nil && d.Pending != nil {
		added = max(added, d.Pending.Desired-d.Owner.Desired)
	}
	return max(added, 0)
}

// MaxUnavailable is how many nodes may be in flight. A percentage is one of the owner's nodes. A
// rollback takes over the surge of the other update and begins with more nodes than those.
func (f *Fleet) MaxUnavailable() int {
	nodes := len(f.Members)
	if f.Run.Baseline != nil {
		nodes = f.Run.Baseline.Nodes
	}
	if !f.IsScaling() { // a scaling ends at the owner's desired size, whatever the number of nodes now
		nodes = min(nodes, f.OwnersDesired())
	}
	return f.Update.Policy.UnavailableOf(nodes)
}

// OwnersDesired is the owner's desired size: the ledger's while sizes are borrowed, else the
// group's.
func (f *Fleet) OwnersDesired() int {
	if d := f.Ledger.Sizes; d != nil {
		return d.Owner.Desired
	}
	return f.Group.Size.Desired
}
