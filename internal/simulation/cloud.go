package simulation

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// cloud is EC2 and Auto Scaling with one group.
type cloud struct {
	w               *World
	made            int       // how many times the group was made
	deleted         bool      // somebody has deleted it
	hiddenUntil     time.Time // no describe shows it before
	min             int
	size            upgrade.Size
	suspended       []string
	template        template
	instances       []*instance          // in the order of their launch
	warm            []*instance          // in the warm pool
	noCapacity      []bool               // zones without capacity
	noSubnet        []bool               // zones in which the group has no subnet any more
	lastLaunch      string               // the activity of the last launch
	launchedAt      map[string]time.Time // of instances that were launched
	lastFailure     string               // that of the last failed launch, as long as capacity is missing
	launched        int
	removedByOthers map[string]bool // instances that AWS reclaimed or somebody detached
	reconcileDue    bool            // reconcile is on the agenda
	rebalancing     bool
	previous        *upgrade.Group // as it was before the last change
	changedAt       time.Time
}

// instance is a member of the group.
type instance struct {
	upgrade.Instance
	zone               int
	node               *node     // nil until it joins
	terminatingSince   time.Time // zero if it is not terminating
	outOfServiceSince  time.Time // zero if nobody put it into Standby or detached it
	inServiceSince     time.Time // zero if it is in service from the beginning
	terminatedByEngine bool
	returns            bool // to the warm pool, when it has left the group
}

func (i *instance) isTerminating() bool { return !i.terminatingSince.IsZero() }

// isOutOfService reports whether somebody has put the instance into Standby or detached it.
func (i *instance) isOutOfService() bool { return !i.outOfServiceSince.IsZero() }

func newCloud(w *World) *cloud {
	c := &cloud{
		w: w, made: 1, min: w.config.Min,
		size:      upgrade.Size{Max: w.config.Max, Desired: w.config.Nodes},
		suspended: slices.Clone(w.config.Suspended), removedByOthers: map[string]bool{}, launchedAt: map[string]time.Time{},
		template:   newTemplate(w.config),
		noCapacity: make([]bool, len(w.config.Zones)), noSubnet: make([]bool, len(w.config.Zones)),
	}
	for i := range w.config.Nodes {
		c.newInstance(i % len(w.config.Zones)).Lifecycle = upgrade.InService
	}
	return c
}

// newInstance adds an instance of the template version that the group uses.
func (c *cloud) newInstance(zone int) *instance {
	i := c.makeInstance(zone)
	c.instances = append(c.instances, i)
	return i
}

func (c *cloud) makeInstance(zone int) *instance {
	c.launched++
	version := c.template.current()
	return &instance{zone: zone, Instance: upgrade.Instance{
		ID: fmt.Sprintf("i-%017x", c.launched), Zone: c.w.config.Zones[zone],
		Lifecycle: upgrade.Pending, Image: version.Image, Template: version, Launched: c.w.now,
		Protected: c.w.config.Protected,
	}}
}

// launch adds an instance, which boots and joins the cluster.
func (c *cloud) launch(zone int) {
	c.w.tally.Launched++
	if c.takeWarm(zone) {
		return
	}
	i := c.newInstance(zone)
	c.launchedAt[i.ID] = c.w.now
	c.lastLaunch = launchWords(i)
	c.w.tell("%s launches in %s from %s", i.ID, i.Zone, i.Image)
	c.comeUp(i)
}

// comeUp boots an instance and joins it to the cluster.
func (c *cloud) comeUp(i *instance) {
	if ends := c.w.image(i.Image).EndsAfter; ends > 0 {
		c.w.after(ends, func() { c.end(i) })
	}
	c.w.after(c.w.about(c.w.config.Delays.Boot), func() {
		if i.Lifecycle != upgrade.Pending {
			return
		}
		c.join(i)
		i.Lifecycle = upgrade.PendingWait
		c.w.after(c.w.config.Delays.HookLaunch, func() {
			if i.Lifecycle == upgrade.PendingWait {
				i.Lifecycle, i.inServiceSince = upgrade.InService, c.w.now
			}
		})
	})
}

func launchWords(i *instance) string {
	return fmt.Sprintf("Launching a new EC2 instance: %s in %s: Successful", i.ID, i.Zone)
}

// activitySince is what the activities say about launches since a time, of some instances or zones if
// there are any.
func (c *cloud) activitySince(since time.Time, about []string) string {
	launched, ended := 0, 0
	for id, at := range c.launchedAt {
		if at.Before(since) {
			continue
		}
		launched++
		if c.removedByOthers[id] {
			ended++
		}
	}
	words := cmp.Or(c.lastFailure, c.lastLaunch)
	for _, i := range c.instances {
		if slices.Contains(about, i.ID) || c.lastFailure == "" && slices.Contains(about, i.Zone) && !c.launchedAt[i.ID].Before(since) {
			words = launchWords(i)
		}
	}
	if ended > 0 {
		words += fmt.Sprintf("; %d were launched, of which Auto Scaling ended %d", launched, ended)
	}
	return words
}

// consoleOf is what an instance has written to its console: nothing while it boots.
func (c *cloud) consoleOf(id string) string {
	for _, i := range c.instances {
		if i.ID == id && i.Lifecycle != upgrade.Pending {
			return "kubelet: cannot reach the API server"
		}
	}
	return ""
}

// join registers the instance's node unless its image never joins.
func (c *cloud) join(i *instance) {
	joins := c.w.image(i.Image).Joins
	if joins == NeverJoins {
		return
	}
	c.w.after(c.w.about(c.w.config.Delays.Join), func() {
		if i.node != nil { // it has come from the warm pool
			c.w.cluster.hear(i.node)
			return
		}
		c.w.cluster.joinWhenConnected(i, joins == JoinsReady)
	})
}

// end has Auto Scaling terminate an instance for a cause of its own.
func (c *cloud) end(i *instance) {
	if i.isTerminating() {
		return
	}
	c.removedByOthers[i.ID] = true
	c.w.tell("%s fails a health check", i.ID)
	c.terminate(i)
}

// terminate starts the termination of an instance. If there is a lifecycle hook
// its pods keep running until the hook is over.
func (c *cloud) terminate(i *instance) {
	if i.isTerminating() {
		return
	}
	i.terminatingSince, i.Lifecycle = c.w.now, upgrade.Terminating
	if c.w.config.Delays.Hook == 0 {
		c.shutDown(i)
		return
	}
	i.Lifecycle = "Terminating:Wait"
	c.w.after(c.w.config.Delays.Hook, func() { c.shutDown(i) })
}

func (c *cloud) shutDown(i *instance) {
	i.Lifecycle = upgrade.Terminating
	if i.returns {
		c.returnToPool(i)
		return
	}
	if i.node != nil {
		c.w.cluster.kill(i.node)
	}
	c.w.after(c.w.about(c.w.config.Delays.Shutdown), func() {
		i.Lifecycle = upgrade.Terminated
		c.instances = slices.DeleteFunc(c.instances, func(other *instance) bool { return other == i })
		c.w.tell("%s is gone", i.ID)
		c.reconcileSoon()
		if i.node != nil {
			c.w.after(c.w.config.Delays.NodeGone, func() { c.w.cluster.remove(i.node) })
		}
	})
}

// describe returns the group as it is now.
func (c *cloud) describe() upgrade.Group {
	g := upgrade.Group{
		Name: c.w.config.Update.Group, ARN: c.arn(), Read: c.w.now, Min: c.min, Size: c.size,
		Zones: c.zones(), Template: c.template.ref,
		Suspended: slices.Clone(c.suspended), Instances: make([]upgrade.Instance, len(c.instances)),
	}
	for n, i := range c.instances {
		g.Instances[n] = i.Instance
	}
	if pool := c.w.config.WarmPool; pool != nil {
		g.WarmPool = &upgrade.WarmPool{Reuse: pool.Reuse}
		for _, i := range c.warm {
			g.WarmPool.Instances = append(g.WarmPool.Instances, i.Instance)
		}
	}
	return g
}

// zones are those in which the group has a subnet.
func (c *cloud) zones() []string {
	var zones []string
	for z, zone := range c.w.config.Zones {
		if !c.noSubnet[z] {
			zones = append(zones, zone)
		}
	}
	return zones
}

// arn tells the group from one of the same name that was made before or elsewhere.
func (c *cloud) arn() string { return groupARN(ownAccount, c.w.config.Update.Group, c.made) }

// keepPrevious is called before a change. Describes may show the group from before
// it for a while.
func (c *cloud) keepPrevious() {
	if c.w.lag > 0 || c.w.choices != nil {
		past := c.describe()
		c.previous, c.changedAt = &past, c.w.now
	}
}

func (c *cloud) find(id string) *instance {
	for _, i := range c.instances {
		if i.ID == id {
			return i
		}
	}
	return nil
}

// suspends reports whether a scaling process is suspended.
func (c *cloud) suspends(process string) bool { return slices.Contains(c.suspended, process) }

// image returns an image with its behaviour, or the zero Image if there is none.
func (w *World) image(id string) Image {
	for _, image := range w.config.Images {
		if image.ID == id {
			return image
		}
	}
	return Image{}
}
