package simulation

import (
	"context"
	"errors"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// pods is what an engine sees of pods.
type pods struct{ w *World }

func (a pods) Occupancy(ctx context.Context, names []string) (upgrade.Occupancy, error) {
	return read(ctx, a.w, "Pods.Occupancy", func() (upgrade.Occupancy, error) {
		return a.w.cluster.occupancy(names...), nil
	})
}

func (a pods) OccupancyNow(ctx context.Context, names []string) (upgrade.Occupancy, error) {
	return read(ctx, a.w, "Pods.OccupancyNow", func() (upgrade.Occupancy, error) {
		return a.w.cluster.occupancy(names...), nil
	})
}

// occupancy returns the pods that are bound to nodes of these names, which need not exist.
func (c *cluster) occupancy(names ...string) upgrade.Occupancy {
	seen := upgrade.Occupancy{
		Pods:    make(map[string][]upgrade.Pod, len(names)),
		Volumes: map[string][]upgrade.Volume{}, Budgets: map[string]upgrade.Budget{},
	}
	for _, name := range names {
		n := c.byName[name]
		if n == nil {
			continue
		}
		if list := n.listPods(); len(list) > 0 {
			seen.Pods[name] = list
		}
		if n.lost {
			n.noteSeen()
		}
		for _, v := range n.volumes {
			seen.Volumes[name] = append(seen.Volumes[name], v.Volume)
		}
	}
	for _, load := range c.workloads {
		for _, b := range load.budgets {
			seen.Budgets[b.id] = b.Budget
		}
	}
	return seen
}

func (a pods) Unschedulable(ctx context.Context) ([]upgrade.Pod, error) {
	return read(ctx, a.w, "Pods.Unschedulable", func() ([]upgrade.Pod, error) {
		var found []upgrade.Pod
		for _, p := range a.w.cluster.pending {
			if !p.gone && p.unschedulable {
				found = append(found, p.Pod)
				found[len(found)-1].Unschedulable = a.w.cluster.whyUnschedulable(p)
			}
		}
		return found, nil
	})
}

// listPods lists the node's pods as the API does. It returns the same list as long as
// none of them changes, as a watch does.
func (n *node) listPods() []upgrade.Pod {
	if n.podList == nil {
		n.podList = make([]upgrade.Pod, len(n.pods))
		for i, p := range n.pods {
			n.podList[i] = p.Pod
		}
	}
	return n.podList
}

// Evict makes one call for each pod, so that the process can die between two of them.
func (a pods) Evict(ctx context.Context, asked []upgrade.Pod) []upgrade.Answer {
	answers := make([]upgrade.Answer, len(asked))
	for i, p := range asked {
		answer, err := callWithAnswer(ctx, a.w, "Pods.Evict", func() (upgrade.Answer, error) {
			a.w.observer.checkEviction(p)
			return a.w.cluster.evict(p), nil
		})
		if err != nil {
			answer = upgrade.Answer{Outcome: upgrade.Unknown, Message: err.Error()}
		}
		answers[i] = answer
	}
	return answers
}

func (a pods) Delete(ctx context.Context, asked upgrade.Pod) error {
	return a.w.call(ctx, "Pods.Delete", func() error {
		p := a.w.cluster.pods[asked.ID()]
		switch {
		case p == nil:
			return nil
		case p.UID != asked.UID:
			return errors.New("delete pod " + asked.ID() + ": another pod has its name now")
		}
		a.w.observer.checkDelete(p)
		a.w.tally.Deleted++
		a.w.cluster.deletePod(p)
		return nil
	})
}
