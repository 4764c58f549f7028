package engine

import (
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// leaseRenewal is how often a kubelet renews its node's Lease (Kubernetes' nodes).
const leaseRenewal = 10 * time.Second

// detached returns the nodes that carry marks of this group though their instances
// are no members any more, as after somebody has detached them. Where the kubelet
// has stopped, the instance is more likely gone, and so is the node before long: it
// is left alone while it is Ready still, as pods would be put there without marks,
// and for a while if it went by our call.
func (s *Fleet) detached() []*upgrade.Node {
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

// clearDetached takes our marks off nodes that are no members any more, when that is
// believed.
func (s *state) clearDetached(p *plan) {
	for _, n := range s.detached() {
		waited := p.wait("detached/"+n.Name, confirmAfter, "%s carries marks and is not of the group: reading that again", n.Name)
		if waited >= confirmAfter && len(p.steps) < stepsAPass {
			p.do(removeMarks{n.Name, n.Owned}, "MarksRemoved", n.Name, "%s is not of the group any more: the marks %s are taken off", n.Name, list(n.Owned))
		}
	}
}
