package upgrade

// taintOutdated keeps new pods off the outdated nodes (step 4). They are not
// cordoned: load balancers would drop them all.
func taintOutdated(s *state, p *plan) {
	if s.run.Phase != Upgrading {
		return
	}
	for _, m := range s.outdated() {
		if m.node == nil || m.node.Has(MarkTaint) {
			continue
		}
		if len(p.steps) == stepsAPass {
			return
		}
		p.do(setMarks{m.node.Name, []Mark{MarkTaint}}, "NodeTainted", m.node.Name, "%s runs image %s, which is outdated: tainted, so that pods go to new nodes", m.node.Name, m.Image)
	}
}
