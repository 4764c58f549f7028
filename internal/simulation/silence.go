package simulation

import (
	"slices"
	"strings"
	"time"
)

// Silence: the API server hears nothing of a kubelet. After a while its node becomes NotReady,
// its pods are marked as not Ready, and later they are deleted, which never ends. But the
// machine runs, and so do the pods, unless it is dead.

// unreachableTaint is set on a node whose kubelet is silent.
const unreachableTaint = "node.kubernetes.io/unreachable:NoExecute"

func (n *node) kubeletStopped() bool { return !n.silentSince.IsZero() }

// silence lets the API server hear no more of a kubelet.
func (c *cluster) silence(n *node) {
	if n.kubeletStopped() {
		return
	}
	since := c.w.now
	n.silentSince = since
	c.w.after(c.w.config.Delays.NotReady, func() {
		if n.silentSince.Equal(since) {
			c.markNotReady(n)
		}
	})
}

// kill ends the machine of a node and everything that runs on it.
func (c *cluster) kill(n *node) {
	n.dead = true
	c.silence(n)
}

func (c *cluster) markNotReady(n *node) {
	if n.gone || n.lost || !n.Ready {
		return
	}
	n.Ready, n.ReadySince = false, c.w.now
	n.Taints = append(slices.Clip(n.Taints), unreachableTaint)
	c.w.tell("node %s is NotReady", n.Name)
	for _, p := range n.pods {
		c.change(p, func() { p.Ready = false })
	}
	since := n.silentSince
	c.w.after(c.w.config.Delays.Evict, func() { c.deletePodsOf(n, since) })
}

// deletePodsOf deletes the pods of a node that has been silent since a time. Kubernetes does not
// while most nodes of the zone are NotReady, but does when all of the zone and not all of the
// cluster are.
func (c *cluster) deletePodsOf(n *node, since time.Time) {
	switch {
	case n.gone || n.lost || !n.silentSince.Equal(since):
	case c.isDisrupted(n.zone):
		c.w.after(10*time.Second, func() { c.deletePodsOf(n, since) })
	default:
		for _, p := range slices.Clone(n.pods) {
			if !p.Stays {
				c.deletePod(p)
			}
		}
	}
}

// isDisrupted reports whether the node lifecycle controller deletes no pods in a zone: no node of
// the cluster is Ready, or at least 3 nodes and 55 % of those of the zone are not, but some are.
func (c *cluster) isDisrupted(zone int) bool {
	ready, readyHere, here := 0, 0, 0
	for _, n := range c.nodes {
		if n.Ready {
			ready++
		}
		if n.zone == zone {
			here++
			if n.Ready {
				readyHere++
			}
		}
	}
	missing := here - readyHere
	return ready == 0 || readyHere > 0 && missing > 2 && 100*missing >= 55*here
}

// hear lets the API server hear of a kubelet again. It ends the pods that were deleted meanwhile
// and starts those that it did not know of.
func (c *cluster) hear(n *node) {
	if !n.kubeletStopped() || n.dead || n.gone || n.instance != nil && n.instance.Lifecycle.InWarmPool() {
		return
	}
	n.silentSince, n.heardAt = time.Time{}, c.w.now
	c.w.tell("the kubelet of %s reports again", n.Name)
	for _, p := range slices.Clone(n.pods) {
		waits := p.volume != nil && p.volume.user != p
		switch {
		case !p.Deleting.IsZero():
			c.w.after(c.w.about(p.workload.Stop), func() { c.containersStopped(p) })
		case p.Pending && !waits:
			c.startPod(p)
		}
	}
	c.w.after(time.Second, func() { c.becomeReadyAgain(n) })
}

func (c *cluster) becomeReadyAgain(n *node) {
	if n.Ready || n.neverReady || n.gone || n.kubeletStopped() {
		return
	}
	n.Taints = slices.DeleteFunc(slices.Clone(n.Taints), func(t string) bool { return t == unreachableTaint })
	c.markReady(n)
	c.removeStartUpTaintLater(n)
	c.w.tell("node %s is Ready again", n.Name)
	for _, p := range n.pods {
		if p.isActive() && !p.Pending {
			c.change(p, func() { p.Ready = !p.workload.NeverReady && !c.keepsPodsUnready(n) })
		}
	}
}

// joinWhenConnected adds the node of an instance as soon as its zone reaches the API server.
func (c *cluster) joinWhenConnected(i *instance, ready bool) {
	switch {
	case i.isTerminating():
	case c.cutOff[i.zone]:
		c.unjoined = append(c.unjoined, func() { c.joinWhenConnected(i, ready) })
	default:
		c.join(i, ready)
	}
}

// SilenceKubelet stops the kubelet of a node. Its instance keeps running, and its pods, too.
func (w *World) SilenceKubelet(name string) {
	if n, ok := w.cluster.lookup(name); ok {
		w.tell("the kubelet of %s stops", name)
		w.observer.podsRemovedByOthers = true
		w.cluster.silence(n)
	}
}

// KillMachine ends the machine of a node. AWS does not notice.
func (w *World) KillMachine(name string) {
	if n, ok := w.cluster.lookup(name); ok {
		w.tell("the machine of %s dies", name)
		w.observer.podsRemovedByOthers = true
		w.cluster.kill(n)
	}
}

// HearKubelet starts the kubelet of a node again.
func (w *World) HearKubelet(name string) {
	if n, ok := w.cluster.lookup(name); ok {
		w.cluster.hear(n)
	}
}

// CutOff cuts the nodes of zones, or of all zones if none is named, off from the API server. Their
// pods keep running. Instances that are launched there do not join meanwhile.
func (w *World) CutOff(zones ...string) {
	w.tell("nodes are cut off from the API server: %s", whichZones(zones))
	w.observer.podsRemovedByOthers = true
	for z, name := range w.config.Zones {
		w.cluster.cutOff[z] = w.cluster.cutOff[z] || isNamed(zones, name)
	}
	for _, n := range w.cluster.nodes {
		if w.cluster.cutOff[n.zone] {
			w.cluster.silence(n)
		}
	}
}

// Reconnect ends what CutOff began in zones, or in all if none is named. Kubelets that were silent
// for themselves report again, too.
func (w *World) Reconnect(zones ...string) {
	w.tell("nodes reach the API server again: %s", whichZones(zones))
	for z, name := range w.config.Zones {
		w.cluster.cutOff[z] = w.cluster.cutOff[z] && !isNamed(zones, name)
	}
	for _, n := range w.cluster.nodes {
		if !w.cluster.cutOff[n.zone] {
			w.cluster.hear(n)
		}
	}
	joining := w.cluster.unjoined
	w.cluster.unjoined = nil
	for _, join := range joining {
		join()
	}
}

func isNamed(zones []string, zone string) bool {
	return len(zones) == 0 || slices.Contains(zones, zone)
}

func whichZones(zones []string) string {
	if len(zones) == 0 {
		return "all"
	}
	return strings.Join(zones, ", ")
}
