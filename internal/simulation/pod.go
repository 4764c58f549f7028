package simulation

import (
	"fmt"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// pod is a pod of the cluster. Its upgrade.Pod is what the API shows.
type pod struct {
	upgrade.Pod
	workload      *workload
	ordinal       int
	node          *node // nil while it waits for one
	volume        *volume
	gone          bool
	unschedulable bool      // the scheduler has found no node for it
	seenLost      bool      // an engine has seen it while its node was lost
	stopped       bool      // its containers have ended, though its object may still be there
	lastReady     time.Time // when it was last Ready, zero if it never was
}

// create adds a pod that the scheduler has to place.
func (c *cluster) create(load *workload, ordinal int) *pod {
	p := c.newPod(load, ordinal)
	c.pending = append(c.pending, p)
	c.scheduleSoon()
	return p
}

func (c *cluster) newPod(load *workload, ordinal int) *pod {
	c.objectsMade++
	load.podCount++
	p := &pod{workload: load, ordinal: ordinal, Pod: upgrade.Pod{
		Namespace: load.Namespace, Name: load.podName(ordinal), UID: fmt.Sprintf("uid-%06d", c.objectsMade),
		Owner: load.owner, Created: c.w.now, Pending: true, Stays: load.Kind == DaemonSet,
		Grace: load.Grace, Finalizers: load.Finalizers, NamespaceTerminating: load.NamespaceTerminating,
		Tolerates: load.Tolerates, LocalData: load.LocalData, Keep: load.Keep,
	}}
	for _, b := range load.budgets {
		p.Budgets = append(p.Budgets, b.id)
	}
	if load.Volume || load.LocalVolume {
		p.volume = c.volumeOf(p)
		p.Claims = []string{p.volume.Claim}
	}
	c.pods[p.ID()] = p
	return p
}

// podName returns the name of a new pod. Pods of a StatefulSet are named by their
// ordinal; others have a new name each time.
func (l *workload) podName(ordinal int) string {
	switch l.Kind {
	case StatefulSet:
		return fmt.Sprintf("%s-%d", l.Name, ordinal)
	case Bare:
		if l.Replicas == 1 {
			return l.Name
		}
	}
	l.podsMade++
	return fmt.Sprintf("%s-%05d", l.Name, l.podsMade)
}

// healthy reports whether a budget counts the pod as healthy.
func (p *pod) healthy() bool { return p.Ready && p.Deleting.IsZero() && !p.Finished && !p.gone }

// placed reports whether the spread over zones counts the pod.
func (p *pod) placed() bool { return p.node != nil && p.Deleting.IsZero() && !p.Finished && !p.gone }

// change changes a pod and updates the counts of its budgets and its workload.
func (c *cluster) change(p *pod, how func()) {
	ready, healthy, placed, zone := p.Ready, p.healthy(), p.placed(), 0
	if placed {
		zone = p.node.zone
	}
	how()
	if p.node != nil {
		p.node.podList = nil
	}
	if ready && !p.Ready {
		p.lastReady = c.w.now
	}
	if is := p.healthy(); is != healthy {
		for _, b := range p.workload.budgets {
			b.count(is)
		}
	}
	switch is := p.placed(); {
	case is && !placed:
		p.workload.podsPerZone[p.node.zone]++
	case placed && !is:
		p.workload.podsPerZone[zone]--
	}
}

// mustMove reports whether the pod has to leave its node before that is terminated.
func (p *pod) mustMove() bool { return !p.Stays && !p.Finished }

// isOverdue reports whether the grace period of the pod ended more than a minute ago.
func (p *pod) isOverdue(now time.Time) bool {
	return !p.Deleting.IsZero() && now.After(p.Deleting.Add(time.Minute))
}
