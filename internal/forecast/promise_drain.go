package forecast

import (
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Promises 1 to 4, about nodes in flight.

// evicting is called before a pod is evicted.
func (o *observer) evicting(asked upgrade.Pod) {
	p := o.w.cluster.pods[asked.ID()]
	switch {
	case p == nil || p.UID != asked.UID || p.node == nil || p.gone:
		return // what is gone cannot be harmed
	case p.Stays:
		o.breaks(4, "%s stays with its node and is evicted", p.ID())
	case p.node.instance == nil:
		o.breaks(3, "%s is evicted from %s, which is not of the group", p.ID(), p.node.Name)
	default:
		o.flies(p.node.instance, "evicted from")
	}
}

// deleting is called before a pod is deleted past every budget.
func (o *observer) deleting(p *pod) {
	if p.node == nil {
		return
	}
	if !o.forced(p.node) {
		o.breaks(1, "%s is deleted on %s without force or before the drain limit", p.ID(), p.node.Name)
	}
}

// noted is called when the run is saved: the time of a drain begins when it is
// written down, which is before anything is done.
func (o *observer) noted(run upgrade.Run) {
	begun := make(map[*instance]time.Duration, len(run.Drains))
	for _, d := range run.Drains {
		i := o.w.cloud.find(d.Instance)
		since, known := o.begun[i]
		if !known {
			since = o.awake()
		}
		begun[i] = since
	}
	o.begun = begun
}

// forced reports whether the drain limit of a node is over and may be passed.
func (o *observer) forced(n *node) bool {
	policy := o.w.records.update.Policy
	since, known := o.begun[n.instance]
	return policy.Force && known && o.awake()-since >= policy.DrainTimeout
}

// flies is called when something is done to empty a node; the first time is the
// start of a drain.
func (o *observer) flies(i *instance, what string) {
	settled := o.settled()
	if o.flights[i] || !i.going.IsZero() {
		return
	}
	if (settled || !o.outdated(i)) && !o.restores() {
		o.breaks(3, "%s is %s, but it is up to date or its place is not to be given back", i.ID, what)
	}
	if stay, need := o.usables(i), min(o.least.Desired, o.usable); stay < need {
		o.breaks(2, "a drain of %s begins and leaves %d usable nodes of %d", i.ID, stay, need)
	}
	o.flights[i] = true
	if n := o.inFlight(); n > o.atOnce() {
		o.breaks(2, "%d nodes are in flight, at most %d may be", n, o.atOnce())
	}
}

// usables counts the usable nodes that stay, without those in flight and
// without one that is about to go.
func (o *observer) usables(without *instance) int {
	count := 0
	for _, n := range o.w.cluster.nodes {
		if n.instance != nil && n.instance != without && !o.flights[n.instance] && o.serves(n) {
			count++
		}
	}
	return count
}

// serves reports whether a node is usable. What is unusual about a node is a
// taint that the world's nodes don't begin with.
func (o *observer) serves(n *node) bool {
	settled := o.w.now.Sub(n.ReadySince) >= o.w.records.update.Policy.MinReady
	plain := len(n.Taints) == len(o.w.config.Taints) && !n.Has(upgrade.MarkCordon)
	return n.Ready && settled && plain && n.instance.going.IsZero()
}

// inFlight counts the nodes in flight and forgets those that are going.
func (o *observer) inFlight() int {
	for i := range o.flights {
		if !i.going.IsZero() {
			delete(o.flights, i)
		}
	}
	return len(o.flights)
}

// terminating is called before an instance is terminated; nil is one that is
// gone already.
func (o *observer) terminating(i *instance, shrink bool) {
	switch {
	case i == nil:
	case !i.going.IsZero():
		if o.lastSeen.After(i.going) && shrink {
			o.breaks(6, "%s was seen going and is terminated again with its place", i.ID)
		}
	default:
		o.flies(i, "terminated")
		o.leaves(i)
	}
}

// leaves holds a node that goes against promise 4.
func (o *observer) leaves(i *instance) {
	if i.node == nil || o.forced(i.node) {
		return
	}
	for _, p := range i.node.pods {
		if p.mustMove() && !o.abandoned(p) {
			o.breaks(4, "%s is terminated while %s runs %s", i.ID, i.node.Name, p.ID())
		}
	}
	for _, v := range i.node.volumes {
		if i.node.dead.IsZero() && v.user != nil {
			o.breaks(4, "%s is terminated while volume %s is attached", i.ID, v.Name)
		}
	}
}

// abandoned reports whether a pod's end is never going to be told, because its
// kubelet has been silent for too long.
func (o *observer) abandoned(p *pod) bool {
	dead := p.node.dead
	return !dead.IsZero() && o.w.now.Sub(dead) >= 5*time.Minute && p.late(o.w.now)
}

// marking is called before marks are set.
func (o *observer) marking(n *node, marks []upgrade.Mark) {
	if slices.Equal(marks, []upgrade.Mark{upgrade.MarkScaleDownDisabled}) {
		return
	}
	switch {
	case n.instance == nil:
		o.breaks(3, "%s is marked %v and not of the group", n.Name, marks)
	case !n.instance.going.IsZero():
	case slices.Contains(marks, upgrade.MarkCordon):
		o.flies(n.instance, "cordoned")
	case !o.outdated(n.instance) && !o.restores():
		o.breaks(3, "%s is up to date and marked %v", n.Name, marks)
	}
}

// labelling is called before a node's image label is written.
func (o *observer) labelling(n *node, image string) {
	if n.instance == nil || n.instance.Image != image {
		o.breaks(3, "%s is labelled with image %s, which it does not run", n.Name, image)
	}
}
