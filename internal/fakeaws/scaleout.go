package fakeaws

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// FailLaunches makes every launch in a zone, or in all zones if zone is empty,
// fail with a message until it is called for the same zone with an empty message.
// An empty message for an empty zone clears everything. Groups do what they do
// when a zone has no capacity: they add a failed scaling activity, use another
// zone if they may, and retry after Config.Retry. EC2's message for a zone without
// capacity is NoCapacityMessage.
func (c *Cloud) FailLaunches(zone, message string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = slices.DeleteFunc(c.faults, func(f *fault) bool {
		return f.Name == FaultNoCapacity && (f.Zone == zone || zone == "" && message == "")
	})
	if message != "" {
		c.faults = append(c.faults, &fault{Fault: Fault{Name: FaultNoCapacity, Zone: zone}, message: message})
	}
}

// NoCapacityMessage is EC2's message when a zone has no capacity for an instance type.
func NoCapacityMessage(instanceType, zone string) string {
	return "We currently do not have sufficient " + instanceType + " capacity in the Availability Zone you requested (" +
		zone + "). Our system will be working on provisioning additional capacity."
}

// scaleOut launches the missing instances, each in the zone that is then the emptiest.
func (c *Cloud) scaleOut(g *group, now time.Time) {
	have := len(g.active())
	if have >= g.sizes.desired || g.isSuspended(processLaunch) {
		return
	}
	cause := sentences(g.reason, sentence(now, "an instance was started in response to a difference between desired "+
		"and actual capacity, increasing the capacity from %d to %d.", have, g.sizes.desired))
	for range g.sizes.desired - have {
		if c.launchSomewhere(g, cause, now) == nil {
			return
		}
	}
}

// launchSomewhere tries the group's zones, the emptiest first, without those in
// which a launch failed recently, until a launch succeeds. It returns nil if none
// does.
func (c *Cloud) launchSomewhere(g *group, cause string, now time.Time) *machine {
	for _, sub := range c.emptiestFirst(g) {
		if now.Before(g.retry[sub.zone]) {
			if g.balancedOnly {
				return nil
			}
			continue
		}
		if m := c.launch(g, sub, cause, now); m != nil || g.balancedOnly {
			return m
		}
	}
	return nil
}

// emptiestFirst orders the group's subnets by the number of active members in
// their zones. Of equal ones that with the most instances in the warm pool comes
// first, then chance decides.
func (c *Cloud) emptiestFirst(g *group) []*subnet {
	counts := g.zoneCounts(g.active())
	subnets := slices.Clone(g.subnets)
	c.rand.Shuffle(len(subnets), func(i, j int) { subnets[i], subnets[j] = subnets[j], subnets[i] })
	warm := g.zoneCounts(g.warmMachines())
	slices.SortStableFunc(subnets, func(a, b *subnet) int {
		return cmp.Or(cmp.Compare(counts[a.zone], counts[b.zone]), cmp.Compare(warm[b.zone], warm[a.zone]))
	})
	return subnets
}

// launch puts one instance of a zone into the group: one of the warm pool, or a
// new one. If that fails, it adds a failed activity, the group does not launch in
// that zone for a while, and the result is nil.
func (c *Cloud) launch(g *group, sub *subnet, cause string, now time.Time) *machine {
	if m := c.takeFromPool(g, sub.zone, cause, now); m != nil {
		return m
	}
	m := c.start(g, sub, cause, now)
	if m != nil {
		m.launching = g.begin(c, now, "Launching a new EC2 instance: "+m.ID, cause, m.place())
		m.launching.status, m.launching.progress = activityPreService, 30
		g.members = append(g.members, m)
		c.changed(m)
	}
	return m
}

// start starts a new instance in a subnet, for the group or its warm pool.
func (c *Cloud) start(g *group, sub *subnet, cause string, now time.Time) *machine {
	spot := g.nextIsSpot()
	plan, err := c.plan(g.template, g.mixed, g.nextOverride(spot))
	if err == nil {
		err = c.launchFault(plan.kind, sub)
	}
	if err != nil {
		g.retry[sub.zone] = now.Add(c.cfg.Retry)
		failed := g.begin(c, now, "Launching a new EC2 instance", cause, place(sub.id, sub.zone))
		failed.fail(now, strings.TrimRight(err.Message, ".")+". Launching EC2 instance failed.")
		return nil
	}
	m := c.newMachine(g, sub, plan, now)
	m.Spot = spot || plan.data.asksForSpot()
	c.instances = append(c.instances, m)
	return m
}

func (c *Cloud) newMachine(g *group, sub *subnet, plan *launchPlan, now time.Time) *machine {
	address := sub.nextAddress()
	return &machine{
		doomed: c.lacksKey(plan.data), rootDevice: plan.image.devices()[0].Name, group: g, due: now.Add(c.cfg.Boot), undying: isTrue(plan.data.DisableAPITermination),
		Instance: Instance{
			ID: c.id("i"), Zone: sub.zone, ZoneID: sub.zoneID, SubnetID: sub.id, VPCID: c.network.vpcID,
			Type: plan.kind.name, Arch: plan.kind.arch, ImageID: plan.image.ID,
			PrivateIP: address, PrivateDNS: privateDNS(address, c.cfg.Region),
			State: StatePending, Lifecycle: LifecyclePending, Healthy: true, Protected: g.protect, Group: g.name,
			LaunchTemplateID: plan.template.id, LaunchTemplateName: plan.template.name,
			LaunchTemplateVersion: plan.version.number,
			UserData:              plan.data.UserData, KeyName: plan.data.KeyName,
			Launched: now, Tags: g.launchTags(plan),
		},
	}
}

// launchTags are the template's, overridden by the group's that propagate, and
// the two that Auto Scaling and EC2 add.
func (g *group) launchTags(plan *launchPlan) map[string]string {
	tags := bornWith(plan.data.TagSpecifications, "instance")
	for _, t := range g.tags {
		if t.PropagateAtLaunch {
			tags[t.Key] = t.Value
		}
	}
	maps.Copy(tags, map[string]string{
		"aws:autoscaling:groupName":     g.name,
		"aws:ec2launchtemplate:id":      plan.template.id,
		"aws:ec2launchtemplate:version": strconv.Itoa(plan.version.number),
	})
	return tags
}
