package upgrade

import "slices"

// detached returns the nodes that carry marks of this group though their instances
// are no members any more, as after somebody has detached them. One whose kubelet
// has stopped and which is Ready still for a moment is left alone: its instance is
// going, and without marks pods would be put there.
func (s *state) detached() []*Node {
	var detached []*Node
	for i := range s.nodes {
		n := &s.nodes[i]
		ours := len(n.Owned) > 0 && n.Owner == s.update.Holder && s.byID[n.Instance()] == nil
		went := slices.ContainsFunc(s.run.Landed, func(l Landed) bool { return l.Instance == n.Instance() })
		stopped := n.Ready && s.now.Sub(n.Heartbeat) >= believe
		if ours && !went && !stopped {
			detached = append(detached, n)
		}
	}
	return detached
}

// clearDetached takes our marks off nodes that are no members any more, when that is
// believed.
func (s *state) clearDetached(p *plan) {
	for _, n := range s.detached() {
		waited := p.wait("detached/"+n.Name, believe, "%s carries marks and is not of the group: reading that again", n.Name)
		if waited >= believe && len(p.steps) < stepsAPass {
			p.do(removeMarks{n.Name, n.Owned}, "MarksRemoved", n.Name, "%s is not of the group any more: the marks %s are taken off", n.Name, list(n.Owned))
		}
	}
}
