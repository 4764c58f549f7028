package forecast

import (
	"slices"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// kick lets the scheduler look at the pending pods before long.
func (c *cluster) kick() {
	if c.due || len(c.pending) == 0 {
		return
	}
	c.due = true
	c.w.after(c.w.config.Delays.Schedule, func() {
		c.due = false
		c.schedule()
	})
}

// schedule places the pending pods that have room somewhere. Where one pod of a
// workload without volumes does not fit, its like don't either.
func (c *cluster) schedule() {
	waiting := c.pending
	c.pending = nil
	var stuck *workload
	for _, p := range waiting {
		if p.gone {
			continue
		}
		var n *node
		if p.load != stuck {
			n = c.place(p)
		}
		if n == nil {
			c.pending = append(c.pending, p)
			if p.volume == nil {
				stuck = p.load
			}
			continue
		}
		c.bind(p, n)
	}
}

// place chooses the node: of those that fit, in the zone with the fewest of the
// workload's pods if it is to be spread, the one with the fewest pods.
func (c *cluster) place(p *pod) *node {
	if len(c.nodes) == 0 {
		return nil
	}
	zones := c.allowedZones(p)
	first := c.w.dice.IntN(len(c.nodes)) // so that ties are broken by chance
	var best *node
	for i := range c.nodes {
		n := c.nodes[(first+i)%len(c.nodes)]
		if zones[n.zone] && c.fits(p, n) && (best == nil || c.better(p.load, n, best)) {
			best = n
		}
	}
	return best
}

func (c *cluster) better(load *workload, a, b *node) bool {
	if load.Spread != Anywhere && load.zones[a.zone] != load.zones[b.zone] {
		return load.zones[a.zone] < load.zones[b.zone]
	}
	return a.busy < b.busy
}

func (c *cluster) fits(p *pod, n *node) bool {
	machine := c.w.config.Machine
	return n.Ready && n.busy < machine.Pods && n.cpu+p.load.CPU <= machine.CPU && admits(n, p)
}

// admits reports whether neither cordon nor taint keeps the pod off.
func admits(n *node, p *pod) bool {
	if n.Has(upgrade.MarkCordon) || n.Has(upgrade.MarkTaint) && p.Tolerates == "" {
		return false
	}
	return !slices.Contains(n.Taints, unreachable)
}

// allowedZones are those that the pod's volume and a hard spread allow. Zones
// with nodes count, also those whose nodes are all tainted.
func (c *cluster) allowedZones(p *pod) []bool {
	least := 1 << 30
	for z, nodes := range c.inZone {
		if nodes > 0 {
			least = min(least, p.load.zones[z])
		}
	}
	allowed := make([]bool, len(c.inZone))
	for z := range allowed {
		even := p.load.Spread != SpreadHard || p.load.zones[z] <= least
		bound := p.volume != nil && p.volume.bound && p.volume.zone != z
		allowed[z] = even && !bound
	}
	return allowed
}
