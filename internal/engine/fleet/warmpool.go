package fleet

import (
	"slices"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// The instances of the warm pool are no members: they are neither counted nor drained. But Auto Scaling
// puts them into service, so those that are outdated have to go.

// OutdatedInPool returns the instances of the warm pool that are not of the target.
func (f *Fleet) OutdatedInPool() []upgrade.Instance {
	r := f.target()
	if r == nil || f.IsScaling() {
		return nil
	}
	return slices.DeleteFunc(f.Group.InWarmPool(), func(i upgrade.Instance) bool { return !differs(i, r) })
}

// TargetInPool returns the instances of the warm pool that are of the target, and are not what the group
// launches any more: its launch template was restored.
func (f *Fleet) TargetInPool() []upgrade.Instance {
	r, v := f.Run.Resolved, f.Run.Verdict
	switch {
	case r == nil || v == nil || !v.RestoreTemplate || f.Group.Template.Is(r.Template):
		return nil
	case !r.ByTemplate && r.Image.ID == r.Before.Image:
		return nil
	}
	return slices.DeleteFunc(f.Group.InWarmPool(), func(i upgrade.Instance) bool { return i.Image == "" || differs(i, r) })
}

// ReturningToPool returns those of the members that are terminating and may return to the warm pool.
func (f *Fleet) ReturningToPool(those func(*Member) bool) []upgrade.Instance {
	if f.Group.WarmPool == nil || !f.Group.WarmPool.Reuse {
		return nil
	}
	var returning []upgrade.Instance
	for i := range f.Members {
		if m := &f.Members[i]; m.Lifecycle.IsTerminating() && those(m) {
			returning = append(returning, m.Instance)
		}
	}
	return returning
}

// WarmNode is the name of the node of an instance in the warm pool, "" if pods cannot run there: it has
// joined no cluster, or it is stopped.
func (f *Fleet) WarmNode(i upgrade.Instance) string {
	n := slices.IndexFunc(f.Nodes, func(n upgrade.Node) bool { return n.Instance() == i.ID })
	if n < 0 || i.Lifecycle.IsStopped() {
		return ""
	}
	return f.Nodes[n].Name
}

// isWarm reports whether a node is that of an instance in the warm pool.
func (f *Fleet) isWarm(n *upgrade.Node) bool {
	return slices.ContainsFunc(f.Group.InWarmPool(), func(i upgrade.Instance) bool { return i.ID == n.Instance() })
}

// isOfBefore reports whether a node shows how it was before its instance was started from the warm pool:
// its kubelet has not reported since. EC2 sets the launch time again at each start.
func (f *Fleet) isOfBefore(m *Member) bool {
	return !m.Node.Heartbeat.IsZero() && m.Node.Heartbeat.Before(m.Launched)
}
