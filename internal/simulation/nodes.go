package simulation

import (
	"context"
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// nodes is what an engine sees of nodes.
type nodes struct{ w *World }

func (a nodes) Nodes(ctx context.Context) ([]upgrade.Node, error) {
	return read(ctx, a.w, "Nodes.Nodes", func() ([]upgrade.Node, error) {
		var all []upgrade.Node
		beat := a.w.now.Truncate(10 * time.Second)
		for _, n := range a.w.cluster.nodes {
			n.seen = true
			node := n.Node
			node.Heartbeat = latest(beat, latest(n.Created, n.heardAt)) // a kubelet that starts reports at once
			node.Controller = slices.ContainsFunc(n.pods, func(p *pod) bool { return p.workload.Controller && p.placed() })
			if n.kubeletStopped() {
				node.Heartbeat = n.silentSince
			}
			all = append(all, node)
		}
		return all, nil
	})
}

func (a nodes) Joined(ctx context.Context, instances []string) (map[string]string, error) {
	return read(ctx, a.w, "Nodes.Joined", func() (map[string]string, error) {
		joined := map[string]string{}
		for _, n := range a.w.cluster.nodes {
			if n.instance != nil && slices.Contains(instances, n.instance.ID) {
				joined[n.instance.ID] = n.Name
			}
		}
		return joined, nil
	})
}

func (a nodes) Mark(ctx context.Context, name, holder string, marks []upgrade.Mark) error {
	return a.w.call(ctx, "Nodes.Mark", func() error {
		n, ok := a.w.cluster.lookup(name)
		if !ok {
			return nil
		}
		a.w.observer.checkMarks(n, marks)
		for _, m := range marks {
			if old := m.Replaces(); slices.Contains(n.Owned, old) {
				n.unmark(old)
			}
			if !n.Has(m) {
				n.Marks = append(slices.Clip(n.Marks), m)
				n.Owned, n.Owner = append(slices.Clip(n.Owned), m), holder
			}
		}
		return nil
	})
}

func (a nodes) Unmark(ctx context.Context, name string, marks []upgrade.Mark) error {
	return a.w.call(ctx, "Nodes.Unmark", func() error {
		n, ok := a.w.cluster.lookup(name)
		if !ok {
			return nil
		}
		for _, m := range marks {
			if slices.Contains(n.Owned, m) {
				n.unmark(m)
			}
		}
		a.w.cluster.scheduleSoon()
		return nil
	})
}

func (n *node) unmark(mark upgrade.Mark) {
	is := func(m upgrade.Mark) bool { return m == mark }
	n.Marks = slices.DeleteFunc(slices.Clone(n.Marks), is)
	n.Owned = slices.DeleteFunc(slices.Clone(n.Owned), is)
}

func (a nodes) LabelImage(ctx context.Context, name, image string) error {
	return a.w.call(ctx, "Nodes.LabelImage", func() error {
		if n, ok := a.w.cluster.lookup(name); ok {
			a.w.observer.checkLabel(n, image)
			n.Image = image
		}
		return nil
	})
}
