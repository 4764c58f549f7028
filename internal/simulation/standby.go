package simulation

import (
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// What an owner does with single instances of the group, and what scaling policies
// and scheduled actions do with the group.

// Standby puts an instance into Standby. Its node keeps running and the group does not
// count it. With shrink the desired size falls by one; otherwise it is replaced.
func (w *World) Standby(id string, shrink bool) {
	i := w.cloud.find(id)
	if i == nil || !w.mayLeave(i, shrink) {
		return
	}
	w.tell("somebody puts %s into Standby, %s", id, orReplaced(shrink))
	owner := w.observer.owner
	w.takeOutOfService(i, shrink)
	i.Lifecycle = upgrade.Standby
	if shrink {
		w.observer.tookAlong(owner)
	} else {
		w.observer.enteredStandby()
	}
}

// Detach takes an instance out of the group, with shrink as for Standby. Its node keeps
// running. An instance whose kubelet is silent is not detached: its node would be there
// for ever, with pods whose end nobody reports.
func (w *World) Detach(id string, shrink bool) {
	i := w.cloud.find(id)
	if i == nil || !w.mayLeave(i, shrink) || i.node != nil && i.node.kubeletStopped() {
		return
	}
	w.tell("somebody detaches %s, %s", id, orReplaced(shrink))
	w.takeOutOfService(i, shrink)
	i.Lifecycle = "Detached"
	w.cloud.removedByOthers[id] = true
	w.observer.instanceReclaimed(id)
	w.cloud.instances = slices.DeleteFunc(w.cloud.instances, func(other *instance) bool { return other == i })
}

// mayLeave reports whether AWS lets an instance enter Standby or be detached.
func (w *World) mayLeave(i *instance, shrink bool) bool {
	atMinimum := shrink && w.cloud.size.Desired <= w.cloud.min
	return i.Lifecycle == upgrade.InService && !i.isTerminating() && !atMinimum
}

// orReplaced says what happens to the place of an instance that leaves the group.
func orReplaced(shrink bool) string {
	if shrink {
		return "which lowers the desired size"
	}
	return "which is replaced"
}

func (w *World) takeOutOfService(i *instance, shrink bool) {
	w.cloud.keepPrevious()
	w.observer.podsRemovedByOthers = true // a usable node that the update counted on
	i.outOfServiceSince = w.now
	if shrink {
		before := w.cloud.size
		w.cloud.size.Desired--
		w.observer.sizesChanged(before, w.cloud.size)
	}
	w.cloud.reconcileSoon()
}

// ReturnToService puts an instance in Standby back into service. The desired size rises
// by one.
func (w *World) ReturnToService(id string) {
	i := w.cloud.find(id)
	if i == nil || i.Lifecycle != upgrade.Standby {
		return
	}
	w.tell("somebody puts %s back into service", id)
	w.ChangeSizes(upgrade.Size{Max: max(0, w.cloud.size.Desired+1-w.cloud.size.Max), Desired: 1})
	i.Lifecycle, i.outOfServiceSince = upgrade.InService, time.Time{}
}

// Scale has the owner's automation set the desired size within the group's bounds: a
// scaling policy by the process AlarmNotification, a scheduled action by
// ScheduledActions. Nothing happens while that process is suspended.
func (w *World) Scale(process string, desired int) {
	if w.cloud.suspends(process) {
		w.tell("%s is suspended: desired size stays %d", process, w.cloud.size.Desired)
		return
	}
	w.ChangeSizes(upgrade.Size{Desired: min(max(desired, w.cloud.min), w.cloud.size.Max) - w.cloud.size.Desired})
}
