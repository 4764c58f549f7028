package simulation

import (
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Promises 3 and 7, about bad health: what stands still does nothing, nothing is drained
// while too many pods are not Ready, and what is bad for long stops the update.

// healthBase is how a workload was when an engine measured it.
type healthBase struct{ ready, unready int }

// measuredHealth notes the health at the moment at which an engine does.
func (o *observer) measuredHealth(run upgrade.Run) {
	switch {
	case run.HealthBaseline == nil:
		o.health = nil
	case o.health == nil || !run.HealthBaseline.At.Equal(o.healthAt):
		o.health, o.healthAt, o.badSince = map[*workload]healthBase{}, run.HealthBaseline.At, time.Time{}
		for _, load := range o.w.cluster.loads {
			if load.Kind != Bare && o.onGroup(load) {
				h := o.w.cluster.health(load)
				o.health[load] = healthBase{h.Ready, len(h.Unready)}
			}
		}
	}
}

// onGroup reports whether pods of a workload are on the group's nodes.
func (o *observer) onGroup(load *workload) bool {
	return slices.ContainsFunc(o.w.cluster.podsOf(load), func(p *pod) bool { return p.lives() && p.node != nil && p.node.instance != nil })
}

// missing counts the pods that were Ready, and are not for some time at least, in which
// the update did not stand still.
func (o *observer) missing(least time.Duration) (missing, most int) {
	total := 0
	for load, was := range o.health {
		h := o.w.cluster.health(load)
		waiting := 0
		for _, p := range h.Unready {
			if o.w.now.Sub(latest(p.Since, o.resumed)) >= least && !o.moving(p.Node) {
				waiting++
			}
		}
		missing += max(0, min(waiting-was.unready, was.ready-h.Ready))
		total += was.ready
	}
	return missing, o.w.records.update.Policy.Health.MaxUnready.Of(total)
}

// moving reports whether a node is being emptied or on its way out.
func (o *observer) moving(name string) bool {
	n, ok := o.w.cluster.lookup(name)
	return ok && n.instance != nil && (o.flights[n.instance] != nil || !n.instance.going.IsZero())
}

// minds reports whether bad health stops the update.
func (o *observer) minds() bool {
	update := o.w.records.update
	return o.health != nil && update.Policy.Health.Then != "" && update.Policy.Health.MaxUnready != nil && update.Rollback == nil && !o.settled()
}

// startsIll holds the start of a drain against the health.
func (o *observer) startsIll(i *instance) {
	if !o.minds() {
		return
	}
	if missing, most := o.missing(0); missing > most {
		o.breaks(7, "a drain of %s begins while %d pods are missed, at most %d may be", i.ID, missing, most)
	}
}

// goesOnIll is called after every pass: what has been bad for longer than it takes to be
// believed stops the update. A time in which nobody looked does not count, and what goes
// wrong with calls takes time.
func (o *observer) goesOnIll() {
	troubled := o.w.config.Flaky > 0 || len(o.w.calls.faults) > 0 || o.slept > 0 || o.w.tally.Changes > 0
	if !o.minds() || troubled || o.stopped() || o.w.records.update.PauseRequested {
		o.badSince = time.Time{}
		return
	}
	after := o.w.records.update.Policy.Health.After
	switch missing, most := o.missing(after); {
	case missing <= most:
		o.badSince = time.Time{}
	case o.badSince.IsZero():
		o.badSince = o.w.now
	case o.w.now.Sub(o.badSince) > 2*upgrade.Interval:
		o.breaks(7, "%d pods are missed for %s, at most %d may be, and the update goes on", missing, after, most)
	}
}

// stopped reports whether the update stands still for bad health.
func (o *observer) stopped() bool {
	run := o.w.records.run.now
	return run.HealthPause != nil && run.Verdict == nil && run.HealthPauses > o.w.records.update.AcceptedHealthPauses
}

// afterStop is called before anything is changed. What an update does that stands still
// for bad health is to give Cluster Autoscaler back and say so.
func (o *observer) afterStop(method string) {
	if o.stopped() && !slices.Contains([]string{"Autoscaler.Resume", "Nodes.Mark", "Records.SaveRun"}, method) {
		o.breaks(3, "%s, though the update has stopped for bad health", method)
	}
}
