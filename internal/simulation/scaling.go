package simulation

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// reconcileSoon has Auto Scaling look at the group after its reaction time.
func (c *cloud) reconcileSoon() {
	if c.reconcileDue {
		return
	}
	c.reconcileDue = true
	c.w.after(c.w.about(c.w.config.Delays.React), func() {
		c.reconcileDue = false
		c.reconcile()
	})
}

// reconcile brings the group closer to its desired size. Terminating instances do
// not count, not even those in Terminating:Wait.
func (c *cloud) reconcile() {
	defer c.tendWarmPool()
	missing := c.size.Desired - len(c.members())
	switch {
	case missing > 0 && !c.suspends("Launch"):
		c.scaleOut(missing)
	case missing < 0 && !c.rebalancing && !c.suspends("Terminate"):
		c.scaleIn(-missing)
	case missing == 0:
		c.w.after(c.w.config.Delays.Rebalance, c.rebalance)
	}
}

// members returns the instances that count towards the desired size.
func (c *cloud) members() []*instance {
	var members []*instance
	for _, i := range c.instances {
		if !i.isTerminating() && !i.isOutOfService() {
			members = append(members, i)
		}
	}
	return members
}

// perZone counts the members of each zone.
func (c *cloud) perZone() []int {
	counts := make([]int, len(c.w.config.Zones))
	for _, i := range c.members() {
		counts[i.zone]++
	}
	return counts
}

// scaleOut launches each instance in the emptiest zone that has capacity.
func (c *cloud) scaleOut(missing int) {
	counts := c.perZone()
	for n := range missing {
		zone, ok := c.emptiestZone(counts)
		if !ok {
			c.w.after(c.w.config.Delays.Retry, c.reconcileSoon)
			return
		}
		counts[zone]++
		c.launch(zone)
		if c.w.config.OneByOne && n < missing-1 {
			c.reconcileSoon()
			return
		}
	}
}

// emptiestZone returns the zone with the fewest members. For a zone without capacity
// a failed launch is recorded, and the next zone is tried.
func (c *cloud) emptiestZone(counts []int) (int, bool) {
	zones := make([]int, len(counts))
	for z := range zones {
		zones[z] = z
	}
	c.w.random.Shuffle(len(zones), func(i, j int) { zones[i], zones[j] = zones[j], zones[i] })
	slices.SortStableFunc(zones, func(a, b int) int { return cmp.Compare(counts[a], counts[b]) })
	for _, z := range zones {
		if c.noSubnet[z] {
			continue
		}
		if image := c.template.current().Image; c.w.image(image).Gone {
			c.lastFailure = fmt.Sprintf("Launching a new EC2 instance in %s: Failed: The image id '[%s]' does not exist", c.w.config.Zones[z], image)
			continue
		}
		if !c.noCapacity[z] {
			return z, true
		}
		c.lastFailure = fmt.Sprintf("Launching a new EC2 instance in %s: Failed: InsufficientInstanceCapacity: "+
			"there is no capacity of this type in the zone now", c.w.config.Zones[z])
	}
	return 0, false
}

// scaleIn terminates by the default policy: in the fullest zone the instance of the
// oldest template version, then the oldest one, and none that is protected.
func (c *cloud) scaleIn(surplus int) {
	counts := c.perZone()
	for range surplus {
		members := slices.DeleteFunc(c.members(), func(i *instance) bool { return i.Protected })
		if len(members) == 0 {
			return
		}
		i := slices.MinFunc(members, func(a, b *instance) int {
			return cmp.Or(
				cmp.Compare(counts[b.zone], counts[a.zone]),
				cmp.Compare(a.Template.Number, b.Template.Number),
				a.Launched.Compare(b.Launched),
			)
		})
		counts[i.zone]--
		c.w.observer.podsRemovedByOthers = true
		c.w.tally.ScaledIn++
		c.w.tell("Auto Scaling terminates %s to get down to %d", i.ID, c.size.Desired)
		i.returns = c.reuses()
		c.terminate(i)
	}
}

// rebalance evens out the zones unless AZRebalance is suspended. It launches an
// instance in the emptiest zone and, when that is in service, terminates one of the
// fullest zone, whatever runs there.
func (c *cloud) rebalance() {
	counts := c.perZone()
	fullest := slices.Index(counts, slices.Max(counts))
	empty := slices.Index(counts, slices.Min(counts))
	if c.rebalancing || c.suspends(upgrade.ProcessAZRebalance) || counts[fullest]-counts[empty] < 2 || c.noCapacity[empty] || c.noSubnet[empty] {
		return
	}
	c.rebalancing = true
	c.launch(empty)
	c.w.after(c.w.config.Delays.Boot+c.w.config.Delays.React, func() {
		c.rebalancing = false
		c.evenOut(fullest)
		c.reconcileSoon()
	})
}

func (c *cloud) evenOut(zone int) {
	for _, i := range c.members() {
		if i.zone == zone && !i.Protected {
			c.w.observer.podsRemovedByOthers = true
			c.w.tell("Auto Scaling terminates %s to even out the zones", i.ID)
			c.terminate(i)
			return
		}
	}
}
