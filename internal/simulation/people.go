package simulation

import (
	"fmt"
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// What people and AWS do, at any time.

// At lets something happen at a time after the beginning.
func (w *World) At(offset time.Duration, what func(*World)) {
	w.after(w.story.began.Add(offset).Sub(w.now), func() { what(w) })
}

// Sleep is a time in which no engine runs: a laptop asleep.
func (w *World) Sleep(offset, length time.Duration) {
	w.sleeps = append(w.sleeps, sleepTime{w.story.began.Add(offset), length})
}

type sleepTime struct {
	at     time.Time
	length time.Duration
}

// ChangeSizes lets a person change the group's sizes by a difference.
func (w *World) ChangeSizes(by upgrade.Size) {
	size := upgrade.Size{Max: w.cloud.size.Max + by.Max, Desired: w.cloud.size.Desired + by.Desired}
	w.tell("somebody changes the sizes from %d (at most %d) to %d (at most %d)", w.cloud.size.Desired, w.cloud.size.Max, size.Desired, size.Max)
	before := w.cloud.size
	if err := w.cloud.resize(size); err != nil {
		w.tell("Auto Scaling refuses: %v", err)
		return
	}
	w.observer.sizesChanged(before, size)
}

// ExcessInstances is by how much a person has to change the sizes so that the desired size is
// what there is, nothing if that is not more.
func (w *World) ExcessInstances() upgrade.Size {
	over := max(0, len(w.cloud.members())-w.cloud.size.Desired)
	return upgrade.Size{Max: over, Desired: over}
}

// SetCapacity lets AWS run out of capacity in a zone, or have it again.
func (w *World) SetCapacity(zone string, there bool) {
	w.cloud.noCapacity[slices.Index(w.config.Zones, zone)] = !there
	w.observer.zonesChangedByOthers = true
	if there {
		w.tell("%s has capacity again", zone)
		w.cloud.lastFailure = ""
		w.cloud.reconcileSoon()
	} else {
		w.tell("%s has no capacity left", zone)
	}
}

// Reclaim takes an instance away at once, as a spot market does: its pods are
// gone with it and Auto Scaling replaces it.
func (w *World) Reclaim(id string) {
	if i := w.cloud.find(id); i != nil && i.terminatingSince.IsZero() {
		w.cloud.removedByOthers[id] = true
		w.tell("AWS takes %s away", id)
		w.observer.podsRemovedByOthers = true
		w.observer.instanceReclaimed(id)
		w.cloud.terminate(i)
	}
}

// ReclaimInFlight takes away the nth instance in flight, if there are so many.
func (w *World) ReclaimInFlight(nth int) {
	if drains := w.records.run.now.Drains; nth < len(drains) {
		w.Reclaim(drains[nth].Instance)
	}
}

// SilenceKubelet stops the kubelet of a node. Its instance runs on.
func (w *World) SilenceKubelet(name string) {
	if n, ok := w.cluster.lookup(name); ok {
		w.tell("the kubelet of %s falls silent", name)
		w.observer.podsRemovedByOthers = true
		w.cluster.silence(n)
	}
}

// Cordon lets a person cordon a node, or uncordon it.
func (w *World) Cordon(name string, cordoned bool) {
	n, ok := w.cluster.lookup(name)
	if !ok {
		return
	}
	n.Marks = slices.DeleteFunc(slices.Clone(n.Marks), func(m upgrade.Mark) bool { return m == upgrade.MarkCordon })
	if cordoned {
		n.Marks = append(n.Marks, upgrade.MarkCordon)
	}
	w.observer.zonesChangedByOthers = true
	w.tell("somebody cordons %s: %t", name, cordoned)
	w.cluster.scheduleSoon()
}

// ScaleAutoscaler lets a person, or GitOps, scale Cluster Autoscaler.
func (w *World) ScaleAutoscaler(replicas int) {
	w.tell("somebody scales %s to %d", autoscalerName, replicas)
	w.cluster.autoscaler.scale(replicas)
}

// ReplaceAutoscaler lets GitOps put Cluster Autoscaler's Deployment back as a
// whole, with the replicas and without the annotations of those who hold it.
func (w *World) ReplaceAutoscaler(replicas int) {
	w.tell("GitOps puts %s back, with %s", autoscalerName, count(replicas, "replica"))
	w.cluster.autoscaler.holders = nil
	w.cluster.autoscaler.scale(replicas)
}

// AddPods lets an HPA ask for more pods of a workload.
func (w *World) AddPods(workload string, by int) {
	w.tell("an HPA asks for %s more of %s", count(by, "pod"), workload)
	for _, load := range w.cluster.workloads {
		if load.Name != workload {
			continue
		}
		for range by {
			load.Replicas++
			w.cluster.create(load, load.Replicas-1)
		}
	}
}

func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// Cancel asks the update to end.
func (w *World) Cancel() {
	w.tell("somebody cancels the update")
	w.tally.Verbs++
	w.records.update.Cancelled = true
}

// CancelAndRestoreTemplate asks the update to end and the group to use its template version
// from before again.
func (w *World) CancelAndRestoreTemplate() {
	w.Cancel()
	w.records.update.RestoreTemplate = true
}

// RollBack asks for the update, which is under way or has ended, to be undone.
func (w *World) RollBack() {
	w.tell("somebody rolls the update back")
	w.tally.Verbs++
	w.records.rollBack()
}

// Retry begins an update anew that has failed or was cancelled, to the same image,
// from the nodes as they are. It reports whether there was one.
func (w *World) Retry() bool {
	update, run := w.records.update, w.records.run.now
	if run.Phase != upgrade.Done || run.Verdict.Status == upgrade.Successful || update.Rollback != nil {
		return false
	}
	w.tell("somebody begins the update anew")
	w.tally.Verbs++
	update.Name, update.UID = update.Name+"-again", update.UID+"-again"
	update.Cancelled, update.RestoreTemplate, update.PauseRequested, update.RolledBackBy = false, false, false, ""
	if r := run.Resolved; r != nil && !r.ByTemplate {
		update.Target = upgrade.Target{Image: r.Image.ID}
	}
	w.Begin(update)
	return true
}

// Update is what is asked for now.
func (w *World) Update() upgrade.Update { return w.records.update }

// Halt asks the update to stand still, or to go on.
func (w *World) Pause(still bool) {
	w.tell("somebody halts the update: %t", still)
	w.tally.Verbs++
	w.records.update.PauseRequested, w.observer.resumedAt = still, w.now
}

// DeletePods lets a person delete all pods of a workload, past every budget.
func (w *World) DeletePods(workload string) {
	w.tell("somebody deletes the pods of %s", workload)
	w.observer.podsRemovedByOthers = true
	for _, load := range w.cluster.workloads {
		if load.Name != workload {
			continue
		}
		for _, p := range w.cluster.podsOf(load) {
			w.cluster.deletePod(p)
		}
	}
}

// Node returns the name and the instance of the nth member with a node, counted
// from 0 in the order of launch, that is outdated or not.
func (w *World) Node(nth int, outdated bool) (name, instance string) {
	for _, i := range w.cloud.members() {
		if i.node == nil || w.observer.outdated(i) != outdated {
			continue
		}
		if nth == 0 {
			return i.node.Name, i.ID
		}
		nth--
	}
	return "", ""
}

// Draining reports whether the update has a member in flight.
func (w *World) Draining(instance string) bool {
	return slices.ContainsFunc(w.records.run.now.Drains, func(d upgrade.Drain) bool { return d.Instance == instance })
}
