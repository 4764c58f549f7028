package simulation

import (
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Checks of promises 1, 3 and 4: what is done to nodes and their pods.

// checkEviction is called before a pod is evicted.
func (o *observer) checkEviction(asked upgrade.Pod) {
	o.noteAsked(asked)
	p := o.w.cluster.pods[asked.ID()]
	switch {
	case p == nil || p.UID != asked.UID || p.node == nil || p.gone:
		return // the pod is gone already
	case p.Stays:
		o.violated(4, "%s is evicted, though it stays with its node", p.ID())
	case p.node.instance == nil:
		o.violated(3, "%s is evicted from %s, which is not of the group", p.ID(), p.node.Name)
	default:
		o.checkEmptying(p.node.instance, "evicting pods from")
	}
}

// checkDelete is called before a pod is deleted past every budget.
func (o *observer) checkDelete(p *pod) {
	if p.node == nil {
		return
	}
	if !o.mayForce(p.node) {
		o.violated(1, "%s is deleted on %s without force or before the drain limit", p.ID(), p.node.Name)
	}
}

// mayForce reports whether pods of a node may be deleted by force: the policy allows it
// and the drain limit is over.
func (o *observer) mayForce(n *node) bool {
	policy := o.w.records.update.Policy
	f := o.flights[n.instance]
	return policy.Force && f != nil && o.timeAwake()-f.timeAwakeAtStart >= policy.DrainTimeout
}

// checkTermination is called before an instance is terminated. It is nil if the instance
// is gone already.
func (o *observer) checkTermination(i *instance, shrink bool) {
	switch {
	case i == nil:
	case i.isTerminating():
		if o.lastDescribed.After(i.terminatingSince) && shrink && o.w.lag == 0 {
			o.violated(6, "%s was seen terminating and is terminated again, with a lower desired size", i.ID)
		}
	case !i.Launched.Before(o.remadeAt) && o.began.Before(o.remadeAt):
		o.violated(3, "%s is terminated, an instance of a group that was made after the update began", i.ID)
	default:
		o.sizesMayBeHidden()
		o.checkEmptying(i, "terminating")
		o.checkEmpty(i)
	}
}

// checkEmpty checks that a node is empty when its instance is terminated.
func (o *observer) checkEmpty(i *instance) {
	if i.node == nil || o.mayForce(i.node) {
		return
	}
	for _, p := range o.running(i.node) {
		o.violated(4, "%s is terminated while %s runs %s", i.ID, i.node.Name, p.ID())
	}
	for _, v := range i.node.volumes {
		if !i.node.kubeletStopped() && v.user != nil {
			o.violated(4, "%s is terminated while volume %s is attached", i.ID, v.Name)
		}
	}
}

// running lists the pods that have to move from a node and really run there, whatever the API lists:
// the containers of a pod whose object was deleted at once end some time later.
func (o *observer) running(n *node) []*pod {
	var running []*pod
	for _, p := range n.pods {
		if p.mustMove() && !o.isUnfinishable(p) && !(n.lost && p.stopped) {
			running = append(running, p)
		}
	}
	for _, p := range n.unlisted {
		known := n.seen && (p.seenLost || p.Grace <= time.Minute) // an engine can know of it and of its grace period
		if p.mustMove() && known && !o.isDead(n) {
			running = append(running, p)
		}
	}
	return running
}

// isUnfinishable reports whether the end of a pod will never be reported, because its
// kubelet has been silent for too long.
func (o *observer) isUnfinishable(p *pod) bool {
	return o.isDead(p.node) && p.isOverdue(o.w.now)
}

// isDead reports whether the kubelet of a node has been silent for five minutes.
func (o *observer) isDead(n *node) bool {
	return n.kubeletStopped() && o.w.now.Sub(n.silentSince) >= 5*time.Minute
}

// checkMarks is called before marks are set.
func (o *observer) checkMarks(n *node, marks []upgrade.Mark) {
	if slices.Equal(marks, []upgrade.Mark{upgrade.MarkScaleDownDisabled}) {
		return
	}
	switch {
	case o.isPausedForHealth():
		o.violated(3, "%s is marked %v, though the update is paused for bad health", n.Name, marks)
	case n.instance == nil:
		o.violated(3, "%s is marked %v, though it is not of the group", n.Name, marks)
	case slices.Contains(marks, upgrade.MarkCordon) || o.flights[n.instance] != nil:
		o.checkEmptying(n.instance, "marking")
	case n.instance.isTerminating():
	case !o.outdated(n.instance) && !o.mayRemoveUpToDate():
		o.violated(3, "%s is marked %v, though it is up to date", n.Name, marks)
	}
}

// checkLabel is called before a node's image label is written.
func (o *observer) checkLabel(n *node, image string) {
	if n.instance == nil || n.instance.Image != image {
		o.violated(3, "%s is labelled with image %s, which it does not run", n.Name, image)
	}
}
