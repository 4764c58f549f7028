package simulation

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// scheduleSoon has the scheduler look at the pending pods after its delay.
func (c *cluster) scheduleSoon() {
	if c.scheduleDue || len(c.pending) == 0 {
		return
	}
	c.scheduleDue = true
	c.w.after(c.w.config.Delays.Schedule, func() {
		c.scheduleDue = false
		c.schedule()
	})
}

// schedule places the pending pods that fit somewhere. If one pod of a workload
// without volumes fits nowhere, neither do the others of that workload.
func (c *cluster) schedule() {
	waiting := c.pending
	c.pending = nil
	var stuck *workload
	for _, p := range waiting {
		if p.gone {
			continue
		}
		var n *node
		if p.workload != stuck {
			n = c.place(p)
		}
		if n == nil {
			c.pending = append(c.pending, p)
			p.unschedulable = true
			if p.volume == nil {
				stuck = p.workload
			}
			continue
		}
		c.bind(p, n)
	}
}

// place chooses a node for a pod, or nil. Of the nodes that fit it prefers those
// without a PreferNoSchedule taint, then, if the workload is spread, the zone with the
// fewest of its pods, then the node with the fewest pods.
func (c *cluster) place(p *pod) *node {
	if len(c.nodes) == 0 {
		return nil
	}
	zones := c.allowedZones(p)
	first := c.w.random.IntN(len(c.nodes)) // breaks ties at random
	var best *node
	for i := range c.nodes {
		n := c.nodes[(first+i)%len(c.nodes)]
		if zones[n.zone] && c.fits(p, n) && (best == nil || c.better(p.workload, n, best)) {
			best = n
		}
	}
	return best
}

func (c *cluster) better(load *workload, a, b *node) bool {
	if avoid := a.Has(upgrade.MarkPrefer); avoid != b.Has(upgrade.MarkPrefer) {
		return !avoid
	}
	if load.Spread != Anywhere && load.podsPerZone[a.zone] != load.podsPerZone[b.zone] {
		return load.podsPerZone[a.zone] < load.podsPerZone[b.zone]
	}
	return a.activePods < b.activePods
}

func (c *cluster) fits(p *pod, n *node) bool { return c.whyNot(p, n) == "" }

// whyNot says in the scheduler's words why a pod cannot run on a node. It is empty if
// it can.
func (c *cluster) whyNot(p *pod, n *node) string {
	machine := c.w.config.Machine
	switch {
	case n.Has(upgrade.MarkCordon) && p.Tolerates != EveryTaint: // a cordon is a taint, too
		return "node(s) were unschedulable"
	case !n.Ready, !c.admits(n, p):
		return "node(s) had untolerated taint(s)"
	case n.activePods >= machine.Pods:
		return "Too many pods"
	case n.cpu+p.workload.CPU > machine.CPU:
		return "Insufficient cpu"
	case p.workload.HostPort != 0 && n.listens(p.workload.HostPort):
		return "node(s) didn't have free ports for the requested pod ports"
	case p.volume != nil && p.volume.localTo != nil && p.volume.localTo != n:
		return "node(s) had volume node affinity conflict"
	}
	return ""
}

// admits reports whether the pod tolerates the taints of the node.
func (c *cluster) admits(n *node, p *pod) bool {
	if n.Has(upgrade.MarkTaint) && p.Tolerates == "" {
		return false
	}
	return p.Tolerates == EveryTaint || !slices.Contains(n.Taints, unreachableTaint) && !slices.Contains(n.Taints, startUpTaint) && !slices.Contains(n.Taints, toBeDeleted)
}

// listens reports whether a pod on the node uses a host port.
func (n *node) listens(port int) bool {
	return slices.ContainsFunc(n.pods, func(p *pod) bool { return p.workload.HostPort == port && !p.Finished })
}

// whyUnschedulable says in the scheduler's words why a pod has no node.
func (c *cluster) whyUnschedulable(p *pod) string {
	zones, counts := c.allowedZones(p), map[string]int{}
	for _, n := range c.nodes {
		switch why := c.whyNot(p, n); {
		case why != "":
			counts[why]++
		case !zones[n.zone] && p.volume != nil && p.volume.bound:
			counts["node(s) had volume node affinity conflict"]++
		case !zones[n.zone]:
			counts["node(s) didn't match pod topology spread constraints"]++
		}
	}
	reasons := make([]string, 0, len(counts))
	for why, count := range counts {
		reasons = append(reasons, fmt.Sprintf("%d %s", count, why))
	}
	slices.Sort(reasons)
	return fmt.Sprintf("0/%d nodes are available: %s", len(c.nodes), strings.Join(reasons, ", "))
}

// allowedZones returns, by zone, whether the pod's volume and a hard spread allow it.
// The spread counts every zone with nodes, also one whose nodes are all tainted.
func (c *cluster) allowedZones(p *pod) []bool {
	least := 1 << 30
	for z, nodes := range c.nodesPerZone {
		if nodes > 0 {
			least = min(least, p.workload.podsPerZone[z])
		}
	}
	allowed := make([]bool, len(c.nodesPerZone))
	for z := range allowed {
		even := p.workload.Spread != SpreadHard || p.workload.podsPerZone[z] <= least
		bound := p.volume != nil && p.volume.bound && p.volume.zone != z
		allowed[z] = even && !bound
	}
	return allowed
}
