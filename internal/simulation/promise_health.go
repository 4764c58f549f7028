package simulation

import (
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Checks of promises 3 and 7 about bad health: a paused update does nothing, no drain
// starts while too many pods are not Ready, and bad health that lasts stops the update.

// healthAtStart counts the pods of a workload when the engine measured it.
type healthAtStart struct{ ready, unready int }

// noteHealthBaseline notes the health when the engine does.
func (o *observer) noteHealthBaseline(run upgrade.Run) {
	switch {
	case run.HealthBaseline == nil:
		o.healthBaseline = nil
	case o.healthBaseline == nil || !run.HealthBaseline.At.Equal(o.healthBaselineAt):
		o.healthBaseline, o.healthBaselineAt, o.badSince = map[*workload]healthAtStart{}, run.HealthBaseline.At, time.Time{}
		for _, load := range o.w.cluster.workloads {
			if load.Kind != Bare && o.onGroup(load) {
				h := o.w.cluster.health(load)
				o.healthBaseline[load] = healthAtStart{h.Ready, len(h.Unready)}
			}
		}
	}
}

// onGroup reports whether pods of a workload are on the nodes of the group's instances. One that was
// detached is no longer of the group.
func (o *observer) onGroup(load *workload) bool {
	onGroup := func(p *pod) bool {
		return p.isActive() && p.node != nil && !p.node.lost && p.node.instance != nil && o.w.cloud.find(p.node.instance.ID) != nil
	}
	return slices.ContainsFunc(o.w.cluster.podsOf(load), onGroup)
}

// missingPods counts the pods that were Ready at the baseline and are not now, for at
// least a time in which the update was not paused. It also returns how many may be.
func (o *observer) missingPods(least time.Duration) (missing, most int) {
	total := 0
	for load, was := range o.healthBaseline {
		h := o.w.cluster.health(load)
		waiting := 0
		for _, p := range h.Unready {
			if o.w.now.Sub(latest(p.Since, o.resumedAt)) >= least && !o.isBeingEmptied(p.Node) {
				waiting++
			}
		}
		missing += max(0, min(waiting-was.unready, was.ready-h.Ready))
		total += was.ready
	}
	return missing, o.w.records.update.Policy.Health.MaxUnready.Of(total)
}

// isBeingEmptied reports whether a node is in flight or its instance is terminating.
func (o *observer) isBeingEmptied(name string) bool {
	n, ok := o.w.cluster.lookup(name)
	return ok && n.instance != nil && (o.flights[n.instance] != nil || n.instance.isTerminating())
}

// stopsForBadHealth reports whether bad health has to stop the update.
func (o *observer) stopsForBadHealth() bool {
	update := o.w.records.update
	asked := update.Policy.Health.Then != "" && update.Policy.Health.MaxUnready != nil
	return asked && o.healthBaseline != nil && update.Rollback == nil && !o.hasVerdict()
}

// checkHealthAtDrainStart checks that no drain starts while too many pods are missing.
func (o *observer) checkHealthAtDrainStart(i *instance) {
	if !o.stopsForBadHealth() {
		return
	}
	if missing, most := o.missingPods(0); missing > most {
		o.violated(7, "a drain of %s starts while %d pods are missing, at most %d may be", i.ID, missing, most)
	}
}

// checkBadHealthStops checks after every pass that bad health which lasts has stopped
// the update. Worlds with faults, without a running process for a time, or in which most
// nodes were silent, or with slow calls, are left out, because there it may take longer.
func (o *observer) checkBadHealthStops() {
	o.wasMostlySilent = o.wasMostlySilent || o.mostlySilent() != ""
	troubled := o.wasMostlySilent || len(o.w.config.CallTakes) > 0 || o.w.config.Flaky > 0 || len(o.w.calls.faults) > 0 || o.timeAsleep > 0 || o.w.tally.Changes > 0
	still := o.isPausedForHealth() || o.w.records.update.PauseRequested || o.w.credentials.account != ownAccount
	if !o.stopsForBadHealth() || troubled || still {
		o.badSince = time.Time{}
		return
	}
	after := o.w.records.update.Policy.Health.After
	switch missing, most := o.missingPods(after); {
	case missing <= most:
		o.badSince = time.Time{}
	case o.badSince.IsZero():
		o.badSince = o.w.now
	case o.passBegan.Sub(o.badSince) > 2*upgrade.Interval:
		o.violated(7, "%d pods are missing for %s, at most %d may be, and the update continues", missing, after, most)
	}
}

// isPausedForHealth reports whether the update is paused for bad health.
func (o *observer) isPausedForHealth() bool {
	run := o.w.records.run.now
	return run.HealthPause != nil && run.Verdict == nil && run.HealthPauses > o.w.records.update.AcceptedHealthPauses
}

// checkWriteWhilePaused is called before anything is changed. An update that is paused for
// bad health only resumes Cluster Autoscaler and saves that.
func (o *observer) checkWriteWhilePaused(method string) {
	if o.isPausedForHealth() && !slices.Contains([]string{"Autoscaler.Resume", "Nodes.Mark", "Records.SaveRun"}, method) {
		o.violated(3, "the engine calls %s, though the update is paused for bad health", method)
	}
}
