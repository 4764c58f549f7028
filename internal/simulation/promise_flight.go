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
	startedAt        time.Time
	timeAwakeAtStart time.Duration
	kubeletWorked    bool // it was a node by then, and its kubelet not silent
	emptyingStarted  bool // something was done
}

// runSaved is called when the run is saved. Until the group is measured, whatever
// happens to it belongs to the start.
func (o *observer) runSaved(run upgrade.Run) {
	o.noteVerdict(run.Verdict)
	o.noteHealthBaseline(run)
	if !o.baselineMeasured {
		o.usableAtStart, o.baselineMeasured = o.countUsableAtStart(), run.Baseline != nil
	}
	before := o.flights
	o.flights = make(map[*instance]*flight, len(run.Drains))
	for i, f := range before { // also one that somebody has detached since
		if slices.ContainsFunc(run.Drains, func(d upgrade.Drain) bool { return d.Instance == i.ID }) {
			o.flights[i] = f
		}
	}
	for _, d := range run.Drains {
		if i := o.instance(d.Instance); i != nil && before[i] == nil && i.terminatingSince.IsZero() {
			o.checkDrainStart(i)
			o.checkHealthAtDrainStart(i)
			o.flights[i] = &flight{startedAt: o.w.now, timeAwakeAtStart: o.timeAwake(), kubeletWorked: i.node != nil && !o.isSilent(i.node)}
		}
	}
	if n := o.inFlight(); n > o.maxUnavailable() {
		o.violated(2, "%d nodes are in flight, at most %d may be", n, o.maxUnavailable())
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

// checkDrainStart holds the start of a drain against promises 2 and 3.
func (o *observer) checkDrainStart(i *instance) {
	if o.mayReplaceUnusable(i) {
		return
	}
	if (o.hasVerdict() || !o.outdated(i) && !o.neverJoined(i)) && !o.mayRemoveUpToDate() {
		o.violated(3, "%s is to be drained, but it is up to date or its place is not to be given back", i.ID)
	}
	o.checkScaleIn(i)
	if stay, need := o.usableAfter(i), o.usableRequired(); stay < need {
		o.violated(2, "a drain of %s begins and leaves %d nodes of %d", i.ID, stay, need)
	}
}

// mayReplaceUnusable reports whether an instance that MINIMAL launched before it failed may be
// replaced: its time to become a node is over.
func (o *observer) mayReplaceUnusable(i *instance) bool {
	v := o.w.records.run.now.Verdict
	since := i.Launched
	if i.node != nil {
		since = latest(since, i.node.ReadySince)
	}
	return o.strategy() == upgrade.Minimal && v != nil && v.Status == upgrade.Failed &&
		(i.node == nil || !o.isUsable(i.node)) && o.w.now.Sub(since) >= o.w.records.update.Policy.JoinTimeout
}

// usableRequired is how many usable nodes have to stay: what the owner wants or had, and
// with MINIMAL, until it gives back, less those that may be in flight.
func (o *observer) usableRequired() int {
	need := min(o.smallest.Desired, o.usableAtStart)
	if o.strategy() == upgrade.Minimal && !o.hasVerdict() {
		return need - o.maxUnavailable()
	}
	return need
}

// checkEmptying is called when something is done to empty a node. What was written down
// long ago, by a process that died then, has to be right still.
func (o *observer) checkEmptying(i *instance, what string) {
	if !i.terminatingSince.IsZero() {
		return
	}
	if !i.outOfServiceSince.IsZero() && o.w.now.Sub(i.outOfServiceSince) > o.w.config.Interval+o.w.lag+time.Second {
		o.violated(3, "%s is %s, though somebody has set it apart", i.ID, what)
		return
	}
	f := o.flights[i]
	if f == nil {
		if i.outOfServiceSince.IsZero() { // one that was detached a moment ago has left the group with its flight
			o.violated(6, "%s is %s and nobody has written down that it would be", i.ID, what)
		}
		return
	}
	if !f.emptyingStarted && o.w.now.Sub(f.startedAt) > time.Minute {
		o.checkDrainStart(i)
	}
	f.emptyingStarted = true
}

// usableAfter counts the nodes that stay when one goes: the usable ones. Where one
// goes that is not usable itself, nothing is taken away if it is outdated or dead, or
// if enough others are usable or on their way to be.
func (o *observer) usableAfter(i *instance) int {
	count := o.countUsable(i)
	if i.node != nil && o.isUsable(i.node) && o.w.now.Sub(i.inServiceSince) > o.w.config.Interval+o.w.lag+time.Second {
		return count
	}
	if o.outdated(i) || o.neverJoined(i) || o.isDead(i) {
		return o.usableAtStart
	}
	members := o.w.cloud.members()
	count += max(0, o.w.cloud.size.Desired-len(members)) // to be launched
	for _, other := range members {
		coming := other.node == nil || !o.isUsable(other.node)
		if other != i && coming && o.flights[other] == nil && !o.outdated(other) {
			count++
		}
	}
	return count
}

// isDead reports whether a node has not been Ready for as long as one may take to join.
func (o *observer) isDead(i *instance) bool {
	return i.node != nil && !i.node.Ready && o.w.now.Sub(i.node.ReadySince) >= o.w.records.update.Policy.JoinTimeout
}

// countUsable counts the usable nodes that stay, without those in flight and
// without one that is about to go.
func (o *observer) countUsable(without *instance) int {
	count := 0
	for _, n := range o.w.cluster.nodes {
		if n.instance != nil && n.instance != without && o.flights[n.instance] == nil && o.isUsable(n) {
			count++
		}
	}
	return count
}

// countUsableAtStart counts the usable nodes of the start, without those that are on their way
// out or set apart, also if an engine might not know that yet.
func (o *observer) countUsableAtStart() int {
	count := 0
	for _, n := range o.w.cluster.nodes {
		if n.instance != nil && o.isUsable(n) && n.instance.terminatingSince.IsZero() && n.instance.outOfServiceSince.IsZero() {
			count++
		}
	}
	return count
}

// isUsable reports whether a node is usable, which one is not whose instance a launch
// hook holds. What is unusual about a node is a taint that the world's nodes don't
// begin with.
func (o *observer) isUsable(n *node) bool {
	settled := o.w.now.Sub(n.ReadySince) >= o.w.records.update.Policy.MinReady
	plain := len(n.Taints) == len(o.w.config.Taints) && !n.Has(upgrade.MarkCordon)
	held := n.instance.Lifecycle == upgrade.Pending || n.instance.Lifecycle == upgrade.PendingWait
	return n.Ready && settled && plain && !held && !o.isKnownTerminating(n.instance) && !o.isKnownOutOfService(n.instance)
}

// isKnownTerminating reports whether an engine could know that an instance is on its way out:
// it asked for that itself, or a describe that is a second old shows it.
func (o *observer) isKnownTerminating(i *instance) bool {
	return !i.terminatingSince.IsZero() && (i.terminatedByEngine || o.w.now.Sub(i.terminatingSince) > o.w.lag+time.Second)
}

// isKnownOutOfService reports whether an engine could know that somebody has set an instance
// apart.
func (o *observer) isKnownOutOfService(i *instance) bool {
	return !i.outOfServiceSince.IsZero() && o.w.now.Sub(i.outOfServiceSince) > o.w.lag+time.Second
}

// isSilent reports whether a kubelet has been silent for five minutes in which an
// engine was awake.
func (o *observer) isSilent(n *node) bool {
	return !n.Ready && o.w.now.Sub(n.Heartbeat) > 5*time.Minute
}

// inFlight counts the nodes in flight, dead ones apart, whose instances are not
// going yet.
func (o *observer) inFlight() int {
	count := 0
	for i, f := range o.flights {
		if f.kubeletWorked && i.terminatingSince.IsZero() {
			count++
		}
	}
	return count
}
