package fakeaws

import "time"

// tend is one look at a group, by its rules in order. None waits for another:
// a replacement starts while its predecessor still shuts down.
func (c *Cloud) tend(g *group, now time.Time) {
	for _, rule := range []func(*group, time.Time){
		c.runScheduled, c.replaceUnhealthy, c.retire, c.scaleOut, c.scaleIn, c.rebalance,
	} {
		rule(g, now)
	}
	if len(g.active()) == g.sizes.desired {
		g.reason = ""
	}
}

// replaceUnhealthy notices instances that EC2 no longer runs and lets them go,
// so that scaleOut replaces them. What Auto Scaling documents of suspended
// processes: without HealthCheck nothing is noticed, without ReplaceUnhealthy
// or Terminate nothing is let go.
func (c *Cloud) replaceUnhealthy(g *group, now time.Time) {
	for _, m := range g.active() {
		if !m.alive() && !g.isSuspended(processHealthCheck) {
			m.Healthy = false
		}
		if m.Healthy || g.isSuspended(processReplaceUnhealthy) || g.isSuspended(processTerminate) {
			continue
		}
		c.terminate(m, sentence(now, "an instance was taken out of service in response to an EC2 health check "+
			"indicating it has been terminated or stopped."), now)
	}
}
