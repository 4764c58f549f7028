package simulation

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

const autoscalerName = "cluster-autoscaler"

// autoscaler is Cluster Autoscaler: its Deployment, and what it does while that runs. Its rules are those
// of Cluster Autoscaler 1.36 for AWS (cloudprovider/aws/auto_scaling_groups.go and aws_manager.go): it
// reads the group at its start and then once a minute, counts what it has done itself, and sends absolute
// sizes computed from that.
type autoscaler struct {
	c              *cluster
	workload       *workload // its pods, nil if the world has none
	replicas       int
	replicasBefore int // the replicas before the first holder suspended it
	holders        []string

	known  upgrade.Size // the sizes of the group as it believes they are
	readAt time.Time    // when it last read them, zero before and while it does not run
}

func newAutoscaler(c *cluster) autoscaler {
	s := autoscaler{c: c, replicas: c.w.config.Autoscaler.Replicas, known: c.w.cloud.size, readAt: c.w.now}
	for _, load := range c.workloads {
		if load.Name == autoscalerName && s.replicas > 0 {
			load.Replicas = s.replicas
			s.workload = load
		}
	}
	if c.w.config.Autoscaler.Unneeded > 0 || c.w.config.Autoscaler.Grows {
		c.w.after(scanInterval, func() { c.autoscaler.scan() })
	}
	return s
}

const (
	scanInterval = 10 * time.Second
	cacheFor     = time.Minute     // refreshInterval
	deleteDelay  = 5 * time.Second // --node-delete-delay-after-taint
	// toBeDeleted is its taint on a node that it removes. The value is when it was set.
	toBeDeleted = "ToBeDeletedByClusterAutoscaler=1790000000:NoSchedule"
)

// scan is one loop of it: it reads the group if it has not for a minute, and then grows the group or
// removes nodes.
func (s *autoscaler) scan() {
	s.c.w.after(scanInterval, s.scan)
	if !s.running() {
		s.readAt = time.Time{}
		for _, n := range s.c.nodes {
			n.emptySince = time.Time{}
		}
		return
	}
	if s.readAt.IsZero() { // it starts: what was under way before is forgotten
		for _, n := range s.c.nodes {
			untaint(n)
		}
	}
	if s.c.w.now.Sub(s.readAt) >= cacheFor {
		s.known, s.readAt = s.c.w.cloud.size, s.c.w.now
	}
	if !s.grow() {
		s.shrink()
	}
}

func untaint(n *node) {
	n.Taints = slices.DeleteFunc(slices.Clone(n.Taints), func(t string) bool { return t == toBeDeleted })
}

// grow asks for one more node if a pod has no room and no node is on its way.
func (s *autoscaler) grow() bool {
	ready := 0
	for _, n := range s.c.nodes {
		if n.instance != nil && !n.instance.Lifecycle.InWarmPool() && n.Ready {
			ready++
		}
	}
	upcoming := s.known.Desired - ready
	if !s.c.w.config.Autoscaler.Grows || upcoming > 0 || s.known.Desired >= s.known.Max || !slices.ContainsFunc(s.c.pending, lacksRoom) {
		return false
	}
	s.known.Desired++
	s.setDesired(s.known.Desired)
	return true
}

// lacksRoom reports whether a pod is pending though another node would have room for it.
func lacksRoom(p *pod) bool { return p.unschedulable && p.volume == nil && !p.gone }

// setDesired is SetDesiredCapacity.
func (s *autoscaler) setDesired(desired int) {
	group := s.c.w.cloud
	before := group.size
	s.c.w.tell("Cluster Autoscaler sets the desired size: %d -> %d", before.Desired, desired)
	if err := group.resize(upgrade.Size{Max: before.Max, Desired: desired}); err != nil {
		s.c.w.tell("Auto Scaling refuses: %v", err)
		return
	}
	s.c.w.observer.sizesChanged(before, group.size)
}

// shrink removes the nodes that have been empty for long enough. What it removes is tainted first.
func (s *autoscaler) shrink() {
	unneeded := s.c.w.config.Autoscaler.Unneeded
	if unneeded == 0 {
		return
	}
	for _, n := range s.c.nodes {
		mayRemove := n.instance != nil && !n.instance.isTerminating() && !n.instance.Lifecycle.InWarmPool() && !n.Has(upgrade.MarkScaleDownDisabled)
		if !mayRemove || !n.isEmpty() {
			n.emptySince = time.Time{}
			continue
		}
		n.emptySince = cmp.Or(n.emptySince, s.c.w.now)
		if s.c.w.now.Sub(n.emptySince) >= unneeded && s.known.Desired > s.c.w.cloud.min && !slices.Contains(n.Taints, toBeDeleted) {
			n.Taints = append(slices.Clone(n.Taints), toBeDeleted)
			s.c.w.after(deleteDelay, func() { s.remove(n) })
		}
	}
}

// remove is TerminateInstanceInAutoScalingGroup, which lowers the desired size, too. If it cannot remove the
// node, it takes the taint off again.
func (s *autoscaler) remove(n *node) {
	group := s.c.w.cloud
	switch {
	case !s.running() || n.gone || n.lost || n.instance.isTerminating():
		return
	case group.size.Desired <= group.min || s.known.Desired <= group.min:
		untaint(n)
		return
	}
	s.c.w.tell("Cluster Autoscaler removes the empty node %s", n.Name)
	before := group.size
	group.keepPrevious()
	s.known.Desired--
	group.size.Desired--
	s.c.w.observer.autoscalerRemoves(n, before, group.size)
	group.terminate(n.instance)
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
			return nil, nil
		}
		return upgrade.AutoscalerState{{
			Name: "kube-system/" + autoscalerName, Replicas: s.replicas, SuspendedBy: slices.Clone(s.holders), Before: s.before(),
		}}, nil
	})
}

// before is the replicas that it had when it was suspended.
func (s *autoscaler) before() int {
	if len(s.holders) == 0 {
		return 0
	}
	return s.replicasBefore
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
