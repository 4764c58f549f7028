package engine

import (
	"cmp"
	"hash/fnv"
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// state is what one pass observed. Rules read it and never change it.
type state struct {
	Fleet
	loaded     upgrade.Run // as it was saved
	record     upgrade.Record
	autoscaler upgrade.AutoscalerState
	// unschedulable are the pods of the cluster that the scheduler has found no
	// node for, while sizes are borrowed.
	unschedulable []upgrade.Pod
	// health is how the workloads are, where bad health stops the update.
	health map[string]upgrade.WorkloadHealth
	// present is what the group's template reference stands for, and before what
	// the reference from before the update does; both only where a rule asks.
	present, before upgrade.TemplateVersion
	// resolveErr is why the target does not exist.
	resolveErr error
	// fault is why nothing can be done, and refusals are what speaks against
	// beginning; nothing else is observed then.
	fault    *upgrade.Fault
	refusals []upgrade.Error
	// lastActivity is the group's last scaling activity, nil until it was asked
	// for, which is when an update is about to fail for want of nodes.
	lastActivity *string
	// terminatedElsewhere is whether somebody else ended the instance whose termination
	// was to lower the desired size: nil until it was asked for, which is when the size stays.
	terminatedElsewhere *bool
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

// Member is an instance of the group with its node.
type Member struct {
	upgrade.Instance
	Node      *upgrade.Node
	Outdated  bool
	Usable    bool
	NotUsable string // why it is not usable
	InFlight  bool
}

// name is what people know the member by.
func (m *Member) Name() string {
	if m.Node != nil {
		return m.Node.Name
	}
	return m.ID
}

// hostsController reports whether a pod of Nodelift's own controller runs there.
func (m *Member) HostsController() bool { return m.Node != nil && m.Node.Controller }

// join makes members of the group's instances and the cluster's nodes.
func (s *Fleet) join(nodes []upgrade.Node) {
	s.Nodes = nodes
	byInstance := make(map[string]*upgrade.Node, len(nodes))
	for i := range nodes {
		if id := nodes[i].Instance(); id != "" {
			byInstance[id] = &nodes[i]
		}
	}
	flying := make(map[string]bool, len(s.Run.Drains))
	for _, d := range s.Run.Drains {
		flying[d.Instance] = true
	}
	landed := make(map[string]bool, len(s.Run.RecentlyTerminated))
	for _, l := range s.Run.RecentlyTerminated {
		landed[l.Instance] = s.Now.Sub(l.At) <= landedFor
	}
	s.Members = make([]Member, len(s.Group.Instances))
	s.ByID = make(map[string]*Member, len(s.Members))
	for i, instance := range s.Group.Instances {
		m := &s.Members[i]
		*m = Member{Instance: instance, Node: byInstance[instance.ID], InFlight: flying[instance.ID]}
		if landed[m.ID] && !m.Lifecycle.IsTerminating() {
			m.Lifecycle = upgrade.Terminating
		}
		m.Outdated = s.isOutdated(m)
		m.NotUsable = s.unusable(m)
		m.Usable = m.NotUsable == ""
		s.ByID[instance.ID] = m
	}
}

// isOutdated is decided from EC2, never from a label (design, section 5).
func (s *Fleet) isOutdated(m *Member) bool {
	r := s.Run.Resolved
	if r == nil {
		r = s.Resolved
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
func (s *Fleet) stray(m *Member) bool {
	return m.Node == nil && !m.Launched.IsZero() && m.Launched.Before(s.Run.Started) && s.elapsed(m.Launched) > s.Update.Policy.JoinTimeout
}

// unusable says why pods cannot be counted on to run on a member, or "".
func (s *Fleet) unusable(m *Member) string {
	switch {
	case m.Lifecycle == upgrade.PendingWait:
		return "a lifecycle hook of the group holds its instance (" + string(m.Lifecycle) + ") until it is completed"
	case m.Lifecycle != upgrade.InService:
		return "its instance is " + string(m.Lifecycle)
	case m.Image == "":
		return "its image is not known yet"
	case m.Node == nil:
		return "it has not joined the cluster"
	case !m.Node.Ready:
		return "its node is not Ready"
	case s.Now.Sub(m.Node.ReadySince) < s.Update.Policy.MinReady:
		return "its node is Ready for less than " + brief(s.Update.Policy.MinReady)
	case m.Node.Has(upgrade.MarkCordon):
		return "its node is cordoned"
	}
	if base := s.Run.Baseline; base != nil && (!m.Outdated || s.Update.Rollback != nil) && !(s.scales() && base.Nodes == 0) { // which tells nothing
		return lacking(m.Node, base)
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
func (s *Fleet) outdated() []*Member {
	return s.Where(func(m *Member) bool { return m.Outdated })
}

// upToDate returns the others.
func (s *Fleet) upToDate() []*Member {
	return s.Where(func(m *Member) bool { return !m.Outdated })
}

// where returns the members that are neither going nor set apart for which keep
// says so: those that the desired size counts.
func (s *Fleet) Where(keep func(*Member) bool) []*Member {
	return s.running(func(m *Member) bool { return !m.Lifecycle.StandbyOrDetaching() && keep(m) })
}

// running is where with those that are set apart.
func (s *Fleet) running(keep func(*Member) bool) []*Member {
	var kept []*Member
	for i := range s.Members {
		if m := &s.Members[i]; !m.Lifecycle.IsTerminating() && keep(m) {
			kept = append(kept, m)
		}
	}
	return kept
}

// marked returns the members whose nodes carry marks of ours.
func (s *Fleet) marked() []*Member {
	return s.running(func(m *Member) bool { return m.Node != nil && len(m.Node.Owned) > 0 })
}

// zones counts members by zone.
func zones(members []*Member) map[string]int {
	count := map[string]int{}
	for _, m := range members {
		count[m.Zone]++
	}
	return count
}

// evenly orders members so that the next one is always of a zone with most of
// them left, and keeps their order otherwise. What goes in that order comes back
// in it, so that the zones are even whenever the last ones are under way.
func evenly(members []*Member) []*Member {
	left, rank := zones(members), make(map[*Member]int, len(members))
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

// maxUnavailable is how many nodes may be in flight. A percentage is one of the owner's
// nodes: an update that takes over another one's surge begins with more.
func (s *Fleet) maxUnavailable() int {
	nodes := len(s.Members)
	if s.Run.Baseline != nil {
		nodes = s.Run.Baseline.Nodes
	}
	if !s.scales() { // which ends at what its owner wants
		nodes = min(nodes, s.OwnersDesired())
	}
	return s.Update.Policy.MaxUnavailable.Of(nodes)
}

// since is when a wait began, now if it begins in this pass.
func (s *state) since(key string) time.Time {
	for _, w := range s.Run.Waits {
		if w.Key == key {
			return w.Since
		}
	}
	return s.Now
}
