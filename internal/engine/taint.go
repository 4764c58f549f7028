package engine

import (
	"github.com/nodelift/nodelift/internal/upgrade"
)

// taintOutdated keeps new pods off the outdated nodes (step 4). They are not
// cordoned: load balancers would drop them all. Those in flight are tainted when
// they are drained.
func taintOutdated(s *state, p *plan) {
	if s.Run.Phase != upgrade.Upgrading {
		return
	}
	taint := s.TaintForZone()
	for _, m := range s.Outdated() {
		mark := taint(m.Zone)
		if m.Node == nil || m.InFlight || m.Node.Has(upgrade.MarkTaint) || m.Node.Has(mark) {
			continue
		}
		if len(p.steps) == stepsAPass {
			return
		}
		how := "so that pods go to new nodes"
		if mark == upgrade.MarkPrefer {
			how = "PreferNoSchedule, so that pods go to new nodes if they can"
		}
		p.do(setMarks{m.Node.Name, []upgrade.Mark{mark}}, "NodeTainted", m.Node.Name, "tainted outdated node %s (image %s) %s", m.Node.Name, m.Image, how)
	}
}
