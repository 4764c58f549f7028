package simulation

import "slices"

// bind gives a pod its node; it starts when its volume is there.
func (c *cluster) bind(p *pod, n *node) {
	n.pods = append(n.pods, p)
	c.change(p, func() { p.node, p.Node = n, n.Name })
	n.cpu += p.load.CPU
	n.busy++
	if p.volume != nil && !c.attach(p) {
		return
	}
	c.start(p)
}

func (c *cluster) start(p *pod) {
	c.w.after(c.w.about(p.load.Start), func() {
		if p.node.dead.IsZero() && !p.gone && p.Deleting.IsZero() {
			c.run(p)
		}
	})
}

// run makes a pod Running, and Ready unless it never is.
func (c *cluster) run(p *pod) {
	if !p.Pending {
		return
	}
	c.change(p, func() {
		p.Pending = false
		p.Ready = !p.load.NeverReady && !c.sickens(p.node)
	})
	if p.load.Kind == Job && p.load.Runs > 0 {
		c.w.after(c.w.about(p.load.Runs), func() { c.finish(p) })
	}
}

// finish is the success of a Job's pod, which stays on its node for the record.
func (c *cluster) finish(p *pod) {
	if p.gone || !p.Deleting.IsZero() || !p.node.dead.IsZero() {
		return
	}
	c.change(p, func() { p.Finished, p.Ready = true, false })
	p.node.cpu -= p.load.CPU
	p.node.busy--
	c.kick()
}

// end deletes a pod gracefully: its controller replaces it, its kubelet stops
// it, and its finalizers may keep it.
func (c *cluster) end(p *pod) {
	if p.gone || !p.Deleting.IsZero() {
		return
	}
	c.change(p, func() { p.Deleting = c.w.now.Add(p.Grace) })
	p.load.pods--
	if replaced, early := p.load.replaces(); replaced && early && !p.Finished {
		c.replace(p)
	}
	if p.node == nil || p.Pending && p.node.dead.IsZero() {
		c.lose(p)
		return
	}
	c.w.after(min(c.w.about(p.load.Stop), p.Grace), func() { c.stopped(p) })
}

func (c *cluster) stopped(p *pod) {
	if !p.node.dead.IsZero() || p.gone {
		return
	}
	if len(p.Finalizers) > 0 {
		c.change(p, func() { p.Ready = false })
		return
	}
	c.lose(p)
}

// lose removes a pod at once, as the end of its termination or with its node.
func (c *cluster) lose(p *pod) {
	if p.gone {
		return
	}
	ended := !p.Deleting.IsZero()
	if !ended {
		p.load.pods--
	}
	c.change(p, func() { p.gone = true })
	if c.pods[p.ID()] == p {
		delete(c.pods, p.ID())
	}
	if p.node != nil {
		c.leave(p)
	}
	any, early := p.load.replaces()
	if any && !p.Finished && !(early && ended) {
		c.replace(p)
	}
	c.kick()
}

// leave frees the pod's place on its node, and its volume some time later.
func (c *cluster) leave(p *pod) {
	p.node.shown = nil
	p.node.pods = slices.DeleteFunc(p.node.pods, func(other *pod) bool { return other == p })
	if !p.Finished {
		p.node.cpu -= p.load.CPU
		p.node.busy--
	}
	if p.volume != nil {
		c.release(p)
	}
}

// replace lets the controller make another pod.
func (c *cluster) replace(p *pod) {
	c.w.after(c.w.about(c.w.config.Delays.Recreate), func() {
		if p.load.pods < p.load.Replicas {
			c.create(p.load, p.ordinal)
		}
	})
}
