package engine

import (
	"hash/fnv"
	"slices"
	"time"

	"cmp"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// state is what one pass observed, joined. Rules read it and never change it.
type state struct {
	now        time.Time
	update     upgrade.Update
	run        upgrade.Run
	loaded     upgrade.Run // as it was saved
	ledger     upgrade.Ledger
	group      upgrade.Group
	groupGone  bool // the group does not exist any more
	members    []member
	nodes      []upgrade.Node // of the cluster
	byID       map[string]*member
	autoscaler upgrade.AutoscalerState
	occupancy  upgrade.Occupancy
	// unschedulable are the pods of the cluster that the scheduler has found no
	// node for, while sizes are borrowed.
	unschedulable []upgrade.Pod
	// health is how the workloads are, where bad health stops the update.
	health map[string]upgrade.WorkloadHealth
	// present is what the group's template reference stands for, and latest
	// what the reference before the update does; both only where a rule asks.
	present upgrade.TemplateVersion
	before  upgrade.TemplateVersion
	// resolved is what the target means, until the run remembers it.
	resolved   *upgrade.Resolved
	resolveErr error
	// fault is why nothing can be done, and refusals are what speaks against
	// beginning; nothing beside is observed then.
	fault    *upgrade.Fault
	refusals []upgrade.Error
	// lastActivity is the group's last scaling activity, nil until it was asked
	// for, which is when an update is about to fail for want of nodes.
	lastActivity *string
	// takenAway is whether the instance was, whose termination was to lower the
	// desired size: nil until it was asked for, which is when the size stays.
	terminatedElsewhere *bool
	record              upgrade.Record
}

// member is an instance of the group with its node.
type member struct {
	upgrade.Instance
	node     *upgrade.Node
	outdated bool
	usable   bool
	why      string // why it is not usable
	inFlight bool
}

// name is what people know the member by.
func (m *member) name() string {
	if m.node != nil {
		return m.node.Name
	}
	return m.ID
}

// hostsController reports whether a pod of Nodelift's own controller runs there.
func (m *member) hostsController() bool { return m.node != nil && m.node.Controller }

// join makes members of the group's instances and the cluster's nodes.
func (s *state) join(nodes []upgrade.Node) {
	s.nodes = nodes
	byInstance := make(map[string]*upgrade.Node, len(nodes))
	for i := range nodes {
		if id := nodes[i].Instance(); id != "" {
			byInstance[id] = &nodes[i]
		}
	}
	flying := make(map[string]bool, len(s.run.Drains))
	for _, d := range s.run.Drains {
		flying[d.Instance] = true
	}
	landed := make(map[string]bool, len(s.run.RecentlyTerminated))
	for _, l := range s.run.RecentlyTerminated {
		landed[l.Instance] = s.now.Sub(l.At) <= landedFor
	}
	s.members = make([]member, len(s.group.Instances))
	s.byID = make(map[string]*member, len(s.members))
	for i, instance := range s.group.Instances {
		m := &s.members[i]
		*m = member{Instance: instance, node: byInstance[instance.ID], inFlight: flying[instance.ID]}
		if landed[m.ID] && !m.Lifecycle.IsTerminating() {
			m.Lifecycle = upgrade.Terminating
		}
		m.outdated = s.isOutdated(m)
		m.why = s.unusable(m)
		m.usable = m.why == ""
		s.byID[instance.ID] = m
	}
}

// isOutdated is decided from EC2, never from a label (design, section 5).
func (s *state) isOutdated(m *member) bool {
	r := s.run.Resolved
	if r == nil {
		r = s.resolved
	}
	if r == nil {
		return false
	}
	if s.stray(m) {
		return true
	}
	if r.ByTemplate {
		return m.Template.ID != r.Template.ID || m.Template.Number != r.Template.Number
	}
	return m.Image != "" && m.Image != r.Image.ID
}

// stray reports whether a member was there before the update and never joined
// the cluster.
func (s *state) stray(m *member) bool {
	return m.node == nil && !m.Launched.IsZero() && m.Launched.Before(s.run.Started) && s.elapsed(m.Launched) > s.update.Policy.JoinTimeout
}

// unusable says why pods cannot be counted on to run on a member, or "".
func (s *state) unusable(m *member) string {
	switch {
	case m.Lifecycle == upgrade.PendingWait:
		return "a lifecycle hook of the group holds its instance (" + string(m.Lifecycle) + ") until it is completed"
	case m.Lifecycle != upgrade.InService:
		return "its instance is " + string(m.Lifecycle)
	case m.Image == "":
		return "its image is not known yet"
	case m.node == nil:
		return "it has not joined the cluster"
	case !m.node.Ready:
		return "its node is not Ready"
	case s.now.Sub(m.node.ReadySince) < s.update.Policy.MinReady:
		return "its node is Ready for less than " + brief(s.update.Policy.MinReady)
	case m.node.Has(upgrade.MarkCordon):
		return "its node is cordoned"
	}
	if base := s.run.Baseline; base != nil && (!m.outdated || s.update.Rollback != nil) && !(s.scales() && base.Nodes == 0) { // which tells nothing
		return lacking(m.node, base)
	}
	return ""
}

// lacking says what a new node does not have yet that the outdated ones had.
func lacking(n *upgrade.Node, base *upgrade.Baseline) string {
	for _, taint := range n.Taints {
		if !slices.Contains(base.Taints, taint) {
			return "its node still has the taint " + taint
		}
	}
	for _, resource := range base.ExtendedResources {
		if !slices.Contains(n.ExtendedResources, resource) {
			return "its node does not offer " + resource + " yet"
		}
	}
	return ""
}

// outdated returns the outdated members that are not going.
func (s *state) outdated() []*member {
	return s.where(func(m *member) bool { return m.outdated })
}

// upToDate returns the others.
func (s *state) upToDate() []*member {
	return s.where(func(m *member) bool { return !m.outdated })
}

// where returns the members that are neither going nor set apart for which keep
// says so: those that the desired size counts.
func (s *state) where(keep func(*member) bool) []*member {
	return s.running(func(m *member) bool { return !m.Lifecycle.StandbyOrDetaching() && keep(m) })
}

// running is where with those that are set apart.
func (s *state) running(keep func(*member) bool) []*member {
	var kept []*member
	for i := range s.members {
		if m := &s.members[i]; !m.Lifecycle.IsTerminating() && keep(m) {
			kept = append(kept, m)
		}
	}
	return kept
}

// marked returns the members whose nodes carry marks of ours.
func (s *state) marked() []*member {
	return s.running(func(m *member) bool { return m.node != nil && len(m.node.Owned) > 0 })
}

// zones counts members by zone.
func zones(members []*member) map[string]int {
	count := map[string]int{}
	for _, m := range members {
		count[m.Zone]++
	}
	return count
}

// evenly orders members so that the next one is always of a zone with most of
// them left, and keeps their order otherwise. What goes in that order comes back
// in it, so that the zones are even whenever the last ones are under way.
func evenly(members []*member) []*member {
	left, rank := zones(members), make(map[*member]int, len(members))
	for _, m := range members {
		rank[m] = left[m.Zone]
		left[m.Zone]--
	}
	slices.SortStableFunc(members, func(a, b *member) int { return -cmp.Compare(rank[a], rank[b]) })
	return members
}

// shuffled orders members at random, in an order that depends on the update
// and the instance alone: every process that works on the update, before or
// after a death, has the same one.
func (s *state) shuffled(members []*member) []*member {
	slices.SortFunc(members, func(a, b *member) int {
		return cmp.Or(cmp.Compare(s.shuffleKey(a.ID), s.shuffleKey(b.ID)), cmp.Compare(a.ID, b.ID))
	})
	return members
}

func (s *state) shuffleKey(id string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s.update.UID))
	h.Write([]byte{0})
	h.Write([]byte(id))
	// FNV alone keeps similar ids together: mix the bits once more.
	x := h.Sum64()
	x ^= x >> 33
	x *= 0xff51afd7ed558ccd
	return x ^ x>>33
}

// maxUnavailable is how many nodes may be in flight. A percentage is one of the owner's
// nodes: an update that takes over another one's surge begins with more.
func (s *state) maxUnavailable() int {
	nodes := len(s.members)
	if s.run.Baseline != nil {
		nodes = s.run.Baseline.Nodes
	}
	if !s.scales() { // which ends at what its owner wants
		nodes = min(nodes, s.wanted())
	}
	return s.update.Policy.MaxUnavailable.Of(nodes)
}

// since is when a wait began, now if it begins in this pass.
func (s *state) since(key string) time.Time {
	for _, w := range s.run.Waits {
		if w.Key == key {
			return w.Since
		}
	}
	return s.now
}
