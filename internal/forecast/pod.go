package forecast

import (
	"fmt"
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// pod is a pod. Its upgrade.Pod is the object that the API shows.
type pod struct {
	upgrade.Pod
	load    *workload
	ordinal int
	node    *node // nil while it waits for one
	volume  *volume
	gone    bool
}

// create makes a pod for the scheduler.
func (c *cluster) create(load *workload, ordinal int) *pod {
	p := c.newPod(load, ordinal)
	c.pending = append(c.pending, p)
	c.kick()
	return p
}

func (c *cluster) newPod(load *workload, ordinal int) *pod {
	c.made++
	load.pods++
	p := &pod{load: load, ordinal: ordinal, Pod: upgrade.Pod{
		Namespace: load.Namespace, Name: load.podName(ordinal), UID: fmt.Sprintf("uid-%06d", c.made),
		Owner: load.owner, Created: c.w.now, Pending: true, Stays: load.Kind == DaemonSet,
		Grace: load.Grace, Finalizers: load.Finalizers, NamespaceTerminating: load.Closing,
		Tolerates: load.Tolerates, LocalData: load.LocalData,
	}}
	for _, b := range load.budgets {
		p.Budgets = append(p.Budgets, b.id)
	}
	if load.Volume {
		p.volume = c.volumeOf(p)
		p.Claims = []string{p.volume.Claim}
	}
	c.pods[p.ID()] = p
	return p
}

// podName is the ordinal's for a StatefulSet; others never repeat a name.
func (l *workload) podName(ordinal int) string {
	switch l.Kind {
	case StatefulSet:
		return fmt.Sprintf("%s-%d", l.Name, ordinal)
	case Bare:
		if l.Replicas == 1 {
			return l.Name
		}
	}
	l.made++
	return fmt.Sprintf("%s-%05d", l.Name, l.made)
}

// healthy is what budgets count.
func (p *pod) healthy() bool { return p.Ready && p.Deleting.IsZero() && !p.Finished && !p.gone }

// placed is what zone spread counts.
func (p *pod) placed() bool { return p.node != nil && p.Deleting.IsZero() && !p.Finished && !p.gone }

// change changes a pod, and with it what its budgets and its workload count.
func (c *cluster) change(p *pod, how func()) {
	healthy, placed, zone := p.healthy(), p.placed(), 0
	if placed {
		zone = p.node.zone
	}
	how()
	if p.node != nil {
		p.node.shown = nil
	}
	if is := p.healthy(); is != healthy {
		for _, b := range p.load.budgets {
			b.count(is)
		}
	}
	switch is := p.placed(); {
	case is && !placed:
		p.load.zones[p.node.zone]++
	case placed && !is:
		p.load.zones[zone]--
	}
}

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
		p.Ready = !p.load.NeverReady
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

// mustMove reports whether the pod has to leave a node before it goes.
func (p *pod) mustMove() bool { return !p.Stays && !p.Finished }

// late reports whether the pod has been terminating for longer than it may.
func (p *pod) late(now time.Time) bool {
	return !p.Deleting.IsZero() && now.After(p.Deleting.Add(time.Minute))
}
