package simulation

import "time"

// cluster is Kubernetes: nodes, pods and their controllers.
type cluster struct {
	w            *World
	nodes        []*node // in the order in which they joined
	lost         []*node // whose Node objects were deleted
	byName       map[string]*node
	workloads    []*workload
	budgets      map[string]*budget
	pending      []*pod // for the scheduler
	scheduleDue  bool   // the scheduler is on the agenda
	volumes      map[string]*volume
	autoscaler   autoscaler
	nodesPerZone []int // nodes
	pods         map[string]*pod
	objectsMade  int      // objects ever, for names and UIDs
	cutOff       []bool   // zones whose nodes do not reach the API server
	unjoined     []func() // nodes that join when theirs does again
}

func newCluster(w *World) *cluster {
	c := &cluster{
		w: w, byName: map[string]*node{}, budgets: map[string]*budget{},
		volumes: map[string]*volume{}, pods: map[string]*pod{}, nodesPerZone: make([]int, len(w.config.Zones)), cutOff: make([]bool, len(w.config.Zones)),
	}
	for _, spec := range w.config.Workloads {
		load := c.newWorkload(spec)
		c.workloads = append(c.workloads, load)
		for _, b := range load.budgets {
			c.budgets[b.id] = b
		}
	}
	c.autoscaler = newAutoscaler(c)
	return c
}

// populate adds the nodes and pods of the beginning, which have been there for a day.
func (c *cluster) populate() {
	for _, i := range c.w.cloud.instances {
		c.markReady(c.addNode(i, i.zone))
	}
	for s := range c.w.config.OtherNodes {
		c.markReady(c.addNode(nil, s%len(c.w.config.Zones)))
	}
	for _, load := range c.workloads {
		for n := range load.Replicas {
			c.create(load, n)
		}
	}
	c.schedule()
	for _, n := range c.nodes {
		for _, p := range n.pods {
			c.markRunning(p)
		}
	}
	c.makeOlder(24 * time.Hour)
}

// makeOlder dates everything that exists back.
func (c *cluster) makeOlder(by time.Duration) {
	then := c.w.now.Add(-by)
	for _, i := range c.w.cloud.instances {
		i.Launched = then
	}
	for _, n := range c.nodes {
		n.Created, n.ReadySince = then, then
		for _, p := range n.pods {
			p.Created = then
			n.podList = nil
		}
	}
}

// lookup returns a node unless it has been removed or its object was deleted.
func (c *cluster) lookup(name string) (*node, bool) {
	n := c.byName[name]
	return n, n != nil && !n.gone && !n.lost
}
