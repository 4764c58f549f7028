package fakeaws

import (
	"slices"
	"time"
)

// scaleIn terminates instances in excess of the desired size, chosen by the
// termination policies. Instances launched to rebalance zones count when they are
// in service.
func (c *Cloud) scaleIn(g *group, now time.Time) {
	have := 0
	for _, m := range g.active() {
		if !m.rebalancing {
			have++
		}
	}
	if have <= g.sizes.desired {
		g.stuckOnLocked = false
		return
	}
	if g.isSuspended(processTerminate) {
		return
	}
	change := sentence(now, "an instance was taken out of service in response to a difference between desired "+
		"and actual capacity, shrinking the capacity from %d to %d.", have, g.sizes.desired)
	for range have - g.sizes.desired {
		victim := c.victim(g, now)
		if victim == nil {
			g.reportLocked(c, sentences(g.reason, change), now)
			return
		}
		victim.returns = g.reuses()
		c.terminate(victim, sentences(g.reason, change, sentence(now, "instance %s was selected for termination.", victim.ID)), now)
	}
}

// reportLocked adds one activity that says that only protected instances are left.
func (g *group) reportLocked(c *Cloud, cause string, now time.Time) {
	if g.stuckOnLocked {
		return
	}
	g.stuckOnLocked = true
	a := g.begin(c, now, "Terminating EC2 instance", cause, "")
	a.fail(now, "Could not scale to desired capacity because all remaining instances are protected from scale-in.")
}

// victim chooses the next instance to terminate, nil if all are protected.
func (c *Cloud) victim(g *group, now time.Time) *machine {
	candidates := g.fullestZones()
	policies := g.policies
	if len(policies) == 0 {
		policies = []string{"Default"}
	}
	for _, policy := range policies {
		candidates = c.narrow(g, policy, candidates, now)
	}
	if len(candidates) == 0 {
		return nil
	}
	return candidates[c.rand.IntN(len(candidates))]
}

// fullestZones returns the unprotected instances of the fullest zones, among the
// zones with an unprotected instance. Zones that the group no longer uses come
// before all others.
func (g *group) fullestZones() []*machine {
	counts, open := map[string]int{}, map[string][]*machine{}
	for _, m := range g.active() {
		if m.rebalancing {
			continue
		}
		counts[m.Zone]++
		if !m.Protected {
			open[m.Zone] = append(open[m.Zone], m)
		}
	}
	most := 0
	for zone := range open {
		if !g.uses(zone) {
			return open[zone]
		}
		most = max(most, counts[zone])
	}
	var candidates []*machine
	for _, sub := range g.subnets {
		if counts[sub.zone] == most {
			candidates = append(candidates, open[sub.zone]...)
		}
	}
	return candidates
}

func (g *group) uses(zone string) bool {
	return slices.ContainsFunc(g.subnets, func(s *subnet) bool { return s.zone == zone })
}

// narrow returns the candidates that a policy prefers. Policies about launch
// configurations and allocation strategies have no effect here.
func (c *Cloud) narrow(g *group, policy string, candidates []*machine, now time.Time) []*machine {
	switch policy {
	case "Default":
		candidates = least(candidates, c.templateAge(g))
		return least(candidates, untilBillingHour(now))
	case "OldestLaunchTemplate":
		return least(candidates, c.templateAge(g))
	case "OldestInstance":
		return least(candidates, func(m *machine) int64 { return m.Launched.UnixNano() })
	case "NewestInstance":
		return least(candidates, func(m *machine) int64 { return -m.Launched.UnixNano() })
	case "ClosestToNextInstanceHour":
		return least(candidates, untilBillingHour(now))
	}
	return candidates
}

// templateAge orders instances: first those of another template than the group's,
// then those of older versions.
func (c *Cloud) templateAge(g *group) func(*machine) int64 {
	current := g.template
	if g.mixed != nil {
		current = g.mixed.ref()
	}
	return func(m *machine) int64 {
		if m.LaunchTemplateID != current.ID {
			return 0
		}
		return int64(m.LaunchTemplateVersion)
	}
}

// untilBillingHour is the time until an instance's next full hour, in seconds.
func untilBillingHour(now time.Time) func(*machine) int64 {
	return func(m *machine) int64 {
		const hour = int64(time.Hour / time.Second)
		return hour - int64(now.Sub(m.Launched)/time.Second)%hour
	}
}

// least returns the machines for which the measure is smallest.
func least(machines []*machine, measure func(*machine) int64) []*machine {
	var best []*machine
	for _, m := range machines {
		switch {
		case len(best) == 0 || measure(m) < measure(best[0]):
			best = []*machine{m}
		case measure(m) == measure(best[0]):
			best = append(best, m)
		}
	}
	return best
}
