package simulation

import (
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Promises 1, 3 and 4, about what is done to nodes and their pods.

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

// forced reports whether the drain limit of a node is over and may be passed.
func (o *observer) forced(n *node) bool {
	policy := o.w.records.update.Policy
	f := o.flights[n.instance]
	return policy.Force && f != nil && o.awake()-f.awake >= policy.DrainTimeout
}

// terminating is called before an instance is terminated; nil is one that is
// gone already.
func (o *observer) terminating(i *instance, shrink bool) {
	switch {
	case i == nil:
	case !i.going.IsZero():
		if o.lastSeen.After(i.going) && shrink && o.w.lag == 0 {
			o.breaks(6, "%s was seen going and is terminated again with its place", i.ID)
		}
	default:
		o.hidden()
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
	case o.stopped():
		o.breaks(3, "%s is marked %v, though the update has stopped for bad health", n.Name, marks)
	case n.instance == nil:
		o.breaks(3, "%s is marked %v and not of the group", n.Name, marks)
	case slices.Contains(marks, upgrade.MarkCordon) || o.flights[n.instance] != nil:
		o.flies(n.instance, "marked")
	case !n.instance.going.IsZero():
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
