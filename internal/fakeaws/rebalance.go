package fakeaws

import "time"

// rebalance evens out the zones: it launches in the emptiest zone before scaleIn
// terminates in the fullest, one at a time and only while no other launch or
// termination is in progress. The group may exceed its maximum by a tenth, at
// least by one, for that. Zones in which a launch failed recently are ignored.
func (c *Cloud) rebalance(g *group, now time.Time) {
	if g.isSuspended(processAZRebalance) || g.isSuspended(processLaunch) || g.busy() {
		return
	}
	have := len(g.active())
	if have < g.sizes.desired || have+1 > g.sizes.max+max(1, g.sizes.max/10) {
		return
	}
	sub := c.lacking(g, now)
	if sub == nil {
		return
	}
	cause := sentence(now, "instances were launched to balance instances in zones %s with other zones resulting in "+
		"more than desired number of instances in the group.", sub.zone)
	if m := c.launch(g, sub, cause, now); m != nil {
		m.rebalancing = true
	}
}

// busy tells whether instances are being launched or terminated.
func (g *group) busy() bool {
	for _, m := range g.members {
		if m.Lifecycle != LifecycleInService && m.Lifecycle != LifecycleStandby {
			return true
		}
	}
	return false
}

// lacking returns the emptiest zone if another has at least two more, or if
// instances are left in a zone that the group no longer uses.
func (c *Cloud) lacking(g *group, now time.Time) *subnet {
	active := g.active()
	counts := g.zoneCounts(active)
	most, inside := 0, 0
	for _, n := range counts {
		most = max(most, n)
		inside += n
	}
	for _, sub := range c.emptiestFirst(g) {
		if now.Before(g.retry[sub.zone]) {
			continue
		}
		if counts[sub.zone]+1 < most || inside < len(active) {
			return sub
		}
		return nil
	}
	return nil
}
