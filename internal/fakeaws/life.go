package fakeaws

import "time"

// tend applies the rules to a group, in order. No rule waits for another one: a
// replacement is launched while its predecessor is still shutting down.
func (c *Cloud) tend(g *group, now time.Time) {
	for _, rule := range []func(*group, time.Time){
		c.runScheduled, c.replaceUnhealthy, c.retire, c.scaleOut, c.scaleIn, c.rebalance, c.tendPool,
	} {
		rule(g, now)
	}
	if len(g.active()) == g.sizes.desired {
		g.reason = ""
	}
}

// replaceUnhealthy terminates instances that EC2 no longer runs, so that scaleOut
// replaces them. As Auto Scaling documents, nothing is noticed while HealthCheck
// is suspended, and nothing is terminated while ReplaceUnhealthy or Terminate is
// suspended.
func (c *Cloud) replaceUnhealthy(g *group, now time.Time) {
	for _, m := range g.active() {
		if !m.alive() && !g.isSuspended(processHealthCheck) {
			m.Healthy = false
		}
		if m.Healthy || g.isSuspended(processReplaceUnhealthy) || g.isSuspended(processTerminate) {
			continue
		}
		why := "an instance was taken out of service in response to an EC2 health check indicating it has been terminated or stopped."
		if m.alive() {
			why = "an instance was taken out of service in response to a user health-check."
		}
		c.terminate(m, sentence(now, "%s", why), now)
	}
}
