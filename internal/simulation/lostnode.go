package simulation

import (
	"slices"
	"time"
)

// Node objects that vanish while their instances run.

// collectAfter is how long after its Node has vanished the garbage collector of Kubernetes deletes
// a pod: it leaves pods alone for 40 s, and looks every 20 s.
const collectAfter = 50 * time.Second

// DeleteNode has somebody delete a Node object. Its instance, its kubelet and its pods keep running.
// After some time the kubelet registers the node again, without anything that others have put on it;
// with a time of 0 it never does.
func (w *World) DeleteNode(name string, back time.Duration) {
	n, ok := w.cluster.lookup(name)
	if !ok {
		return
	}
	w.tell("somebody deletes the node %s", name)
	w.observer.podsRemovedByOthers, w.observer.zonesChangedByOthers = true, true
	w.cluster.loseNode(n)
	if back > 0 {
		w.after(back, func() { w.cluster.registerAgain(n) })
	}
}

// DeleteNodeInFlight deletes the Node of the nth instance in flight, if there are so many.
func (w *World) DeleteNodeInFlight(nth int, back time.Duration) {
	if drains := w.records.run.now.Drains; nth < len(drains) {
		w.DeleteNode(drains[nth].Node, back)
	}
}

// Interrupt has AWS take a Spot instance back: its Node is deleted when the warning comes, and the
// instance ends some time later.
func (w *World) Interrupt(id string, after time.Duration) {
	i := w.cloud.find(id)
	if i == nil || i.isTerminating() || i.node == nil {
		return
	}
	w.tell("AWS warns that it takes %s back", id)
	w.DeleteNode(i.node.Name, 0)
	w.after(after, func() { w.Reclaim(id) })
}

// loseNode removes a Node object. Its pods stay, with the node's name, until they are collected.
func (c *cluster) loseNode(n *node) {
	n.lost, n.timesLost = true, n.timesLost+1
	n.Ready, n.ReadySince = false, c.w.now
	n.Marks, n.Owned, n.Owner, n.Image = nil, nil, "", ""
	c.nodes = slices.DeleteFunc(c.nodes, func(other *node) bool { return other == n })
	c.lost = append(c.lost, n)
	c.nodesPerZone[n.zone]--
	nth := n.timesLost
	c.w.after(collectAfter, func() {
		if n.lost && n.timesLost == nth {
			c.collectPods(n)
		}
	})
}

// registerAgain registers the lost node of an instance that still runs.
func (c *cluster) registerAgain(n *node) {
	if !n.lost || n.gone || n.kubeletStopped() || n.instance != nil && n.instance.isTerminating() {
		return
	}
	n.lost = false
	c.lost = slices.DeleteFunc(c.lost, func(other *node) bool { return other == n })
	n.Created, n.ReadySince = c.w.now, c.w.now
	n.Taints = slices.Clone(c.w.config.Taints)
	if n.instance != nil && c.w.config.Labelled {
		n.Image = n.instance.Image
	}
	c.nodes = append(c.nodes, n)
	c.nodesPerZone[n.zone]++
	c.w.tell("node %s registers again", n.Name)
	if !slices.ContainsFunc(n.pods, func(p *pod) bool { return p.Stays }) { // they were collected
		c.createDaemonPods(n)
	}
	if c.w.config.Delays.StartUp > 0 {
		n.Taints = append(n.Taints, startUpTaint)
	}
	nth := n.timesLost
	c.w.after(c.w.about(c.w.config.Delays.Ready), func() {
		if !n.kubeletStopped() && n.timesLost == nth {
			c.markReady(n)
			c.w.tell("node %s is Ready", n.Name)
			c.removeStartUpTaintLater(n)
		}
	})
}

// collectPods deletes the pods of a lost node past every budget and grace period. Their containers
// run on until the kubelet has stopped them, in their grace period. Finalizers keep an object.
func (c *cluster) collectPods(n *node) {
	for _, p := range slices.Clone(n.pods) {
		c.w.tell("pod %s is collected: its node does not exist", p.ID())
		c.stopUnlisted(p)
		if len(p.Finalizers) == 0 {
			c.removePod(p)
			continue
		}
		if p.Deleting.IsZero() {
			p.workload.podCount--
			if replaced, early := p.workload.replaces(); replaced && early && !p.Finished {
				c.replaceLater(p)
			}
		}
		c.change(p, func() { p.Deleting, p.Ready = c.w.now, false })
	}
}

// noteSeen notes that an engine sees the pods of a lost node.
func (n *node) noteSeen() {
	for _, p := range n.pods {
		p.seenLost = true
	}
}

// stopUnlisted has the kubelet stop the containers of a pod whose object is deleted at once.
func (c *cluster) stopUnlisted(p *pod) {
	n := p.node
	if p.Pending || p.Finished || p.stopped || n.gone {
		return
	}
	n.unlisted = append(n.unlisted, p)
	if n.kubeletStopped() {
		return
	}
	c.w.after(min(c.w.about(p.workload.Stop), p.Grace), func() {
		if n.kubeletStopped() {
			return
		}
		p.stopped = true
		n.unlisted = slices.DeleteFunc(n.unlisted, func(other *pod) bool { return other == p })
	})
}
