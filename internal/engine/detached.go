package engine

import (
	"github.com/nodelift/nodelift/internal/upgrade"
)

// clearDetached takes our marks off nodes that are no members any more, when that is
// believed.
func (s *state) clearDetached(p *plan) {
	for _, n := range s.DetachedNodes() {
		waited := p.wait("detached/"+n.Name, upgrade.ConfirmAfter, "%s carries marks and is not of the group: reading that again", n.Name)
		if waited >= upgrade.ConfirmAfter && len(p.steps) < stepsAPass {
			p.do(removeMarks{n.Name, n.Owned}, "MarksRemoved", n.Name, "%s is not of the group any more: the marks %s are taken off", n.Name, list(n.Owned))
		}
	}
}
