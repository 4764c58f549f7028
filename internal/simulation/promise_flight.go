package simulation

import (
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Checks of promises 2, 3 and 6: the start of a drain.

// flight is a node in flight. It begins when the engine saves its drain, which has to
// happen before anything is done to empty the node.
type flight struct {
	startedAt        time.Time
	timeAwakeAtStart time.Duration
	hadNode, silent  bool // when the drain started
	emptyingStarted  bool // the engine has done something to empty it
}

// runSaved is called when the engine saves the run. Until the run has a baseline,
// changes of the group belong to its state at the start.
func (o *observer) runSaved(run upgrade.Run) {
	o.noteVerdict(run.Verdict)
	o.noteHealthBaseline(run)
	if !o.baselineMeasured {
		o.usableAtStart, o.baselineMeasured = o.countUsableAtStart(), run.Baseline != nil
		o.membersAtStart = len(o.w.cloud.members())
	}
	before := o.flights
	o.flights = make(map[*instance]*flight, len(run.Drains))
	for i, f := range before { // including instances that somebody has detached since
		if slices.ContainsFunc(run.Drains, func(d upgrade.Drain) bool { return d.Instance == i.ID }) {
			o.flights[i] = f
		}
	}
	for _, d := range run.Drains {
		if i := o.instance(d.Instance); i != nil && before[i] == nil && !i.isTerminating() {
			o.checkDrainStart(i)
			o.checkScaleIn(i)
			o.checkHealthAtDrainStart(i)
			known := i.node != nil && !i.node.Created.After(o.passBegan) // it may have joined while calls took time
			hadNode := known && !(i.node.lost && len(o.running(i.node)) == 0)
			o.flights[i] = &flight{startedAt: o.w.now, timeAwakeAtStart: o.timeAwake(), hadNode: hadNode, silent: hadNode && o.isSilent(i.node)}
		}
	}
	o.checkInFlight()
}

// instance finds an instance, including one that somebody has detached.
func (o *observer) instance(id string) *instance {
	for _, n := range slices.Concat(o.w.cluster.nodes, o.w.cluster.lost) {
		if n.instance != nil && n.instance.ID == id {
			return n.instance
		}
	}
	return o.w.cloud.find(id)
}

// checkDrainStart checks the start of a drain.
func (o *observer) checkDrainStart(i *instance) {
	o.checkSilence("a drain starts of", i)
	if o.mayReplaceUnusable(i) {
		return
	}
	if (o.hasVerdict() || !o.outdated(i) && !o.neverJoined(i)) && !o.mayRemoveUpToDate() {
		o.violated(3, "a drain of %s starts, which is up to date or has to stay after the verdict", i.ID)
	}
	if stay, need := o.usableAfter(i), o.usableRequired(); stay < need {
		o.violated(2, "a drain of %s starts and leaves %d usable nodes; at least %d are required", i.ID, stay, need)
	}
}

// mayReplaceUnusable reports whether an instance may be replaced that MINIMAL launched
// before it failed, and that did not become usable within the join limit.
func (o *observer) mayReplaceUnusable(i *instance) bool {
	v := o.w.records.run.now.Verdict
	since := i.Launched
	if i.node != nil && i.node.seen {
		since = latest(since, i.node.ReadySince)
	}
	return o.strategy() == upgrade.Minimal && v != nil && v.Status == upgrade.Failed &&
		(i.node == nil || !o.isUsable(i.node)) && o.w.now.Sub(since) >= o.w.records.update.Policy.JoinTimeout
}

// usableRequired is how many usable nodes have to stay when one is drained. With MINIMAL it
// is less by those that may be in flight, until there is a verdict.
func (o *observer) usableRequired() int {
	need := o.usablePromised()
	if o.strategy() == upgrade.Minimal && !o.hasVerdict() {
		return need - o.maxUnavailable()
	}
	return need
}

// checkEmptying is called when something is done to empty a node. If its drain was saved
// long ago, by a process that died then, the start is checked again.
func (o *observer) checkEmptying(i *instance, what string) {
	if i.isTerminating() {
		return
	}
	if i.isOutOfService() && o.passBegan.Sub(i.outOfServiceSince) > o.w.config.Interval+o.w.lag+time.Second {
		o.violated(3, "%s %s, though it is in Standby or detached", what, i.ID)
		return
	}
	f := o.flights[i]
	if f == nil {
		if !i.isOutOfService() { // an instance that was just detached has no flight any more
			o.violated(6, "%s %s before its drain was saved", what, i.ID)
		}
		return
	}
	if !f.emptyingStarted && o.w.now.Sub(f.startedAt) > time.Minute {
		o.checkDrainStart(i)
	}
	f.emptyingStarted = true
	o.checkSilence(what, i)
}

// usableAfter counts the usable nodes that stay when an instance is removed. If that is
// not usable itself, removing it takes nothing away if it is outdated, dead or cordoned;
// otherwise the nodes that are still joining count, too.
func (o *observer) usableAfter(i *instance) int {
	count := o.countUsable(i)
	turned := i.node != nil && !i.node.Ready && i.node.ReadySince.After(o.passBegan) // the pass may have read it before or after
	if i.node != nil && !turned && o.isUsable(i.node) && o.w.now.Sub(i.inServiceSince) > o.w.config.Interval+o.w.lag+time.Second {
		return count
	}
	if cordoned := i.node != nil && i.node.Has(upgrade.MarkCordon); o.outdated(i) || o.neverJoined(i) || o.isUnready(i) || cordoned {
		return o.usablePromised()
	}
	members := o.w.cloud.members()
	count += max(0, o.w.cloud.size.Desired-len(members)) // not launched yet
	for _, other := range members {
		joining := other.node == nil || !o.isUsable(other.node)
		if other != i && joining && o.flights[other] == nil && !o.outdated(other) {
			count++
		}
	}
	return count
}

// isUnready reports whether a node has not been Ready for the join limit.
func (o *observer) isUnready(i *instance) bool {
	return i.node != nil && !i.node.Ready && o.w.now.Sub(i.node.ReadySince) >= o.w.records.update.Policy.JoinTimeout
}

// countUsable counts the usable nodes without those in flight and without one instance.
func (o *observer) countUsable(without *instance) int {
	count := 0
	for _, n := range o.w.cluster.nodes {
		if n.instance != nil && n.instance != without && o.flights[n.instance] == nil && o.isUsable(n) {
			count++
		}
	}
	return count
}

// countUsableAtStart counts the usable nodes without those that are terminating, in
// Standby or detached, even if an engine might not know that yet.
func (o *observer) countUsableAtStart() int {
	count := 0
	for _, n := range o.w.cluster.nodes {
		if n.instance != nil && o.isUsable(n) && !n.instance.isTerminating() && !n.instance.isOutOfService() {
			count++
		}
	}
	return count
}

// isUsable reports whether a node is usable. It is not while a lifecycle hook keeps its
// instance pending, nor with a taint that the nodes of this world do not begin with.
func (o *observer) isUsable(n *node) bool {
	longEnough := o.w.now.Sub(n.ReadySince) >= o.w.records.update.Policy.MinReady
	unseen := !n.changedByOthersAt.IsZero() && !n.changedByOthersAt.Before(o.passBegan)
	untainted := unseen || len(n.Taints) == len(o.w.config.Taints) && !n.Has(upgrade.MarkCordon)
	pending := n.instance.Lifecycle == upgrade.Pending || n.instance.Lifecycle == upgrade.PendingWait
	leaving := n.instance.Lifecycle.InWarmPool() || o.isKnownTerminating(n.instance) || o.isKnownOutOfService(n.instance)
	ready := n.Ready
	if !n.Ready && n.ReadySince.After(o.passBegan) { // it was Ready when the pass read it
		ready, untainted, longEnough = true, true, true
	}
	return ready && !n.lost && longEnough && untainted && !pending && !leaving
}

// isKnownTerminating reports whether an engine can know that an instance is terminating:
// it requested that itself, or a describe that is a second old shows it.
func (o *observer) isKnownTerminating(i *instance) bool {
	return i.isTerminating() && (i.terminatedByEngine || o.passBegan.Sub(i.terminatingSince) > o.w.lag)
}

// isKnownOutOfService reports whether an engine can know that an instance is in Standby
// or detached.
func (o *observer) isKnownOutOfService(i *instance) bool {
	return i.isOutOfService() && o.passBegan.Sub(i.outOfServiceSince) > o.w.lag+time.Second
}
