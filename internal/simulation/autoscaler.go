package simulation

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

const autoscalerName = "cluster-autoscaler"

// autoscaler is Cluster Autoscaler: its Deployment, and what it does while that
// runs. It only removes empty nodes; in this world people raise the size.
type autoscaler struct {
	c              *cluster
	workload       *workload // its pods, nil if the world has none
	replicas       int
	replicasBefore int // the replicas before the first holder suspended it
	holders        []string
}

func newAutoscaler(c *cluster) autoscaler {
	s := autoscaler{c: c, replicas: c.w.config.Autoscaler.Replicas}
	for _, load := range c.workloads {
		if load.Name == autoscalerName && s.replicas > 0 {
			load.Replicas = s.replicas
			s.workload = load
		}
	}
	if c.w.config.Autoscaler.Unneeded > 0 {
		c.w.after(scanInterval, func() { c.autoscaler.scan() })
	}
	return s
}

const scanInterval = 10 * time.Second

// scan removes a node that has been empty for long enough.
func (s *autoscaler) scan() {
	s.c.w.after(scanInterval, s.scan)
	running := s.running()
	for _, n := range s.c.nodes {
		mayRemove := n.instance != nil && !n.instance.isTerminating() && !n.instance.Lifecycle.InWarmPool() && !n.Has(upgrade.MarkScaleDownDisabled)
		if !running || !mayRemove || !n.isEmpty() {
			n.emptySince = time.Time{}
			continue
		}
		n.emptySince = cmp.Or(n.emptySince, s.c.w.now)
		if s.c.w.now.Sub(n.emptySince) >= s.c.w.config.Autoscaler.Unneeded {
			s.remove(n)
		}
	}
}

func (s *autoscaler) remove(n *node) {
	group := s.c.w.cloud
	if group.size.Desired > group.min {
		s.c.w.tell("Cluster Autoscaler removes the empty node %s", n.Name)
		before := group.size
		group.size.Desired--
		s.c.w.observer.sizesChanged(before, group.size)
		s.c.w.observer.podsRemovedByOthers = true // with a hook, pods still go there
		group.terminate(n.instance)
	}
}

func (s *autoscaler) running() bool {
	return s.replicas > 0 && (s.workload == nil || slices.ContainsFunc(s.c.podsOf(s.workload), (*pod).healthy))
}

// isEmpty reports whether no pod has to move.
func (n *node) isEmpty() bool { return !slices.ContainsFunc(n.pods, (*pod).mustMove) }

// scale sets the replicas and deletes or creates pods.
func (s *autoscaler) scale(replicas int) {
	s.replicas = replicas
	if s.workload == nil {
		return
	}
	s.workload.Replicas = replicas
	for _, p := range s.c.podsOf(s.workload)[min(replicas, s.workload.podCount):] {
		s.c.deletePod(p)
	}
	for s.workload.podCount < replicas {
		s.c.create(s.workload, 0)
	}
}

// podsOf lists a workload's pods that are not being deleted.
func (c *cluster) podsOf(load *workload) []*pod {
	mine := func(p *pod) bool { return p.workload == load && p.Deleting.IsZero() && !p.gone }
	var found []*pod
	for _, p := range c.pending {
		if mine(p) {
			found = append(found, p)
		}
	}
	for _, nodes := range [][]*node{c.nodes, c.lost} {
		for _, n := range nodes {
			for _, p := range n.pods {
				if mine(p) {
					found = append(found, p)
				}
			}
		}
	}
	return found
}

// autoscalers is what an engine sees of Cluster Autoscaler.
type autoscalers struct{ w *World }

func (a autoscalers) State(ctx context.Context) (upgrade.AutoscalerState, error) {
	return read(ctx, a.w, "Autoscaler.State", func() (upgrade.AutoscalerState, error) {
		s := &a.w.cluster.autoscaler
		if a.w.config.Autoscaler.Replicas == 0 {
			return upgrade.AutoscalerState{}, nil
		}
		return upgrade.AutoscalerState{
			Name: "kube-system/" + autoscalerName, Replicas: s.replicas, SuspendedBy: slices.Clone(s.holders),
		}, nil
	})
}

func (a autoscalers) Suspend(ctx context.Context, holder string) error {
	return a.w.call(ctx, "Autoscaler.Suspend", func() error {
		s := &a.w.cluster.autoscaler
		if len(s.holders) == 0 {
			s.replicasBefore = s.replicas
		}
		if !slices.Contains(s.holders, holder) {
			s.holders = append(s.holders, holder)
		}
		s.scale(0)
		return nil
	})
}

func (a autoscalers) Resume(ctx context.Context, holder string) error {
	return a.w.call(ctx, "Autoscaler.Resume", func() error {
		s := &a.w.cluster.autoscaler
		if !slices.Contains(s.holders, holder) {
			return nil
		}
		s.holders = slices.DeleteFunc(s.holders, func(h string) bool { return h == holder })
		if len(s.holders) == 0 {
			s.scale(s.replicasBefore)
		}
		return nil
	})
}
