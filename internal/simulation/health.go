package simulation

import (
	"context"
	"slices"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// workloads is what an engine sees of workloads.
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

// health counts the Ready pods of a workload and lists the others.
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

// title names a workload as the engine does.
func (l *workload) title() string { return string(l.Kind) + " " + l.Namespace + "/" + l.Name }

// isActive reports whether a pod is not being deleted, finished or gone.
func (p *pod) isActive() bool { return p.Deleting.IsZero() && !p.Finished && !p.gone }

// keepsPodsUnready reports whether pods on a node never become Ready.
func (c *cluster) keepsPodsUnready(n *node) bool {
	return n.instance != nil && c.w.image(n.instance.Image).KeepsPodsUnready
}

// PausedForHealth reports whether the update has paused for bad health.
func (w *World) PausedForHealth() bool { return w.records.run.now.PausedForHealth() }

// AcceptHealth resumes an update that a person or bad health has paused. The present
// health is accepted.
func (w *World) AcceptHealth() {
	w.tell("somebody resumes the update and accepts the present health")
	w.records.update.PauseRequested, w.observer.resumedAt = false, w.now
	w.records.update.AcceptedHealthPauses = w.records.run.now.HealthPauses
}

// RepairImage repairs an image: pods that run on its nodes become Ready.
func (w *World) RepairImage(image string) {
	w.tell("somebody repairs %s: pods on its nodes become Ready", image)
	for i := range w.config.Images {
		if w.config.Images[i].ID == image {
			w.config.Images[i].KeepsPodsUnready = false
		}
	}
	for _, n := range w.cluster.nodes {
		for _, p := range n.pods {
			if n.instance != nil && n.instance.Image == image && p.isActive() && !p.Pending && !n.kubeletStopped() {
				w.cluster.change(p, func() { p.Ready = !p.workload.NeverReady })
			}
		}
	}
}

// MakePodsUnready makes the pods of a workload not Ready, for good.
func (w *World) MakePodsUnready(workload string) {
	w.tell("the pods of %s are no longer Ready", workload)
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

// SilenceNewNode stops the kubelet of the first usable node that is up to date. It
// returns false if there is none.
func (w *World) SilenceNewNode() bool {
	for _, i := range w.cloud.members() {
		if i.node != nil && !w.observer.outdated(i) && w.observer.isUsable(i.node) {
			w.SilenceKubelet(i.node.Name)
			return true
		}
	}
	return false
}

// TerminateSilentNodes terminates the up to date instances whose kubelets are silent.
func (w *World) TerminateSilentNodes() {
	for _, i := range w.cloud.members() {
		if i.node != nil && i.node.kubeletStopped() && !w.observer.outdated(i) {
			w.Reclaim(i.ID)
		}
	}
}
