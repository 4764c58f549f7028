package simulation

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// observer checks what an engine does against the promises of the design. It looks at
// the world itself, not at what the engine knows of it. The checks are in promise_*.go,
// by subject.
type observer struct {
	w          *World
	violations []error
	before     State // the world before anything was done to it

	// owner are the owner's sizes now. largest and smallest are the extremes of what
	// they were, because an engine acts on a change only after it has confirmed it.
	owner, largest, smallest upgrade.Size
	sizesUncertain           bool // nobody can tell exactly what the owner's sizes are
	sizesChangedAt           time.Time
	// enteredStandbyAt is when an instance last entered Standby and was replaced. If somebody lowers the
	// desired size between the same two passes, it looks as if the instance had taken its place along.
	enteredStandbyAt time.Time
	surgeDecided     int // the largest surge when the engine saved the next sizes

	// What was true when the update began.
	target                        upgrade.Image
	began                         time.Time
	membersAtStart, usableAtStart int
	baselineMeasured              bool // by an engine
	usableSince                   usableSince
	budgetsMet                    map[string]bool

	remadeAt time.Time // when somebody made the group again, zero if nobody has

	zonesChangedByOthers bool                // somebody has made zones or nodes unequal
	podsRemovedByOthers  bool                // somebody else has removed pods or nodes
	launchedBefore       int                 // when the update began
	versionsMade         int                 // of the template, made since
	copyMade             bool                // a version with the parameter from before, made since
	templateBefore       upgrade.TemplateRef // how the group referred to its template before the update that owes it
	imageAtEnd           string              // the image that the group has to launch at the end, "" before the verdict
	obstacles            Obstacles           // when the verdict was saved
	flights              map[*instance]*flight
	// passBegan is when the present pass began: a pass cannot know what happened after it has read.
	passBegan       time.Time
	lastDescribed   time.Time     // when a describe last showed the group without lag
	timeAsleep      time.Duration // in which no process was running
	wasMostlySilent bool          // most nodes of the group or of a zone were silent for a time

	healthBaseline   map[*workload]healthAtStart // when the engine measured it, nil before
	healthBaselineAt time.Time
	badSince         time.Time
	resumedAt        time.Time // when somebody last paused or resumed the update, or its account was back
	pace             pace
	untrue           map[string]untruth // what waits state that is not so, by message
	waitsCheckedAt   time.Time
	endsBy           time.Time // when an update that is left alone has to have ended, zero for all others
}

func newObserver(w *World) *observer {
	size := w.cloud.size
	return &observer{w: w, before: w.State(), owner: size, largest: size, smallest: size}
}

// begin is called when an update begins.
func (o *observer) begin() {
	o.flights, o.baselineMeasured, o.healthBaseline = map[*instance]*flight{}, false, nil
	o.target, o.began = o.w.target(), o.w.now
	o.membersAtStart, o.usableAtStart = len(o.w.cloud.members()), o.countUsableAtStart()
	o.usableSince = usableSince{}
	o.launchedBefore, o.versionsMade, o.copyMade, o.imageAtEnd = o.w.tally.Launched, 0, false, ""
	if o.w.records.ledger.now.Sizes == nil { // nothing is borrowed, so the present sizes are the owner's
		size := o.w.cloud.size
		o.owner, o.largest, o.smallest, o.sizesUncertain = size, size, size, false
	}
	o.adoptScaling()
	switch debt := o.w.records.ledger.now.Template; {
	case debt != nil:
		o.templateBefore = debt.Before
	case o.w.records.update.Rollback == nil: // a rollback restores the reference from before the other update
		o.templateBefore = o.w.cloud.template.ref
	}
	o.budgetsMet = map[string]bool{}
	for id, b := range o.w.cluster.budgets {
		o.budgetsMet[id] = b.Healthy >= b.Needed
	}
}

// target returns the image that the update has to bring to all nodes.
func (w *World) target() upgrade.Image {
	if back := w.records.update.Rollback; back != nil && back.Undone != nil {
		return w.image(back.Undone.Before.Image).Image
	}
	target := w.records.update.Target
	if target.TemplateVersion != "" {
		ref := w.cloud.template.ref
		ref.Version = target.TemplateVersion
		version, _ := w.cloud.template.resolve(ref)
		return w.image(version.Image).Image
	}
	image, _ := w.targetImage(target, w.config.Images[0].Image)
	return image
}

// violated records a broken promise.
func (o *observer) violated(promise int, format string, args ...any) {
	err := fmt.Errorf("promise %d is broken: %s", promise, fmt.Sprintf(format, args...))
	o.violations = append(o.violations, err)
	o.w.tell("%v", err)
}

// checkWrite is called before anything is changed. A process that has lost its Lease
// changes nothing. One that is to pause changes only what resumes Cluster Autoscaler.
func (o *observer) checkWrite(method string) {
	o.checkWriteWhilePaused(method)
	p := o.w.process
	if p.lease.lost {
		o.violated(6, "a process that has lost its Lease calls %s", method)
	}
	allowed := []string{"Nodes.Mark", "Autoscaler.Resume", "Records.SaveRun", "Records.SaveLedger"}
	if p.readPause && !slices.Contains(allowed, method) {
		o.violated(7, "the update is to pause, and the engine calls %s", method)
	}
}

// groupRemade is called when somebody deletes the group and makes it again. The new group is owed
// nothing by the updates before.
func (o *observer) groupRemade() {
	size := o.w.cloud.size
	o.remadeAt = o.w.now
	o.owner, o.largest, o.smallest, o.sizesUncertain = size, size, size, false
	o.templateBefore = o.w.cloud.template.ref
}

// checkPaused is called when the update is paused: Cluster Autoscaler has to be running.
func (o *observer) checkPaused() {
	if slices.Contains(o.w.cluster.autoscaler.holders, o.w.records.update.NodeGroup) {
		o.violated(5, "the update is paused, and Cluster Autoscaler is suspended")
	}
}

// checkLeft is called when a process has ended that was asked to. To let Cluster Autoscaler run needs
// only the cluster, so it runs, unless the cluster itself has failed. While the cloud is down, nodes that
// carry our marks are known nevertheless, so it may not remove them.
func (o *observer) checkLeft(p *process) {
	stopped := !p.askedToEndAt.IsZero() && o.w.now.Sub(p.askedToEndAt) > time.Minute // as by SIGSTOP
	if p.clusterFailed || stopped || len(o.w.config.CallTakes) > 0 {                 // slow calls may take all the time that it has
		return
	}
	if slices.Contains(o.w.cluster.autoscaler.holders, o.w.records.update.NodeGroup) {
		o.violated(5, "nobody works on the update any more, and Cluster Autoscaler is suspended")
	}
	ledger, _ := o.w.records.ledger.load()
	if !ledger.Autoscaler || !o.w.now.Before(o.w.calls.cloudDownUntil) {
		return
	}
	for _, n := range o.w.cluster.nodes {
		stays := n.instance != nil && !n.instance.isTerminating()
		if stays && n.Owner == o.w.records.update.NodeGroup && !n.Has(upgrade.MarkScaleDownDisabled) {
			o.violated(5, "nobody works on the update any more, and Cluster Autoscaler may remove node %s, which carries our marks", n.Name)
		}
	}
}

// err returns all broken promises as one error, or nil.
func (o *observer) err() error { return errors.Join(o.violations...) }

// timeAwake is the time since the beginning in which a process was running.
func (o *observer) timeAwake() time.Duration { return o.w.now.Sub(o.w.story.began) - o.timeAsleep }

// described is called when a describe shows the group as it is now.
func (o *observer) described() { o.lastDescribed = o.w.now }

// sizesChanged is called when somebody other than the engine changes the sizes. If the
// engine has not yet seen the sizes from before, this change cannot be told apart from
// earlier ones or from its own last one. Then every size between the smallest and the
// largest that the owner wanted is right, give or take one.
func (o *observer) sizesChanged(before, after upgrade.Size) {
	o.sizesChangedAt = o.w.now
	if after.Desired < before.Desired && o.enteredStandbyAt.After(o.passBegan) {
		o.sizesUncertain = true
		o.smallest.Desired--
	}
	o.owner.Max = ownerSize(o.owner.Max, before.Max, after.Max)
	o.owner.Desired = ownerSize(o.owner.Desired, before.Desired, after.Desired)
	o.owner.Max = max(o.owner.Max, o.owner.Desired)
	o.largest = upgrade.Size{Max: max(o.largest.Max, o.owner.Max), Desired: max(o.largest.Desired, o.owner.Desired)}
	o.smallest = upgrade.Size{Max: min(o.smallest.Max, o.owner.Max), Desired: min(o.smallest.Desired, o.owner.Desired)}
	if o.isScaling() { // it may end before it has acted on the change
		o.largest = upgrade.Size{Max: max(o.largest.Max, after.Max), Desired: max(o.largest.Desired, after.Desired)}
		o.smallest = upgrade.Size{Max: min(o.smallest.Max, after.Max), Desired: min(o.smallest.Desired, after.Desired)}
	}
	sizes, hidden := o.w.records.ledger.now.Sizes, o.w.now.Sub(o.w.cloud.changedAt) < o.w.lag
	if sizes != nil && sizes.Pending != nil { // the change was made to the expected or to the pending sizes
		base := upgrade.Size{Max: min(sizes.Expected.Max, sizes.Pending.Max), Desired: min(sizes.Expected.Desired, sizes.Pending.Desired)}
		o.largest.Max = max(o.largest.Max, sizes.Owner.Max+after.Max-base.Max)
		o.largest.Desired = max(o.largest.Desired, sizes.Owner.Desired+after.Desired-base.Desired)
	}
	o.sizesUncertain = o.sizesUncertain || hidden || sizes != nil && (sizes.Pending != nil || sizes.Expected != before)
}

// autoscalerRemoves is called when Cluster Autoscaler removes a node and lowers the desired size with it. A
// node from before the update, which nobody has drained, is one that the owner needs no more, so the
// owner's size is one less. Any other is one that the update has added or emptied.
func (o *observer) autoscalerRemoves(n *node, before, after upgrade.Size) {
	o.podsRemovedByOthers = true // with a hook, pods still go there
	owner := o.owner
	o.sizesChanged(before, after)
	if n.instance.Launched.After(o.began) || o.flights[n.instance] != nil {
		return
	}
	o.owner.Desired = max(owner.Desired-1, o.w.cloud.min)
	o.smallest.Desired = min(o.smallest.Desired, o.owner.Desired)
	o.sizesUncertain = true // who does not see the node before it is gone cannot know it
}

// tookAlong is called when an instance enters Standby and lowers the desired size, with the owner's sizes
// before that. AWS raises it again when the instance leaves Standby, so the owner has one less in
// service meanwhile, whatever the surge is.
func (o *observer) tookAlong(owner upgrade.Size) {
	o.owner.Desired = max(owner.Desired-1, o.w.cloud.min)
	o.smallest.Desired = min(o.smallest.Desired, o.owner.Desired)
}

// enteredStandby is called when an instance enters Standby and is replaced.
func (o *observer) enteredStandby() {
	o.enteredStandbyAt = o.w.now
	if !o.sizesChangedAt.Before(o.passBegan) {
		o.sizesUncertain = true
		o.smallest.Desired--
	}
}

// ledgerSaved is called when the engine saves the ledger. Sizes that it saves as the next ones may be
// those that somebody has set since it read the group: it cannot tell then that they are not its own.
func (o *observer) ledgerSaved(before, after upgrade.Ledger) {
	begins := after.Sizes != nil && after.Sizes.Pending != nil && (before.Sizes == nil || before.Sizes.Pending == nil)
	if begins {
		o.surgeDecided = o.maxSurge()
		o.sizesUncertain = o.sizesUncertain || o.sizesChangedAt.After(o.passBegan)
	}
}

// instanceReclaimed is called when AWS or a person removes an instance. If the engine
// was about to terminate it and to lower the desired size, its call may have come first,
// with somebody raising the size since. So the larger size is right, too.
func (o *observer) instanceReclaimed(instance string) {
	sizes := o.w.records.ledger.now.Sizes
	o.sizesUncertain = o.sizesUncertain || sizes != nil && sizes.ShrinkInstance == instance
}

// sizesMayBeHidden reports whether the last describe may not show the last change of the
// sizes by somebody else, because it lags or its answer took long. If so, a change that the engine makes now cannot be told
// apart from it, and the owner's sizes become uncertain.
func (o *observer) sizesMayBeHidden() bool {
	age := o.w.lag
	if takes := o.w.config.CallTakes["Groups.Group"]; takes > 0 {
		age = max(age, takes+2*time.Second)
	}
	hidden := o.w.now.Sub(o.sizesChangedAt) < age
	o.sizesUncertain = o.sizesUncertain || hidden
	return hidden
}

// ownerSize returns the owner's new size when somebody changes the present size from
// before to after while something is borrowed. A raise is a difference. A cut may be a
// difference or the new size itself: the larger of both counts.
func ownerSize(user, before, after int) int {
	if after >= before {
		return user + after - before
	}
	return max(user+after-before, min(user, after))
}

// isOwnersSize reports whether the sizes may be the owner's.
func (o *observer) isOwnersSize(size upgrade.Size) bool {
	if o.isScaling() && o.hasVerdict() && o.w.records.run.now.Verdict.Status != upgrade.Successful {
		return o.isOnTheWay(size)
	}
	if !o.sizesUncertain {
		return size == o.owner
	}
	within := func(n, smallest, largest int) bool { return smallest-1 <= n && n <= largest+1 }
	return within(size.Max, o.smallest.Max, o.largest.Max) && within(size.Desired, o.smallest.Desired, o.largest.Desired)
}

// outdated reports whether an instance does not run the target.
func (o *observer) outdated(i *instance) bool { return !o.isScaling() && i.Image != o.target.ID }

// neverJoined reports whether an instance from before the update has not joined within the
// join limit, or has lost its node during the update for that long. It counts as outdated,
// whatever its image (design, section 5).
func (o *observer) neverJoined(i *instance) bool {
	since := i.Launched
	if i.node != nil && i.node.lost && i.node.seen && i.node.ReadySince.After(o.began) {
		since = i.node.ReadySince
	}
	return (i.node == nil || i.node.lost) && i.Launched.Before(o.began) && o.w.now.Sub(since) > o.w.records.update.Policy.JoinTimeout
}

// hasVerdict reports whether the update has a verdict: what follows only restores.
func (o *observer) hasVerdict() bool { return o.w.records.run.now.Verdict != nil }

// mayRemoveUpToDate reports whether nodes that are not outdated may be removed, because
// the group has more than its desired size.
func (o *observer) mayRemoveUpToDate() bool {
	done := !slices.ContainsFunc(o.w.cloud.members(), o.outdated)
	return (done || o.hasVerdict()) && (o.sizesMayBeHidden() || o.w.cloud.size.Desired > o.smallest.Desired)
}

// maxUnavailable is how many nodes of the update may be in flight.
func (o *observer) maxUnavailable() int {
	count := o.w.records.update.Policy.MaxUnavailable
	if count.Percent {
		return min(max(min(o.membersAtStart, o.largest.Desired)*count.Value/100, 1), 100) // borrowed nodes do not count
	}
	return min(max(count.Value, 1), 100)
}

// maxSurge is the largest surge of the update. A rollback takes over the surge of the
// other update, which may be that of DEFAULT.
func (o *observer) maxSurge() int {
	if o.w.records.update.Rollback != nil {
		return o.maxSurgeOfEKS()
	}
	return o.maxSurgeOfStrategy()
}

// maxSurgeOfEKS is the largest surge that EKS documents, which is that of DEFAULT.
func (o *observer) maxSurgeOfEKS() int { return max(2*len(o.w.config.Zones), o.maxUnavailable()) }

// maxSurgeOfStrategy is the largest surge by the strategy. LEAN adds one node for each
// zone with outdated ones, or as many as may be in flight if that is more, but never
// more than there are outdated nodes left.
func (o *observer) maxSurgeOfStrategy() int {
	if o.isScaling() {
		return 0
	}
	if o.strategy() != upgrade.Lean || o.hasVerdict() {
		return o.maxSurgeOfEKS()
	}
	zones, left := map[int]bool{}, 0
	for _, i := range o.w.cloud.members() {
		if o.outdated(i) || o.neverJoined(i) {
			zones[i.zone] = true
			left++
		}
	}
	return min(max(len(zones), o.maxUnavailable()), left)
}

// undisturbed reports whether there was no fault and nobody else has changed sizes,
// nodes or pods.
func (o *observer) undisturbed() bool {
	noFaults := o.w.config.Flaky == 0 && len(o.w.calls.faults) == 0
	return noFaults && o.sizesChangedAt.IsZero() && !o.podsRemovedByOthers && !o.zonesChangedByOthers
}

func (o *observer) strategy() upgrade.Strategy { return o.w.records.update.Policy.Strategy }
