package simulation

import (
	"context"
	"slices"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// workloads is the engine's side of workloads.
type workloads struct{ w *World }

func (a workloads) On(ctx context.Context, names []string) ([]string, error) {
	return read(ctx, a.w, "Workloads.On", func() ([]string, error) {
		var found []string
		for _, name := range names {
			n, ok := a.w.cluster.lookup(name)
			if !ok {
				continue
			}
			for _, p := range n.pods {
				if p.workload.Kind != Bare && p.isActive() {
					found = append(found, p.workload.title())
				}
			}
		}
		slices.Sort(found)
		return slices.Compact(found), nil
	})
}

func (a workloads) Health(ctx context.Context, names []string) (map[string]upgrade.WorkloadHealth, error) {
	return read(ctx, a.w, "Workloads.Health", func() (map[string]upgrade.WorkloadHealth, error) {
		found := map[string]upgrade.WorkloadHealth{}
		for _, load := range a.w.cluster.workloads {
			if slices.Contains(names, load.title()) {
				found[load.title()] = a.w.cluster.health(load)
			}
		}
		return found, nil
	})
}

// health is how a workload's pods are.
func (c *cluster) health(load *workload) upgrade.WorkloadHealth {
	var h upgrade.WorkloadHealth
	for _, p := range c.podsOf(load) {
		switch {
		case !p.isActive():
		case p.Ready:
			h.Ready++
		default:
			h.Unready = append(h.Unready, upgrade.UnreadyPod{Name: p.ID(), Node: p.Node, Since: latest(p.Created, p.lastReady)})
		}
	}
	return h
}

// title is what people call a workload.
func (l *workload) title() string { return string(l.Kind) + " " + l.Namespace + "/" + l.Name }

// isActive reports whether a pod is there to stay.
func (p *pod) isActive() bool { return p.Deleting.IsZero() && !p.Finished && !p.gone }

// keepsPodsUnready reports whether pods do not become Ready on a node.
func (c *cluster) keepsPodsUnready(n *node) bool {
	return n.instance != nil && c.w.image(n.instance.Image).KeepsPodsUnready
}

// PausedForHealth reports whether the update stands still by itself.
func (w *World) PausedForHealth() bool { return w.records.run.now.PausedForHealth() }

// AcceptHealth lets an update go on that has stopped by itself.
func (w *World) AcceptHealth() {
	w.tell("somebody lets the update go on")
	w.records.update.PauseRequested, w.observer.resumedAt = false, w.now
	w.records.update.AcceptedHealthPauses = w.records.run.now.HealthPauses
}

// RepairImage makes an image good: pods that run on its nodes become Ready.
func (w *World) RepairImage(image string) {
	w.tell("what was wrong with %s is mended", image)
	for i := range w.config.Images {
		if w.config.Images[i].ID == image {
			w.config.Images[i].KeepsPodsUnready = false
		}
	}
	for _, n := range w.cluster.nodes {
		for _, p := range n.pods {
			if n.instance != nil && n.instance.Image == image && p.isActive() && !p.Pending && n.silentSince.IsZero() {
				w.cluster.change(p, func() { p.Ready = !p.workload.NeverReady })
			}
		}
	}
}

// MakePodsUnready lets the pods of a workload that are Ready stop to be so, for good.
func (w *World) MakePodsUnready(workload string) {
	w.tell("the pods of %s are not Ready any more", workload)
	w.observer.podsRemovedByOthers = true
	for _, load := range w.cluster.workloads {
		if load.Name != workload {
			continue
		}
		load.NeverReady = true
		for _, p := range w.cluster.podsOf(load) {
			w.cluster.change(p, func() { p.Ready = false })
		}
	}
}

// SilenceNewNode stops the kubelet of the first new node that is usable, if there is one.
func (w *World) SilenceNewNode() bool {
	for _, i := range w.cloud.members() {
		if i.node != nil && !w.observer.outdated(i) && w.observer.isUsable(i.node) {
			w.SilenceKubelet(i.node.Name)
			return true
		}
	}
	return false
}

// TerminateSilentNodes lets a person end the new instances whose kubelets are silent.
func (w *World) TerminateSilentNodes() {
	for _, i := range w.cloud.members() {
		if i.node != nil && !i.node.silentSince.IsZero() && !w.observer.outdated(i) {
			w.Reclaim(i.ID)
		}
	}
}
