package simulation

import (
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// What an owner does with single instances of his group, and what his scaling
// policies and scheduled actions do with the group.

// Standby puts an instance into standby, with a smaller desired size or with a
// replacement: its node runs on and the group does not count it.
func (w *World) Standby(id string, shrink bool) {
	i := w.cloud.find(id)
	if i == nil || !i.terminatingSince.IsZero() || i.Lifecycle != upgrade.InService || shrink && w.cloud.size.Desired <= w.cloud.min {
		return
	}
	w.tell("somebody puts %s into standby (shrinking: %t)", id, shrink)
	w.takeOutOfService(i, shrink)
	i.Lifecycle = upgrade.Standby
}

// Detach takes an instance out of the group, which does the same to it and to
// the sizes. Its node runs on, if its kubelet is not silent: such a node would be
// there for ever, with pods of which nobody says that they have ended.
func (w *World) Detach(id string, shrink bool) {
	i := w.cloud.find(id)
	if i == nil || !i.terminatingSince.IsZero() || i.node != nil && !i.node.silentSince.IsZero() || i.Lifecycle != upgrade.InService || shrink && w.cloud.size.Desired <= w.cloud.min {
		return
	}
	w.tell("somebody detaches %s (shrinking: %t)", id, shrink)
	w.takeOutOfService(i, shrink)
	i.Lifecycle = "Detached"
	w.cloud.removedByOthers[id] = true
	w.observer.instanceReclaimed(id)
	w.cloud.instances = slices.DeleteFunc(w.cloud.instances, func(other *instance) bool { return other == i })
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

// ReturnToService puts an instance that is in standby back into service, which raises the
// desired size.
func (w *World) ReturnToService(id string) {
	i := w.cloud.find(id)
	if i == nil || i.Lifecycle != upgrade.Standby {
		return
	}
	w.tell("somebody puts %s back into service", id)
	w.ChangeSizes(upgrade.Size{Max: max(0, w.cloud.size.Desired+1-w.cloud.size.Max), Desired: 1})
	i.Lifecycle, i.outOfServiceSince = upgrade.InService, time.Time{}
}

// Scale lets the owner's automation set the desired size within the group's
// limits: a scaling policy by the process AlarmNotification, a scheduled action
// by ScheduledActions. While that is suspended nothing happens.
func (w *World) Scale(process string, desired int) {
	if w.cloud.suspends(process) {
		w.tell("%s is suspended: the desired size stays %d", process, w.cloud.size.Desired)
		return
	}
	w.ChangeSizes(upgrade.Size{Desired: min(max(desired, w.cloud.min), w.cloud.size.Max) - w.cloud.size.Desired})
}
