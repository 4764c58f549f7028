package fakeaws

import (
	"slices"
	"strings"
	"time"
)

// Warm pools, by "Warm pools for Amazon EC2 Auto Scaling" (EC2 Auto Scaling user guide) and the models of
// the SDK. Instances are launched into the pool, booted, and stopped, hibernated or left running. A group
// that grows takes them from there first, and the pool is filled up with the present template version. One
// that is terminated with EC2's TerminateInstances is replaced at once. With ReuseOnScaleIn, an instance
// that a scale in removes returns to the pool.
//
// Assumptions, because nothing is documented: TerminateInstanceInAutoScalingGroup with a lower desired
// size is a scale in, without one it is not (its documentation says that the instance is terminated); an
// instance is taken from the pool only for its own zone; and the pool loses those of the oldest template
// version first when it is too large.

// warmed begins the lifecycle states of instances in a warm pool.
const warmed = "Warmed:"

// poolStatePendingDelete is the status of a warm pool that is being deleted.
const poolStatePendingDelete = "PendingDelete"

// InWarmPool tells whether the instance is in its group's warm pool.
func (i Instance) InWarmPool() bool { return strings.HasPrefix(i.Lifecycle, warmed) }

// poolPrefix is what the lifecycle states of the instance begin with.
func (m *machine) poolPrefix() string {
	if m.InWarmPool() {
		return warmed
	}
	return ""
}

// reuses tells whether instances that a scale in removes return to the warm pool.
func (g *group) reuses() bool {
	return g.warm != nil && g.warm.Status == "" && g.warm.Reuse != nil && g.warm.Reuse.OnScaleIn
}

// poolSize is how many instances the warm pool is to have: what is missing to the maximum prepared
// capacity, which is the maximum size unless set, and at least its minimum.
func (g *group) poolSize() int {
	if g.warm == nil || g.warm.Status != "" {
		return 0
	}
	most := g.sizes.max
	if g.warm.Prepared != nil {
		most = *g.warm.Prepared
	}
	return max(g.warm.MinSize, most-g.sizes.desired, 0)
}

// warmMachines are the instances of the pool that are not going.
func (g *group) warmMachines() []*machine {
	return slices.DeleteFunc(slices.Clone(g.pool), (*machine).going)
}

// tendPool notices instances of the pool that EC2 no longer runs, and brings the pool to its size.
func (c *Cloud) tendPool(g *group, now time.Time) {
	for _, m := range g.warmMachines() {
		if !m.alive() && m.State != StateStopped && !g.isSuspended(processHealthCheck) {
			c.terminate(m, sentence(now, "an instance was taken out of service in response to an EC2 health check "+
				"indicating it has been terminated or stopped."), now)
		}
	}
	for missing := g.poolSize() - len(g.warmMachines()); missing > 0 && !g.isSuspended(processLaunch); missing-- {
		if !c.launchIntoPool(g, now) {
			break
		}
	}
	for excess := len(g.warmMachines()) - g.poolSize(); excess > 0 && !g.isSuspended(processTerminate); excess-- {
		oldest := least(g.warmMachines(), c.templateAge(g))[0]
		c.terminate(oldest, sentence(now, "an instance was taken out of the warm pool, which has more instances than it needs."), now)
	}
	if g.warm != nil && g.warm.Status != "" && len(g.pool) == 0 {
		g.warm = nil
	}
}

// launchIntoPool launches an instance in the zone with the fewest of the pool, and reports whether it did.
func (c *Cloud) launchIntoPool(g *group, now time.Time) bool {
	counts := g.zoneCounts(g.warmMachines())
	subnets := slices.DeleteFunc(slices.Clone(g.subnets), func(s *subnet) bool { return now.Before(g.retry[s.zone]) })
	if len(subnets) == 0 {
		return false
	}
	sub := slices.MinFunc(subnets, func(a, b *subnet) int { return counts[a.zone] - counts[b.zone] })
	cause := sentence(now, "an instance was launched to fill the warm pool.")
	m := c.start(g, sub, cause, now)
	if m == nil {
		return false
	}
	m.Lifecycle = warmed + LifecyclePending
	m.launching = g.begin(c, now, "Launching a new EC2 instance into warm pool: "+m.ID, cause, m.place())
	g.pool = append(g.pool, m)
	c.changed(m)
	return true
}

// warmedUp is the end of the preparation of an instance in the pool.
func (c *Cloud) warmedUp(m *machine, now time.Time) {
	if m.going() || m.group.warm == nil {
		return
	}
	m.Lifecycle = warmed + m.group.warm.State
	if m.group.warm.State != "Running" {
		m.State = StateStopped
	}
	m.launching.succeed(now)
	c.changed(m)
}

// takeFromPool puts an instance of a zone from the warm pool into the group, nil if there is none. One
// that was stopped is started, which sets its launch time again ("The time that the instance was last
// launched", EC2 Instance).
func (c *Cloud) takeFromPool(g *group, zone, cause string, now time.Time) *machine {
	n := slices.IndexFunc(g.pool, func(m *machine) bool {
		return m.Zone == zone && g.warm != nil && m.Lifecycle == warmed+g.warm.State && (m.State == StateStopped || m.alive())
	})
	if n < 0 {
		return nil
	}
	m := g.pool[n]
	g.pool = slices.Delete(g.pool, n, n+1)
	g.members = append(g.members, m)
	m.Lifecycle, m.Healthy = LifecyclePending, true
	m.launching = g.begin(c, now, "Launching a new EC2 instance from warm pool: "+m.ID, cause, m.place())
	m.launching.status, m.launching.progress = activityPreService, 30
	if m.State == StateStopped {
		m.State, m.Launched, m.due = StatePending, now, now.Add(c.cfg.Boot)
		c.changed(m)
		return m
	}
	c.booted(m, now)
	return m
}

// returnToPool puts an instance that a scale in removes into the warm pool.
func (c *Cloud) returnToPool(m *machine, now time.Time) {
	m.due, m.returns = time.Time{}, false
	m.terminating.succeed(now)
	m.group.members = slices.DeleteFunc(m.group.members, func(other *machine) bool { return other == m })
	m.group.pool = append(m.group.pool, m)
	m.Lifecycle = warmed + LifecyclePending
	c.warmedUp(m, now)
}
