package engine

import (
	"github.com/nodelift/nodelift/internal/upgrade"
)

// clearDetached takes our marks off nodes that are no members any more, when that is
// believed.
func (s *state) clearDetached(p *plan) {
	for _, n := range s.DetachedNodes() {
		waited := p.wait("detached/"+n.Name, upgrade.ConfirmAfter, "%s carries marks but is not in the group; reading again", n.Name)
		if waited >= upgrade.ConfirmAfter && len(p.steps) < stepsAPass {
			p.do(removeMarks{n.Name, n.Owned}, "MarksRemoved", n.Name, "%s is no longer in the group: removed the marks %s", n.Name, list(n.Owned))
		}
	}
}
