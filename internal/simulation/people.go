package simulation

import (
	"fmt"
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// What people and AWS do, at any time.

// At has something happen at a time after the beginning.
func (w *World) At(offset time.Duration, what func(*World)) {
	w.after(w.story.began.Add(offset).Sub(w.now), func() {
		if !w.leftAlone {
			what(w)
		}
	})
}

// WhenEnding does something once, when the verdict of the update was saved.
func (w *World) WhenEnding(what func(*World)) { w.whenEnding = what }

// Sleep stops all processes for a time, as a laptop that sleeps.
func (w *World) Sleep(offset, length time.Duration) {
	w.sleeps = append(w.sleeps, sleepTime{w.story.began.Add(offset), length})
}

type sleepTime struct {
	at     time.Time
	length time.Duration
}

// ChangeSizes has a person change the group's sizes by a difference.
func (w *World) ChangeSizes(by upgrade.Size) {
	size := upgrade.Size{Max: w.cloud.size.Max + by.Max, Desired: w.cloud.size.Desired + by.Desired}
	w.tell("somebody changes the sizes: %s -> %s", w.cloud.size, size)
	before := w.cloud.size
	if err := w.cloud.resize(size); err != nil {
		w.tell("Auto Scaling refuses: %v", err)
		return
	}
	w.observer.sizesChanged(before, size)
}

// ExcessInstances is the change of the sizes that makes the desired size equal to the
// number of instances. It is zero if there are no more instances than desired.
func (w *World) ExcessInstances() upgrade.Size {
	over := max(0, len(w.cloud.members())-w.cloud.size.Desired)
	return upgrade.Size{Max: over, Desired: over}
}

// TakeSubnet takes the group's subnet in a zone away from it. Its instances there stay.
func (w *World) TakeSubnet(zone string) {
	w.cloud.noSubnet[slices.Index(w.config.Zones, zone)] = true
	w.observer.zonesChangedByOthers = true
	w.tell("somebody takes the subnet in %s from the group", zone)
}

// PutParameter has somebody name another image in the parameter of the launch template.
func (w *World) PutParameter(image string) {
	w.tell("somebody changes the parameter: %s -> %s", w.cloud.template.named, image)
	w.cloud.template.named = image
}

// SetCapacity sets whether AWS has capacity in a zone.
func (w *World) SetCapacity(zone string, there bool) {
	w.cloud.noCapacity[slices.Index(w.config.Zones, zone)] = !there
	w.observer.zonesChangedByOthers = true
	if there {
		w.tell("%s has capacity again", zone)
		w.cloud.lastFailure = ""
		w.cloud.reconcileSoon()
	} else {
		w.tell("%s has no capacity", zone)
	}
}

// SlowBoots makes instances that are launched from now on take longer to boot.
func (w *World) SlowBoots(boot time.Duration) {
	w.tell("instances take %s to boot", boot)
	w.config.Delays.Boot = boot
}

// Reclaim has AWS terminate an instance at once, as a spot interruption does. Its pods
// are gone with it, and Auto Scaling replaces it.
func (w *World) Reclaim(id string) {
	if i := w.cloud.find(id); i != nil && !i.isTerminating() {
		w.cloud.removedByOthers[id] = true
		w.tell("AWS reclaims %s", id)
		w.observer.podsRemovedByOthers = true
		w.observer.instanceReclaimed(id)
		w.cloud.terminate(i)
	}
}

// ReclaimInFlight has AWS reclaim the nth instance in flight, if there are so many.
func (w *World) ReclaimInFlight(nth int) {
	if drains := w.records.run.now.Drains; nth < len(drains) {
		w.Reclaim(drains[nth].Instance)
	}
}

// Cordon has a person cordon a node, or uncordon it.
func (w *World) Cordon(name string, cordoned bool) {
	n, ok := w.cluster.lookup(name)
	if !ok {
		return
	}
	verb := "uncordons"
	n.Marks = slices.DeleteFunc(slices.Clone(n.Marks), func(m upgrade.Mark) bool { return m == upgrade.MarkCordon })
	if cordoned {
		verb = "cordons"
		n.Marks = append(n.Marks, upgrade.MarkCordon)
	}
	n.changedByOthersAt = w.now
	w.observer.zonesChangedByOthers = true
	w.tell("somebody %s %s", verb, name)
	w.cluster.scheduleSoon()
}

// ScaleAutoscaler has a person, or GitOps, scale Cluster Autoscaler.
func (w *World) ScaleAutoscaler(replicas int) {
	w.tell("somebody scales %s to %s", autoscalerName, count(replicas, "replica"))
	w.cluster.autoscaler.scale(replicas)
}

// ReplaceAutoscaler has GitOps apply the whole Deployment of Cluster Autoscaler again,
// with replicas and without the annotations of those who suspended it.
func (w *World) ReplaceAutoscaler(replicas int) {
	w.tell("GitOps applies %s again, with %s", autoscalerName, count(replicas, "replica"))
	w.cluster.autoscaler.holders = nil
	w.cluster.autoscaler.scale(replicas)
}

// AddPods has a HorizontalPodAutoscaler add pods to a workload.
func (w *World) AddPods(workload string, by int) {
	w.tell("a HorizontalPodAutoscaler adds %s to %s", count(by, "pod"), workload)
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

// Cancel has a person cancel the update.
func (w *World) Cancel() {
	w.tell("somebody cancels the update")
	w.tally.Verbs++
	w.records.update.Cancelled = true
}

// CancelAndRestoreTemplate has a person cancel the update and ask for the launch
// template version from before it.
func (w *World) CancelAndRestoreTemplate() {
	w.Cancel()
	w.records.update.RestoreTemplate = true
}

// RollBack has a person roll the update back, whether or not it has ended.
func (w *World) RollBack() {
	w.tell("somebody rolls the update back")
	w.tally.Verbs++
	w.records.rollBack()
}

// Retry has a person retry an update that failed or was cancelled: a new update to the
// same image begins, from the nodes as they are. It returns false if there is none.
func (w *World) Retry() bool {
	update, run := w.records.update, w.records.run.now
	if run.Phase != upgrade.Done || run.Verdict.Status == upgrade.Successful || update.Rollback != nil {
		return false
	}
	w.tell("somebody retries the update")
	w.tally.Verbs++
	update.Name, update.UID = update.Name+"-again", update.UID+"-again"
	update.Cancelled, update.RestoreTemplate, update.PauseRequested, update.RolledBackBy = false, false, false, ""
	if r := run.Resolved; r != nil && !r.ByTemplate {
		update.Target = upgrade.Target{Image: r.Image.ID}
	}
	w.Begin(update)
	return true
}

// Update returns the present update.
func (w *World) Update() upgrade.Update { return w.records.update }

// Pause has a person pause the update.
func (w *World) Pause() {
	w.tell("somebody pauses the update")
	w.setPaused(true)
}

// Resume has a person resume the update.
func (w *World) Resume() {
	w.tell("somebody resumes the update")
	w.setPaused(false)
}

func (w *World) setPaused(paused bool) {
	w.tally.Verbs++
	w.records.update.PauseRequested, w.observer.resumedAt = paused, w.now
}

// DeletePods has a person delete all pods of a workload, whatever budgets say.
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

// Node returns the name and the instance of the nth outdated or up to date member with a
// node, counted from 0 in the order of launch. Both are empty if there is none.
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

// Obstacles are states of the group in which an update may fail.
type Obstacles struct {
	ExcessInstances      bool // more instances from before the update than the owner's desired size
	DeadOrCordonedMember bool // a member whose node is not Ready or is cordoned
}

// ObstaclesAtVerdict returns the obstacles that there were when the update got its
// verdict. Some are gone at its end.
func (w *World) ObstaclesAtVerdict() Obstacles { return w.observer.obstacles }

func (w *World) obstacles() Obstacles {
	var found Obstacles
	before := 0 // members from before the update
	for _, i := range w.cloud.members() {
		if i.Launched.Before(w.observer.began) {
			before++
		}
		if i.node != nil && (!i.node.Ready || i.node.Has(upgrade.MarkCordon)) {
			found.DeadOrCordonedMember = true
		}
	}
	found.ExcessInstances = before > w.observer.owner.Desired
	return found
}

// Draining reports whether the update has an instance in flight.
func (w *World) Draining(instance string) bool {
	return slices.ContainsFunc(w.records.run.now.Drains, func(d upgrade.Drain) bool { return d.Instance == instance })
}
