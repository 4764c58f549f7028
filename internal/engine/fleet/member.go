package fleet

import (
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// kubeletSilence is how long a kubelet may be silent before pods on it that
// were evicted count as gone.
const kubeletSilence = 5 * time.Minute

// silent reports whether a member's kubelet has said nothing for so long that
// its machine counts as dead.
func (s *Fleet) IsSilent(m *Member) bool {
	return m != nil && m.Node != nil && !m.Node.Ready && s.Elapsed(m.Node.Heartbeat) > kubeletSilence
}

// useless reports whether a member is to be replaced although the update failed.
func (s *Fleet) IsUseless(m *Member) bool {
	return m != nil && s.IsMinimal() && !m.Outdated && s.Run.Verdict.Status == upgrade.Failed && m.Launched.Before(s.Run.Verdict.At) && s.Usefulness(m) == 0
}

// landedFor is how long a node that is gone is remembered.
const TerminatedFor = 4 * upgrade.ConfirmAfter

// joining reports whether a new instance is on its way to become usable, which
// one that a person has cordoned is not.
func (s *Fleet) IsJoining(m *Member) bool {
	if m.Usable {
		return false
	}
	return m.Node == nil || !m.Node.Ready || !m.Node.Has(upgrade.MarkCordon)
}

// joiningSince is when the time began that a new instance has to become usable. That of
// a node which died before the update began has gone on since then.
func (s *Fleet) JoiningSince(m *Member) time.Time {
	since := upgrade.Later(m.Launched, s.Run.Started)
	switch {
	case m.Node != nil && !m.Node.Ready && m.Launched.Before(s.Run.Started):
		return m.Node.ReadySince
	case m.Node != nil:
		since = upgrade.Later(since, m.Node.ReadySince)
	}
	return since
}

// awaited reports whether a member is waited for: one that was launched lately and
// is on its way to become usable.
func (s *Fleet) IsAwaited(m *Member) bool {
	return s.IsJoining(m) && (m.Launched.IsZero() || s.Elapsed(m.Launched) < s.Update.Policy.JoinTimeout)
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
func (s *Fleet) Join(nodes []upgrade.Node) {
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
		landed[l.Instance] = s.Now.Sub(l.At) <= TerminatedFor
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
	return m.Node == nil && !m.Launched.IsZero() && m.Launched.Before(s.Run.Started) && s.Elapsed(m.Launched) > s.Update.Policy.JoinTimeout
}

// unusable says why pods cannot be counted on to run on a member, or "".
func (s *Fleet) unusable(m *Member) string {
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
	case s.Now.Sub(m.Node.ReadySince) < s.Update.Policy.MinReady:
		return "its node has been Ready for less than the required " + text.Duration(s.Update.Policy.MinReady)
	case m.Node.Has(upgrade.MarkCordon):
		return "its node is cordoned"
	}
	if base := s.Run.Baseline; base != nil && (!m.Outdated || s.Update.Rollback != nil) && !(s.IsScaling() && base.Nodes == 0) { // which tells nothing
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

// coming reports whether an instance may yet become a usable node.
func (s *Fleet) MayJoin(m *Member) bool {
	return s.IsJoining(m) && !m.Outdated && s.Elapsed(s.JoiningSince(m)) < s.Update.Policy.JoinTimeout
}

// use is what a node of a scaling, or of an update that did not succeed, is good for:
// 0 nothing, as it is dead or did not join in time, 1 little, as it is coming in an
// update that failed, 2 all.
func (s *Fleet) Usefulness(m *Member) int {
	switch {
	case s.EndsWell() && !s.IsScaling() || !s.IsJoining(m):
		return 2
	case !s.MayJoin(m):
		return 0
	case !s.EndsWell() && s.Run.Verdict.Status == upgrade.Failed:
		return 1
	}
	return 2
}
