package simulation

import (
	"slices"
	"strings"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// What other people and tools do to the group and its nodes while an update works on them. Nothing of it
// is forbidden to them.

// After has something happen some time from now.
func (w *World) After(length time.Duration, what func(*World)) { w.after(length, func() { what(w) }) }

// RaiseMinimum has somebody set the minimum size of the group to its desired size.
func (w *World) RaiseMinimum() {
	w.cloud.keepPrevious()
	w.cloud.min = w.cloud.size.Desired
	w.tell("somebody sets the minimum size to %d", w.cloud.min)
	o := w.observer
	before := o.owner
	o.owner.Desired, o.largest.Desired = max(o.owner.Desired, w.cloud.min), max(o.largest.Desired, w.cloud.min)
	o.owner.Max, o.largest.Max = max(o.owner.Max, o.owner.Desired), max(o.largest.Max, o.owner.Desired)
	o.sizesUncertain, o.sizesChangedAt = o.sizesUncertain || o.owner != before, w.now
}

// Protect has somebody protect all instances of the group from scale in.
func (w *World) Protect() {
	w.tell("somebody protects all instances from scale in")
	w.cloud.keepPrevious()
	for _, i := range w.cloud.instances {
		i.Protected = true
	}
}

// SuspendProcess has somebody suspend a scaling process of the group, and later resume it.
func (w *World) SuspendProcess(process string, suspended bool) {
	if suspended == w.cloud.suspends(process) {
		return
	}
	w.tell("somebody sets the process %s: suspended %t", process, suspended)
	w.cloud.keepPrevious()
	w.cloud.setProcesses([]string{process}, suspended)
	if suspended {
		w.observer.before.Suspended = append(slices.Clone(w.observer.before.Suspended), process)
	} else {
		w.observer.before.Suspended = slices.DeleteFunc(slices.Clone(w.observer.before.Suspended), func(p string) bool { return p == process })
	}
	slices.Sort(w.observer.before.Suspended)
}

// MakeTemplateVersion has somebody make a version of the launch template from the newest one, and make it
// the default. What $Latest and $Default stand for changes with that.
func (w *World) MakeTemplateVersion() {
	t := &w.cloud.template
	made := t.versions[len(t.versions)-1]
	made.Number++
	t.versions = append(t.versions, made)
	t.defaultVersion = made.Number
	w.tell("somebody makes version %d of the launch template, which is the default now", made.Number)
}

// DeleteAutoscaler has somebody delete the Deployment of Cluster Autoscaler. With it go its annotations.
func (w *World) DeleteAutoscaler() {
	w.tell("somebody deletes %s", autoscalerName)
	w.cluster.autoscaler.holders, w.cluster.autoscaler.replicasBefore = nil, 0
	w.cluster.autoscaler.scale(0)
	w.config.Autoscaler.Replicas = 0
	w.observer.before.Autoscaler = w.State().Autoscaler
}

// foreignTaint is a taint of somebody else.
const foreignTaint = "example.com/maintenance=:NoSchedule"

// TaintNodes has somebody taint all nodes of the group that are not outdated, and take the taints off later.
func (w *World) TaintNodes(tainted bool) {
	w.tell("somebody else taints the new nodes: %t", tainted)
	w.observer.zonesChangedByOthers = true
	for _, n := range w.cluster.nodes {
		n.Taints = slices.DeleteFunc(slices.Clone(n.Taints), func(t string) bool { return strings.HasPrefix(t, foreignTaint) })
		if tainted && n.instance != nil && !w.observer.outdated(n.instance) {
			n.Taints, n.changedByOthersAt = append(n.Taints, foreignTaint), w.now
		}
	}
}

// CordonAll has somebody cordon all nodes of the group, or uncordon them.
func (w *World) CordonAll(cordoned bool) {
	for _, n := range slices.Clone(w.cluster.nodes) {
		if n.instance != nil && cordoned != n.Has(upgrade.MarkCordon) {
			w.Cordon(n.Name, cordoned)
		}
	}
}
