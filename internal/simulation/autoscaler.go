package simulation

import (
	"context"
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

const autoscalerName = "cluster-autoscaler"

// scaler is Cluster Autoscaler: its Deployment, and what it does while that
// runs. It removes empty nodes; people raise the size here.
type scaler struct {
	c        *cluster
	load     *workload // its pods, nil if the world does not show them
	replicas int
	original int // before the first holder
	holders  []string
}

func newScaler(c *cluster) scaler {
	s := scaler{c: c, replicas: c.w.config.Autoscaler.Replicas}
	for _, load := range c.loads {
		if load.Name == autoscalerName && s.replicas > 0 {
			load.Replicas = s.replicas
			s.load = load
		}
	}
	if c.w.config.Autoscaler.Unneeded > 0 {
		c.w.after(scanInterval, func() { c.scaler.scan() })
	}
	return s
}

const scanInterval = 10 * time.Second

// scan removes a node that has been empty for long enough.
func (s *scaler) scan() {
	s.c.w.after(scanInterval, s.scan)
	running := s.running()
	for _, n := range s.c.nodes {
		if !running || n.instance == nil || !n.empty() || n.Has(upgrade.MarkScaleDownDisabled) || !n.instance.going.IsZero() {
			n.unneeded = time.Time{}
			continue
		}
		n.unneeded = orElse(n.unneeded, s.c.w.now)
		if s.c.w.now.Sub(n.unneeded) >= s.c.w.config.Autoscaler.Unneeded {
			s.remove(n)
		}
	}
}

func (s *scaler) remove(n *node) {
	group := s.c.w.cloud
	if group.size.Desired > group.min {
		s.c.w.tell("Cluster Autoscaler removes the empty node %s", n.Name)
		before := group.size
		group.size.Desired--
		s.c.w.observer.strange(before, group.size)
		s.c.w.observer.disturbed = true // with a hook, pods still go there
		group.terminate(n.instance)
	}
}

func (s *scaler) running() bool {
	return s.replicas > 0 && (s.load == nil || slices.ContainsFunc(s.c.podsOf(s.load), (*pod).healthy))
}

// empty reports whether no pod has to move.
func (n *node) empty() bool { return !slices.ContainsFunc(n.pods, (*pod).mustMove) }

// scale sets the replicas and lets pods go or come.
func (s *scaler) scale(replicas int) {
	s.replicas = replicas
	if s.load == nil {
		return
	}
	s.load.Replicas = replicas
	for _, p := range s.c.podsOf(s.load)[min(replicas, s.load.pods):] {
		s.c.end(p)
	}
	for s.load.pods < replicas {
		s.c.create(s.load, 0)
	}
}

// podsOf lists a workload's pods that nobody has deleted.
func (c *cluster) podsOf(load *workload) []*pod {
	mine := func(p *pod) bool { return p.load == load && p.Deleting.IsZero() && !p.gone }
	var found []*pod
	for _, p := range c.pending {
		if mine(p) {
			found = append(found, p)
		}
	}
	for _, n := range c.nodes {
		for _, p := range n.pods {
			if mine(p) {
				found = append(found, p)
			}
		}
	}
	return found
}

// scalers is the engine's side of Cluster Autoscaler.
type scalers struct{ w *World }

func (a scalers) State(ctx context.Context) (upgrade.AutoscalerState, error) {
	return read(ctx, a.w, "Autoscaler.State", func() (upgrade.AutoscalerState, error) {
		s := &a.w.cluster.scaler
		if a.w.config.Autoscaler.Replicas == 0 {
			return upgrade.AutoscalerState{}, nil
		}
		return upgrade.AutoscalerState{Name: "kube-system/" + autoscalerName, Replicas: s.replicas, SuspendedBy: slices.Clone(s.holders)}, nil
	})
}

func (a scalers) Suspend(ctx context.Context, holder string) error {
	return a.w.call(ctx, "Autoscaler.Suspend", func() error {
		s := &a.w.cluster.scaler
		if len(s.holders) == 0 {
			s.original = s.replicas
		}
		if !slices.Contains(s.holders, holder) {
			s.holders = append(s.holders, holder)
		}
		s.scale(0)
		return nil
	})
}

func (a scalers) Resume(ctx context.Context, holder string) error {
	return a.w.call(ctx, "Autoscaler.Resume", func() error {
		s := &a.w.cluster.scaler
		if !slices.Contains(s.holders, holder) {
			return nil
		}
		s.holders = slices.DeleteFunc(s.holders, func(h string) bool { return h == holder })
		if len(s.holders) == 0 {
			s.scale(s.original)
		}
		return nil
	})
}
