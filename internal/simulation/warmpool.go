package simulation

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// WarmPool is the warm pool of the group: instances that have been booted and wait, mostly stopped, for
// the group to grow.
type WarmPool struct {
	Min int
	// Prepared is the most instances that group and pool have together; 0 is the maximum size.
	Prepared int
	// Running: they are not stopped.
	Running bool
	// Registers: the kubelet of an instance registers its node before the instance is stopped, so that
	// a node is left that is not Ready.
	Registers bool
	// Image is that of the instances at the beginning, "" for that of the group.
	Image string
	// Reuse: a node that a scale in removes returns to the pool.
	Reuse bool
}

const (
	warmPending     upgrade.Lifecycle = "Warmed:Pending"
	warmStopped     upgrade.Lifecycle = "Warmed:Stopped"
	warmRunning     upgrade.Lifecycle = "Warmed:Running"
	warmTerminating upgrade.Lifecycle = "Warmed:Terminating"
)

// WarmInstances returns the images of the instances in the warm pool that are not terminating.
func (w *World) WarmInstances() []string {
	var images []string
	for _, i := range w.cloud.staysWarm() {
		images = append(images, i.Image)
	}
	return images
}

// WarmPoolSize is how many instances Auto Scaling keeps in the warm pool now.
func (w *World) WarmPoolSize() int { return w.cloud.warmPoolSize() }

func (c *cloud) warmPoolSize() int {
	pool := c.w.config.WarmPool
	if pool == nil {
		return 0
	}
	most := c.size.Max
	if pool.Prepared > 0 {
		most = pool.Prepared
	}
	return max(pool.Min, most-c.size.Desired, 0)
}

// fillWarmPool puts the instances of the beginning into the pool, which have been there for a day.
func (c *cloud) fillWarmPool() {
	for n := range c.warmPoolSize() {
		i := c.addWarm(n % len(c.w.config.Zones))
		i.Image = cmp.Or(c.w.config.WarmPool.Image, i.Image)
		c.warmed(i)
		i.Launched = c.w.now.Add(-24 * time.Hour)
		if n := i.node; n != nil {
			n.Created, n.ReadySince, n.silentSince = i.Launched, i.Launched, i.Launched
		}
	}
}

// addWarm adds an instance that boots.
func (c *cloud) addWarm(zone int) *instance {
	i := c.makeInstance(zone)
	i.Lifecycle = warmPending
	c.warm = append(c.warm, i)
	return i
}

// warmed ends the time in which an instance is prepared.
func (c *cloud) warmed(i *instance) {
	if i.Lifecycle != warmPending {
		return
	}
	pool := c.w.config.WarmPool
	if pool.Running {
		i.Lifecycle = warmRunning
		return
	}
	i.Lifecycle = warmStopped
	if pool.Registers && i.node == nil && c.w.image(i.Image).Joins != NeverJoins {
		c.w.cluster.registerAndStop(i)
	}
}

// registerAndStop adds the node of an instance that is stopped right after.
func (c *cluster) registerAndStop(i *instance) {
	n := c.addNode(i, i.zone)
	n.neverReady = c.w.image(i.Image).Joins != JoinsReady
	n.Taints = append(n.Taints, unreachableTaint)
	c.silence(n)
}

// tendWarmPool brings the pool to its size: an instance that it lacks is launched, and of those that it
// has too many the oldest ends.
func (c *cloud) tendWarmPool() {
	if c.w.config.WarmPool == nil {
		return
	}
	for range c.warmPoolSize() - len(c.staysWarm()) {
		i := c.addWarm(c.emptiestZoneOfPool())
		c.w.tell("%s launches in %s from %s, for the warm pool", i.ID, i.Zone, i.Image)
		c.w.after(c.w.about(c.w.config.Delays.Boot), func() { c.warmed(i) })
	}
	for len(c.staysWarm()) > c.warmPoolSize() {
		c.endWarm(c.staysWarm()[0])
	}
}

func (c *cloud) emptiestZoneOfPool() int {
	counts := make([]int, len(c.w.config.Zones))
	for _, i := range c.warm {
		counts[i.zone]++
	}
	return slices.Index(counts, slices.Min(counts))
}

// staysWarm returns the instances of the pool that are not terminating.
func (c *cloud) staysWarm() []*instance {
	return slices.DeleteFunc(slices.Clone(c.warm), func(i *instance) bool { return i.Lifecycle == warmTerminating })
}

// takeWarm takes an instance of a zone out of the pool, and reports whether there was one.
func (c *cloud) takeWarm(zone int) bool {
	n := slices.IndexFunc(c.warm, func(i *instance) bool {
		return i.zone == zone && (i.Lifecycle == warmStopped || i.Lifecycle == warmRunning)
	})
	if n < 0 {
		return false
	}
	i := c.warm[n]
	c.warm = slices.Delete(c.warm, n, n+1)
	if i.Lifecycle == warmStopped {
		i.Launched = c.w.now // EC2 sets it at each start
	}
	c.w.tell("%s leaves the warm pool in %s with %s", i.ID, i.Zone, i.Image)
	i.Lifecycle = upgrade.Pending
	c.instances = append(c.instances, i)
	c.comeUp(i)
	return true
}

// endWarm terminates an instance of the pool.
func (c *cloud) endWarm(i *instance) {
	if i.Lifecycle == warmTerminating {
		return
	}
	c.w.tell("%s is terminated in the warm pool", i.ID)
	i.Lifecycle = warmTerminating
	if i.node != nil {
		c.w.cluster.kill(i.node)
	}
	c.w.after(c.w.about(c.w.config.Delays.Shutdown), func() {
		c.warm = slices.DeleteFunc(c.warm, func(other *instance) bool { return other == i })
		if i.node != nil {
			c.w.after(c.w.config.Delays.NodeGone, func() { c.w.cluster.remove(i.node) })
		}
	})
	c.reconcileSoon()
}

// reuses reports whether nodes that a scale in removes return to the pool.
func (c *cloud) reuses() bool { return c.w.config.WarmPool != nil && c.w.config.WarmPool.Reuse }

// returnToPool puts an instance that a scale in has removed into the pool.
func (c *cloud) returnToPool(i *instance) {
	c.w.tell("%s returns to the warm pool", i.ID)
	c.instances = slices.DeleteFunc(c.instances, func(other *instance) bool { return other == i })
	i.Lifecycle = warmPending
	i.terminatingSince, i.terminatedByEngine, i.returns = time.Time{}, false, false
	c.warm = append(c.warm, i)
	if i.node != nil && !c.w.config.WarmPool.Running {
		c.w.cluster.silence(i.node)
	}
	c.w.after(c.w.config.Delays.React, func() { c.warmed(i) })
	c.reconcileSoon()
}

func (g groups) TerminateWarm(ctx context.Context, name string, ids []string) error {
	g.w.process.seen = nil
	return g.w.call(ctx, "Groups.TerminateWarm", func() error {
		c := g.w.cloud
		if err := c.checkName(name); err != nil {
			return err
		}
		c.keepPrevious()
		for _, i := range slices.Clone(c.warm) {
			if slices.Contains(ids, i.ID) {
				c.w.observer.checkWarmTermination(i)
				c.endWarm(i)
			}
		}
		return nil
	})
}

// checkWarmTermination is called before an instance of the warm pool is terminated.
func (o *observer) checkWarmTermination(i *instance) {
	restored := o.hasVerdict() && o.w.records.run.now.Verdict.RestoreTemplate && i.Image != o.w.cloud.template.current().Image
	if !o.outdated(i) && !restored {
		o.violated(3, "%s is terminated in the warm pool, which is up to date", i.ID)
	}
	if i.node != nil && !i.node.kubeletStopped() {
		o.checkEmpty(i)
	}
}

// checkWarmPoolAtEnd checks that the warm pool of an update that has ended holds what the group launches.
func (o *observer) checkWarmPoolAtEnd(v *upgrade.Verdict) {
	if v == nil || o.isScaling() {
		return
	}
	for _, i := range o.w.cloud.staysWarm() {
		switch {
		case v.Status == upgrade.Successful && o.outdated(i):
			o.violated(3, "the update is Successful, and %s of the warm pool is outdated (%s)", i.ID, i.Lifecycle)
		case v.RestoreTemplate && i.Image == o.target.ID && i.Image != o.w.cloud.template.current().Image:
			o.violated(5, "the launch template is restored, and %s of the warm pool is of the target", i.ID)
		}
	}
}
