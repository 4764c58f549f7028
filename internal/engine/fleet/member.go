package fleet

import (
	"cmp"
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// Member is an instance of the group, with its node if it has joined the cluster.
type Member struct {
	upgrade.Instance
	Node *upgrade.Node
	// NodeName is the name of its node, also when the Node object is missing: pods are still bound to
	// that name then. It is "" if it is not known.
	NodeName  string
	Outdated  bool
	Usable    bool
	NotUsable string // why it is not usable
	// Lacking: it is not usable only because its node has a taint, or lacks a resource, that it may have had
	// a moment ago. Since when, Kubernetes does not say.
	Lacking  bool
	InFlight bool
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
	byInstance, exists := make(map[string]*upgrade.Node, len(nodes)), make(map[string]bool, len(nodes))
	for i := range nodes {
		exists[nodes[i].Name] = true
		if id := nodes[i].Instance(); id != "" {
			byInstance[id] = &nodes[i]
		}
	}
	flying := make(map[string]*upgrade.Drain, len(f.Run.Drains))
	for i := range f.Run.Drains {
		flying[f.Run.Drains[i].Instance] = &f.Run.Drains[i]
	}
	landed := make(map[string]time.Time, len(f.Run.RecentlyTerminated))
	for _, l := range f.Run.RecentlyTerminated {
		if f.Now.Sub(l.At) <= TerminatedFor {
			landed[l.Instance] = l.At
		}
	}
	f.Members = make([]Member, len(f.Group.Instances))
	f.ByID = make(map[string]*Member, len(f.Members))
	for i, instance := range f.Group.Instances {
		m := &f.Members[i]
		*m = Member{Instance: instance, Node: byInstance[instance.ID], InFlight: flying[instance.ID] != nil}
		// One that was launched later has been in the warm pool in between.
		if at, is := landed[m.ID]; is && !m.Lifecycle.IsTerminating() && !m.Launched.After(at) {
			m.Lifecycle = upgrade.Terminating
		}
		m.NodeName = nodeName(m, flying[m.ID], exists)
		f.ByID[instance.ID] = m
	}
	f.noteWithoutNode()
	for i := range f.Members {
		m := &f.Members[i]
		m.Outdated = f.isOutdated(m)
		m.NotUsable = f.unusable(m)
		if m.NotUsable == "" {
			m.NotUsable = f.lacking(m)
			m.Lacking = m.NotUsable != ""
		}
		m.Usable = m.NotUsable == ""
	}
}

// nodeName is the name of a member's node. That of one without a node was noted when its drain
// started, or is its host name. A node of that name is another instance's then, which has the same
// address now.
func nodeName(m *Member, d *upgrade.Drain, exists map[string]bool) string {
	if m.Node != nil {
		return m.Node.Name
	}
	name := m.Hostname
	if d != nil {
		name = cmp.Or(d.Node, name)
	}
	if exists[name] {
		return ""
	}
	return name
}

// TerminatedFor is how long an instance that was seen terminating is remembered. A read within
// that time that shows it in service is stale, and it still counts as terminating.
const TerminatedFor = 4 * upgrade.ConfirmAfter

// isOutdated compares the instance with the target. It asks EC2's facts and never a label of the
// node, because labels of self-managed nodes may be absent or wrong (design, section 5).
func (f *Fleet) isOutdated(m *Member) bool {
	r := f.target()
	if r == nil {
		return false
	}
	return f.stray(m) || differs(m.Instance, r)
}

// differs reports whether an instance is of another image or, if that is the target, another template
// version. One whose image is not known yet is not.
func differs(i upgrade.Instance, target *upgrade.Resolved) bool {
	if target.ByTemplate {
		return i.Template.ID != target.Template.ID || i.Template.Number != target.Template.Number
	}
	return i.Image != "" && i.Image != target.Image.ID
}

// target is what the target means, nil if that is not known.
func (f *Fleet) target() *upgrade.Resolved {
	if f.Run.Resolved != nil {
		return f.Run.Resolved
	}
	return f.Resolved
}

// stray reports whether a member is an instance from before the update that has no node although
// the join limit has passed since its launch, or since it lost its node.
func (f *Fleet) stray(m *Member) bool {
	if m.Node != nil || m.Launched.IsZero() || !m.Launched.Before(f.Run.Started) {
		return false
	}
	since := m.Launched
	if f.HasLostNode(m) {
		since = f.LostSince(m)
	}
	return f.Elapsed(since) > f.Update.Policy.JoinTimeout
}

// unusable says why pods cannot be counted on to run on a member, whatever the taints and resources of its
// node, "" if they can.
func (f *Fleet) unusable(m *Member) string {
	switch {
	case m.Lifecycle == upgrade.PendingWait:
		return "a lifecycle hook of the group keeps its instance in " + string(m.Lifecycle) + " until it is completed"
	case m.Lifecycle != upgrade.InService:
		return "its instance is " + string(m.Lifecycle)
	case m.Image == "":
		return "its image is not known yet"
	case f.HasLostNode(m):
		return "its Node object is missing, though its instance is in service"
	case m.Node == nil:
		return "it has not joined the cluster"
	case !m.Node.Ready:
		return "its node is not Ready"
	case f.isOfBefore(m):
		return "its kubelet has not reported since the instance was started"
	case f.Now.Sub(m.Node.ReadySince) < f.Update.Policy.MinReady:
		return "its node has been Ready for less than the required " + text.Duration(f.Update.Policy.MinReady)
	case m.Node.Has(upgrade.MarkCordon):
		return "its node is cordoned"
	}
	return ""
}

// lacking says in what the node of a member differs from those at the start, "" if in nothing or if there was
// no node to compare it with.
func (f *Fleet) lacking(m *Member) string {
	registeredAgain, base := m.Node.Created.After(f.Run.Started), f.Run.Baseline
	if base == nil || m.Outdated && !registeredAgain && f.Update.Rollback == nil || f.IsScaling() && base.Nodes == 0 {
		return ""
	}
	return lacking(m.Node, base)
}

// LackingKey is the key of the timer since when the engine has seen a member lacking.
func LackingKey(instance string) upgrade.WaitKey { return upgrade.WaitKey("lacking/" + instance) }

// lacking says in what a node differs from the outdated ones at the start: a taint that none of them
// had, as start-up taints are, or an extended resource that all of them had. "" if in nothing. An
// outdated node differs, too, when it has just registered again.
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
