package simulation

import (
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Whether an update ends when it is left alone, and how soon.

// LeaveAlone ends all faults from now on, and everything that people and AWS would do later.
// What they have paused is resumed. The update then has to end within TimeToEnd.
func (w *World) LeaveAlone() {
	w.tell("from now on nobody interferes")
	w.leftAlone, w.sleeps = true, nil
	w.calls.flaky, w.calls.faults = 0, nil
	clear(w.calls.refused)
	clear(w.calls.before)
	w.process.freezeFor = 0
	w.AcceptHealth()
	w.observer.endsBy = w.now.Add(w.TimeToEnd())
}

// CancelAndLeaveAlone is LeaveAlone after somebody has cancelled the update, which has to end
// within TimeToCancel.
func (w *World) CancelAndLeaveAlone() {
	w.Cancel()
	w.LeaveAlone()
	w.observer.endsBy = w.now.Add(w.TimeToCancel())
}

// TimeLeft is how long the update takes at most from now on when nobody interferes.
func (w *World) TimeLeft() time.Duration {
	update, restores := w.records.update, w.records.run.now.Verdict != nil
	if (update.Cancelled || restores) && w.records.rollback == nil && update.RolledBackBy == "" {
		return w.TimeToCancel()
	}
	return w.TimeToEnd()
}

// TimeToEnd is how long an update takes at most when nobody interferes, with its automatic
// rollback: from the delays of the world and the limits that the design documents.
func (w *World) TimeToEnd() time.Duration {
	policy, nodes := w.records.update.Policy, w.nodesAtMost()
	each := w.timeToRemove() + policy.JoinTimeout + policy.Soak
	if policy.Quarantine { // each is tried once more
		each += w.timeToRemove()
	}
	health := max(policy.JoinTimeout, 2*policy.Health.After)
	whole := policy.JoinTimeout + policy.CanarySoak + health + time.Duration(nodes)*each + w.TimeToCancel()
	if policy.RollbackOnFailure || w.records.rollback != nil || w.records.update.RolledBackBy != "" {
		return 2 * whole
	}
	return whole
}

// TimeToCancel is how long an update takes at most from its verdict on: what it has added is
// removed, one node after the other, and calls that fail have the join limit.
func (w *World) TimeToCancel() time.Duration {
	return w.records.update.Policy.JoinTimeout + 4*upgrade.ConfirmAfter + time.Duration(w.nodesAtMost())*w.timeToRemove()
}

// nodesAtMost is how many nodes there are at most: those of now and the largest surge.
func (w *World) nodesAtMost() int {
	return max(w.tally.Peak, w.cloud.size.Desired, len(w.cloud.instances)) + w.observer.maxSurgeOfEKS()
}

// timeToRemove is how long it takes at most to drain one node and to terminate its instance.
func (w *World) timeToRemove() time.Duration {
	policy, d := w.records.update.Policy, w.config.Delays
	limit := policy.DrainTimeout
	for _, load := range w.cluster.workloads { // the drain limit is longer with a long grace period
		limit = max(limit, load.Grace+time.Minute)
	}
	going := d.Hook + d.Shutdown + d.NodeGone + d.React
	return limit + policy.CordonWait + upgrade.ConfirmAfter + time.Duration(float64(going)*(1+w.config.Jitter))
}

// checkInTime checks after each pass that an update that was left alone ends in time.
func (o *observer) checkInTime() {
	if !o.endsBy.IsZero() && o.w.now.After(o.endsBy) {
		o.endsBy = time.Time{}
		o.violated(7, "nobody interferes any more, and the update does not end within the limits of its waits")
	}
}
