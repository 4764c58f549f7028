package simulation

import (
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Promises 2, 3 and 6, about the start of a drain.

// flight is a node in flight: from when its drain is written down, which has to
// be before anything is done to empty it.
type flight struct {
	at      time.Time
	awake   time.Duration
	alive   bool // it was a node by then, and its kubelet not silent
	touched bool // something was done
}

// noted is called when the run is saved. Until the group is measured, whatever
// happens to it belongs to the start.
func (o *observer) noted(run upgrade.Run) {
	o.judged(run.Verdict)
	o.measuredHealth(run)
	if !o.measured {
		o.usable, o.measured = o.baseline(), run.Baseline != nil
	}
	before := o.flights
	o.flights = make(map[*instance]*flight, len(run.Drains))
	for i, f := range before { // also one that somebody has detached since
		if slices.ContainsFunc(run.Drains, func(d upgrade.Drain) bool { return d.Instance == i.ID }) {
			o.flights[i] = f
		}
	}
	for _, d := range run.Drains {
		if i := o.instance(d.Instance); i != nil && before[i] == nil && i.going.IsZero() {
			o.starts(i)
			o.startsIll(i)
			o.flights[i] = &flight{at: o.w.now, awake: o.awake(), alive: i.node != nil && !o.silent(i.node)}
		}
	}
	if n := o.inFlight(); n > o.atOnce() {
		o.breaks(2, "%d nodes are in flight, at most %d may be", n, o.atOnce())
	}
}

// instance finds an instance, also one that somebody has detached.
func (o *observer) instance(id string) *instance {
	for _, n := range o.w.cluster.nodes {
		if n.instance != nil && n.instance.ID == id {
			return n.instance
		}
	}
	return o.w.cloud.find(id)
}

// starts holds the start of a drain against promises 2 and 3.
func (o *observer) starts(i *instance) {
	if o.useless(i) {
		return
	}
	if (o.settled() || !o.outdated(i) && !o.stray(i)) && !o.restores() {
		o.breaks(3, "%s is to be drained, but it is up to date or its place is not to be given back", i.ID)
	}
	o.scalesIn(i)
	if stay, need := o.staying(i), o.needed(); stay < need {
		o.breaks(2, "a drain of %s begins and leaves %d nodes of %d", i.ID, stay, need)
	}
}

// useless reports whether an instance that MINIMAL launched before it failed may be
// replaced: its time to become a node is over.
func (o *observer) useless(i *instance) bool {
	v := o.w.records.run.now.Verdict
	since := i.Launched
	if i.node != nil {
		since = latest(since, i.node.ReadySince)
	}
	return o.strategy() == upgrade.Minimal && v != nil && v.Status == upgrade.Failed &&
		(i.node == nil || !o.serves(i.node)) && o.w.now.Sub(since) >= o.w.records.update.Policy.JoinTimeout
}

// needed is how many usable nodes have to stay: what the owner wants or had, and
// with MINIMAL, until it gives back, less those that may be in flight.
func (o *observer) needed() int {
	need := min(o.least.Desired, o.usable)
	if o.strategy() == upgrade.Minimal && !o.settled() {
		return need - o.atOnce()
	}
	return need
}

// flies is called when something is done to empty a node. What was written down
// long ago, by a process that died then, has to be right still.
func (o *observer) flies(i *instance, what string) {
	if !i.going.IsZero() {
		return
	}
	if !i.apart.IsZero() && o.w.now.Sub(i.apart) > o.w.config.Interval+o.w.lag+time.Second {
		o.breaks(3, "%s is %s, though somebody has set it apart", i.ID, what)
		return
	}
	f := o.flights[i]
	if f == nil {
		if i.apart.IsZero() { // one that was detached a moment ago has left the group with its flight
			o.breaks(6, "%s is %s and nobody has written down that it would be", i.ID, what)
		}
		return
	}
	if !f.touched && o.w.now.Sub(f.at) > time.Minute {
		o.starts(i)
	}
	f.touched = true
}

// staying counts the nodes that stay when one goes: the usable ones. Where one
// goes that is not usable itself, nothing is taken away if it is outdated or dead, or
// if enough others are usable or on their way to be.
func (o *observer) staying(i *instance) int {
	count := o.usables(i)
	if i.node != nil && o.serves(i.node) && o.w.now.Sub(i.since) > o.w.config.Interval+o.w.lag+time.Second {
		return count
	}
	if o.outdated(i) || o.stray(i) || o.dead(i) {
		return o.usable
	}
	members := o.w.cloud.members()
	count += max(0, o.w.cloud.size.Desired-len(members)) // to be launched
	for _, other := range members {
		coming := other.node == nil || !o.serves(other.node)
		if other != i && coming && o.flights[other] == nil && !o.outdated(other) {
			count++
		}
	}
	return count
}

// dead reports whether a node has not been Ready for as long as one may take to join.
func (o *observer) dead(i *instance) bool {
	return i.node != nil && !i.node.Ready && o.w.now.Sub(i.node.ReadySince) >= o.w.records.update.Policy.JoinTimeout
}

// usables counts the usable nodes that stay, without those in flight and
// without one that is about to go.
func (o *observer) usables(without *instance) int {
	count := 0
	for _, n := range o.w.cluster.nodes {
		if n.instance != nil && n.instance != without && o.flights[n.instance] == nil && o.serves(n) {
			count++
		}
	}
	return count
}

// baseline counts the usable nodes of the start, without those that are on their way
// out or set apart, also if an engine might not know that yet.
func (o *observer) baseline() int {
	count := 0
	for _, n := range o.w.cluster.nodes {
		if n.instance != nil && o.serves(n) && n.instance.going.IsZero() && n.instance.apart.IsZero() {
			count++
		}
	}
	return count
}

// serves reports whether a node is usable, which one is not whose instance a launch
// hook holds. What is unusual about a node is a taint that the world's nodes don't
// begin with.
func (o *observer) serves(n *node) bool {
	settled := o.w.now.Sub(n.ReadySince) >= o.w.records.update.Policy.MinReady
	plain := len(n.Taints) == len(o.w.config.Taints) && !n.Has(upgrade.MarkCordon)
	held := n.instance.Lifecycle == upgrade.Pending || n.instance.Lifecycle == upgrade.PendingWait
	return n.Ready && settled && plain && !held && !o.going(n.instance) && !o.apart(n.instance)
}

// going reports whether an engine could know that an instance is on its way out:
// it asked for that itself, or a describe that is a second old shows it.
func (o *observer) going(i *instance) bool {
	return !i.going.IsZero() && (i.ours || o.w.now.Sub(i.going) > o.w.lag+time.Second)
}

// apart reports whether an engine could know that somebody has set an instance
// apart.
func (o *observer) apart(i *instance) bool {
	return !i.apart.IsZero() && o.w.now.Sub(i.apart) > o.w.lag+time.Second
}

// silent reports whether a kubelet has been silent for five minutes in which an
// engine was awake.
func (o *observer) silent(n *node) bool {
	return !n.Ready && o.w.now.Sub(n.Heartbeat) > 5*time.Minute
}

// inFlight counts the nodes in flight, dead ones apart, whose instances are not
// going yet.
func (o *observer) inFlight() int {
	count := 0
	for i, f := range o.flights {
		if f.alive && i.going.IsZero() {
			count++
		}
	}
	return count
}
