package upgrade

import (
	"context"
	"strings"
)

// WarmPool is the warm pool of a group: instances in reserve that are no members. They have been booted
// and are stopped, hibernated or running. Auto Scaling takes them from there before it launches others,
// whichever template version they are of, and fills the pool up with the group's present version.
type WarmPool struct {
	// Instances have lifecycle states that begin with Warmed.
	Instances []Instance
	// Reuse: a node that a scale in removes may return to the pool instead of being terminated.
	Reuse bool
}

// warmed begins the lifecycle states of instances in a warm pool.
const warmed = "Warmed:"

// InWarmPool reports whether an instance in this state is in its group's warm pool.
func (l Lifecycle) InWarmPool() bool { return strings.HasPrefix(string(l), warmed) }

// IsStopped reports whether nothing runs on an instance in this state, as its warm pool has stopped or
// hibernated it.
func (l Lifecycle) IsStopped() bool { return l == warmed+"Stopped" || l == warmed+"Hibernated" }

// InWarmPool returns the instances in the group's warm pool that are not terminating.
func (g Group) InWarmPool() []Instance {
	if g.WarmPool == nil {
		return nil
	}
	var there []Instance
	for _, i := range g.WarmPool.Instances {
		if !i.Lifecycle.IsTerminating() {
			there = append(there, i)
		}
	}
	return there
}

// WarmPools is what an upgrade needs from warm pools.
type WarmPools interface {
	// TerminateWarm terminates instances of the group's warm pool. One that is not in the pool any more
	// is left alone: it may have gone into service. Auto Scaling launches others in their place.
	TerminateWarm(ctx context.Context, group string, instances []string) error
}
