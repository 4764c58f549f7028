package fleet

import (
	"slices"

	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// Member is an instance of the group, with its node if it has joined the cluster.
type Member struct {
	upgrade.Instance
	Node      *upgrade.Node
	Outdated  bool
	Usable    bool
	NotUsable string // why it is not usable
	InFlight  bool
}

// Name is the name of the node, or the instance id if there is no node.
func (m *Member) Name() string {
	if m.Node != nil {
		return m.Node.Name
	}
	return m.ID
}

// HostsController reports whether a pod of Nodelift's own controller runs on the node.
func (m *Member) HostsController() bool { return m.Node != nil && m.Node.Controller }

// Join builds Members and ByID from the instances of the group and the nodes of the cluster.
// Call it once, when all other fields but Occupancy are set.
func (f *Fleet) Join(nodes []upgrade.Node) {
	f.Nodes = nodes
	byInstance := make(map[string]*upgrade.Node, len(nodes))
	for i := range nodes {
		if id := nodes[i].Instance(); id != "" {
			byInstance[id] = &nodes[i]
		}
	}
	flying := make(map[string]bool, len(f.Run.Drains))
	for _, d := range f.Run.Drains {
		flying[d.Instance] = true
	}
	landed := make(map[string]bool, len(f.Run.RecentlyTerminated))
	for _, l := range f.Run.RecentlyTerminated {
		landed[l.Instance] = f.Now.Sub(l.At) <= TerminatedFor
	}
	f.Members = make([]Member, len(f.Group.Instances))
	f.ByID = make(map[string]*Member, len(f.Members))
	for i, instance := range f.Group.Instances {
		m := &f.Members[i]
		*m = Member{Instance: instance, Node: byInstance[instance.ID], InFlight: flying[instance.ID]}
		if landed[m.ID] && !m.Lifecycle.IsTerminating() {
			m.Lifecycle = upgrade.Terminating
		}
		m.Outdated = f.isOutdated(m)
		m.NotUsable = f.unusable(m)
		m.Usable = m.NotUsable == ""
		f.ByID[instance.ID] = m
	}
}

// TerminatedFor is how long an instance that was seen terminating is remembered. A read within
// that time that shows it in service is stale, and it still counts as terminating.
const TerminatedFor = 4 * upgrade.ConfirmAfter

// isOutdated compares the instance with the target. It asks EC2's facts and never a label of the
// node, because labels of self-managed nodes may be absent or wrong (design, section 5).
func (f *Fleet) isOutdated(m *Member) bool {
	r := f.Run.Resolved
	if r == nil {
		r = f.Resolved
	}
	if r == nil {
		return false
	}
	if f.stray(m) {
		return true
	}
	if r.ByTemplate {
		return m.Template.ID != r.Template.ID || m.Template.Number != r.Template.Number
	}
	return m.Image != "" && m.Image != r.Image.ID
}

// stray reports whether a member is an instance from before the update that has no node although
// the join limit has passed.
func (f *Fleet) stray(m *Member) bool {
	return m.Node == nil && !m.Launched.IsZero() && m.Launched.Before(f.Run.Started) && f.Elapsed(m.Launched) > f.Update.Policy.JoinTimeout
}

// unusable says why pods cannot be counted on to run on a member, "" if they can.
func (f *Fleet) unusable(m *Member) string {
	switch {
	case m.Lifecycle == upgrade.PendingWait:
		return "a lifecycle hook of the group keeps its instance in " + string(m.Lifecycle) + " until it is completed"
	case m.Lifecycle != upgrade.InService:
		return "its instance is " + string(m.Lifecycle)
	case m.Image == "":
		return "its image is not known yet"
	case m.Node == nil:
		return "it has not joined the cluster"
	case !m.Node.Ready:
		return "its node is not Ready"
	case f.Now.Sub(m.Node.ReadySince) < f.Update.Policy.MinReady:
		return "its node has been Ready for less than the required " + text.Duration(f.Update.Policy.MinReady)
	case m.Node.Has(upgrade.MarkCordon):
		return "its node is cordoned"
	}
	if base := f.Run.Baseline; base != nil && (!m.Outdated || f.Update.Rollback != nil) && !(f.IsScaling() && base.Nodes == 0) { // there was no node to compare with
		return lacking(m.Node, base)
	}
	return ""
}

// lacking says in what a new node differs from the outdated ones: a taint that none of them has,
// as start-up taints are, or an extended resource that all of them have. "" if in nothing.
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
