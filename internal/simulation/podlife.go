package simulation

import "slices"

// bind assigns a pod to a node. It starts when its volume is attached.
func (c *cluster) bind(p *pod, n *node) {
	n.pods = append(n.pods, p)
	c.change(p, func() { p.node, p.Node = n, n.Name })
	n.cpu += p.workload.CPU
	n.activePods++
	if p.volume != nil && !c.attach(p) {
		return
	}
	c.startPod(p)
}

func (c *cluster) startPod(p *pod) {
	c.w.after(c.w.about(p.workload.Start), func() {
		if !p.node.kubeletStopped() && !p.gone && p.Deleting.IsZero() {
			c.markRunning(p)
		}
	})
}

// markRunning makes a pod Running, and Ready unless it never becomes so.
func (c *cluster) markRunning(p *pod) {
	if !p.Pending {
		return
	}
	c.change(p, func() {
		p.Pending = false
		p.Ready = !p.workload.NeverReady && !c.keepsPodsUnready(p.node)
	})
	if p.workload.Kind == Job && p.workload.Runs > 0 {
		c.w.after(c.w.about(p.workload.Runs), func() { c.finishJob(p) })
	}
}

// finishJob completes a pod of a Job. It stays on its node as finished.
func (c *cluster) finishJob(p *pod) {
	if p.gone || !p.Deleting.IsZero() || p.node.kubeletStopped() {
		return
	}
	c.change(p, func() { p.Finished, p.Ready = true, false })
	p.node.cpu -= p.workload.CPU
	p.node.activePods--
	c.scheduleSoon()
}

// deletePod deletes a pod gracefully: its controller replaces it, its kubelet stops
// it, and its finalizers may keep the object.
func (c *cluster) deletePod(p *pod) {
	if p.gone || !p.Deleting.IsZero() {
		return
	}
	c.change(p, func() { p.Deleting = c.w.now.Add(p.Grace) })
	p.workload.podCount--
	if replaced, early := p.workload.replaces(); replaced && early && !p.Finished {
		c.replaceLater(p)
	}
	if p.node == nil || p.Pending && !p.node.kubeletStopped() {
		c.removePod(p)
		return
	}
	c.w.after(min(c.w.about(p.workload.Stop), p.Grace), func() { c.containersStopped(p) })
}

func (c *cluster) containersStopped(p *pod) {
	if p.node.kubeletStopped() || p.gone {
		return
	}
	if p.stopped = true; len(p.Finalizers) > 0 {
		c.change(p, func() { p.Ready = false })
		return
	}
	c.removePod(p)
}

// removePod removes a pod at once: its termination is over, or its node is gone.
func (c *cluster) removePod(p *pod) {
	if p.gone {
		return
	}
	ended := !p.Deleting.IsZero()
	if !ended {
		p.workload.podCount--
	}
	c.change(p, func() { p.gone = true })
	if c.pods[p.ID()] == p {
		delete(c.pods, p.ID())
	}
	if p.node != nil {
		c.freeNode(p)
	}
	any, early := p.workload.replaces()
	if any && !p.Finished && !(early && ended) {
		c.replaceLater(p)
	}
	c.scheduleSoon()
}

// freeNode frees what the pod used of its node, and its volume some time later.
func (c *cluster) freeNode(p *pod) {
	p.node.podList = nil
	p.node.pods = slices.DeleteFunc(p.node.pods, func(other *pod) bool { return other == p })
	if !p.Finished {
		p.node.cpu -= p.workload.CPU
		p.node.activePods--
	}
	if p.volume != nil {
		c.release(p)
	}
}

// replaceLater has the controller create another pod if there are too few.
func (c *cluster) replaceLater(p *pod) {
	c.w.after(c.w.about(c.w.config.Delays.Recreate), func() {
		if p.workload.podCount < p.workload.Replicas {
			c.create(p.workload, p.ordinal)
		}
	})
}
