package simulation

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// observer holds what an engine does against the promises of the design, by the
// world's own truth. Each promise has its file: promise_*.go.
type observer struct {
	w          *World
	violations []error
	before     State // the world before anything was done to it

	// owner is what the owner wants now; most and least are what he has wanted
	// at some time, because an engine believes a change only after a while.
	owner, largest, smallest upgrade.Size
	sizesUncertain           bool // about what that is
	sizesChangedAt           time.Time

	// The world when the update began: its target, the members, how many of them
	// were usable, and which budgets were met.
	target                        upgrade.Image
	began                         time.Time
	membersAtStart, usableAtStart int
	baselineMeasured              bool // by an engine
	budgetsMet                    map[string]bool

	zonesChangedByOthers bool                // somebody has made zones or nodes unlike each other
	podsRemovedByOthers  bool                // somebody else has taken pods or nodes away
	launchedBefore       int                 // when the update began
	versionsMade         int                 // of the template, made since
	templateBefore       upgrade.TemplateRef // how the group referred to it before, or an update that owes it still
	imageAtEnd           string              // the image that the group is to launch at the end, "" before the verdict
	flights              map[*instance]*flight
	lastDescribed        time.Time     // when a describe showed the group as it was
	timeAsleep           time.Duration // when nobody looked

	healthBaseline   map[*workload]healthAtStart // when an engine measured it, nil before
	healthBaselineAt time.Time
	badSince         time.Time
	resumedAt        time.Time // when somebody last let the update go on
}

func newObserver(w *World) *observer {
	size := w.cloud.size
	return &observer{w: w, before: w.State(), owner: size, largest: size, smallest: size}
}

// begin is the beginning of an update.
func (o *observer) begin() {
	o.flights, o.baselineMeasured, o.healthBaseline = map[*instance]*flight{}, false, nil
	o.target, o.began = o.w.target(), o.w.now
	o.membersAtStart, o.usableAtStart = len(o.w.cloud.members()), o.countUsableAtStart()
	o.launchedBefore, o.versionsMade, o.imageAtEnd = o.w.tally.Launched, 0, ""
	if o.w.records.ledger.now.Sizes == nil { // then the sizes are those that the owner wants
		size := o.w.cloud.size
		o.owner, o.largest, o.smallest, o.sizesUncertain = size, size, size, false
	}
	o.adoptScaling()
	switch debt := o.w.records.ledger.now.Template; {
	case debt != nil:
		o.templateBefore = debt.Before
	case o.w.records.update.Rollback == nil: // that is about the reference before the other update
		o.templateBefore = o.w.cloud.template.ref
	}
	o.budgetsMet = map[string]bool{}
	for id, b := range o.w.cluster.budgets {
		o.budgetsMet[id] = b.Healthy >= b.Needed
	}
}

// target is the image that the update means, by the image that it begins with.
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

// violated notes a broken promise.
func (o *observer) violated(promise int, format string, args ...any) {
	err := fmt.Errorf("promise %d is broken: %s", promise, fmt.Sprintf(format, args...))
	o.violations = append(o.violations, err)
	o.w.tell("%v", err)
}

// checkWrite is called before anything is changed: not by a process that has lost its
// Lease, and not by one that is to stand still, but for what lets Cluster Autoscaler go.
func (o *observer) checkWrite(method string) {
	o.checkWriteWhilePaused(method)
	p := o.w.process
	if p.lease.lost {
		o.violated(6, "a process that has lost its Lease calls %s", method)
	}
	if p.readPause && !slices.Contains([]string{"Nodes.Mark", "Autoscaler.Resume", "Records.SaveRun", "Records.SaveLedger"}, method) {
		o.violated(7, "the update is to stand still, and there is a call of %s", method)
	}
}

// checkPaused is called when the update stands still: Cluster Autoscaler may add nodes.
func (o *observer) checkPaused() {
	if slices.Contains(o.w.cluster.autoscaler.holders, o.w.records.update.NodeGroup) {
		o.violated(5, "the update stands still, and Cluster Autoscaler is suspended")
	}
}

// err is all that was broken, or nil.
func (o *observer) err() error { return errors.Join(o.violations...) }

// timeAwake is the time for which somebody was looking.
func (o *observer) timeAwake() time.Duration { return o.w.now.Sub(o.w.story.began) - o.timeAsleep }

// described notes that an engine has seen the group as it is now.
func (o *observer) described() { o.lastDescribed = o.w.now }

// sizesChanged notes that somebody else changes the sizes. If an engine has not seen
// yet what they were before, nobody can tell the changes apart, also from its own
// last one: then anything between the least and the most that the owner wanted is
// right, give or take one.
func (o *observer) sizesChanged(before, after upgrade.Size) {
	o.sizesChangedAt = o.w.now
	o.owner.Max = ownerSize(o.owner.Max, before.Max, after.Max)
	o.owner.Desired = ownerSize(o.owner.Desired, before.Desired, after.Desired)
	o.owner.Max = max(o.owner.Max, o.owner.Desired)
	o.largest = upgrade.Size{Max: max(o.largest.Max, o.owner.Max), Desired: max(o.largest.Desired, o.owner.Desired)}
	o.smallest = upgrade.Size{Max: min(o.smallest.Max, o.owner.Max), Desired: min(o.smallest.Desired, o.owner.Desired)}
	if o.isScaling() { // it may end before it has done anything about that
		o.largest = upgrade.Size{Max: max(o.largest.Max, after.Max), Desired: max(o.largest.Desired, after.Desired)}
		o.smallest = upgrade.Size{Max: min(o.smallest.Max, after.Max), Desired: min(o.smallest.Desired, after.Desired)}
	}
	sizes, hidden := o.w.records.ledger.now.Sizes, o.w.now.Sub(o.w.cloud.changedAt) < o.w.lag
	if sizes != nil && sizes.Pending != nil { // with which of the two somebody has done this nobody can tell
		base := upgrade.Size{Max: min(sizes.Expected.Max, sizes.Pending.Max), Desired: min(sizes.Expected.Desired, sizes.Pending.Desired)}
		o.largest.Max = max(o.largest.Max, sizes.Owner.Max+after.Max-base.Max)
		o.largest.Desired = max(o.largest.Desired, sizes.Owner.Desired+after.Desired-base.Desired)
	}
	o.sizesUncertain = o.sizesUncertain || hidden || sizes != nil && (sizes.Pending != nil || sizes.Expected != before)
}

// instanceReclaimed is called when AWS takes an instance away. If its termination was to
// lower the desired size, nobody can tell whether that call came first and
// somebody has raised the size since: the larger size is right, too.
func (o *observer) instanceReclaimed(instance string) {
	sizes := o.w.records.ledger.now.Sizes
	o.sizesUncertain = o.sizesUncertain || sizes != nil && sizes.ShrinkInstance == instance
}

// sizesMayBeHidden reports whether every describe may still hide what somebody has done to
// the sizes. What an engine does to them meanwhile nobody can tell apart either.
func (o *observer) sizesMayBeHidden() bool {
	hidden := o.w.now.Sub(o.sizesChangedAt) < o.w.lag
	o.sizesUncertain = o.sizesUncertain || hidden
	return hidden
}

// ownerSize is what an owner wants who changes a number that stands above what he
// wanted before. More is meant as so much more. Less may be meant so, too, or
// as the number itself: the larger one counts.
func ownerSize(user, before, after int) int {
	if after >= before {
		return user + after - before
	}
	return max(user+after-before, min(user, after))
}

// isOwnersSize reports whether the sizes are the owner's.
func (o *observer) isOwnersSize(size upgrade.Size) bool {
	if o.isScaling() && o.hasVerdict() && o.w.records.run.now.Verdict.Status != upgrade.Successful {
		return o.isOnTheWay(size)
	}
	if !o.sizesUncertain {
		return size == o.owner
	}
	within := func(n, least, most int) bool { return least-1 <= n && n <= most+1 }
	return within(size.Max, o.smallest.Max, o.largest.Max) && within(size.Desired, o.smallest.Desired, o.largest.Desired)
}

// outdated is the truth about an instance.
func (o *observer) outdated(i *instance) bool { return !o.isScaling() && i.Image != o.target.ID }

// neverJoined reports whether an instance was there before the update and has not joined in
// time: it counts as outdated, whatever its image (design, section 5).
func (o *observer) neverJoined(i *instance) bool {
	return i.node == nil && i.Launched.Before(o.began) && o.w.now.Sub(i.Launched) > o.w.records.update.Policy.JoinTimeout
}

// hasVerdict reports whether the update has a verdict: what follows gives back.
func (o *observer) hasVerdict() bool { return o.w.records.run.now.Verdict != nil }

// mayRemoveUpToDate reports whether nodes may go that are not outdated, because their
// place has to be given back.
func (o *observer) mayRemoveUpToDate() bool {
	done := !slices.ContainsFunc(o.w.cloud.members(), o.outdated)
	return (done || o.hasVerdict()) && (o.sizesMayBeHidden() || o.w.cloud.size.Desired > o.smallest.Desired)
}

// maxUnavailable is the maxUnavailable of the update, and bound the largest surge.
func (o *observer) maxUnavailable() int {
	count := o.w.records.update.Policy.MaxUnavailable
	if count.Percent {
		return min(max(min(o.membersAtStart, o.largest.Desired)*count.Value/100, 1), 100) // the other nodes are borrowed
	}
	return min(max(count.Value, 1), 100)
}

// maxSurge is the largest surge. A rollback takes over what there is, and may add as many
// as DEFAULT.
func (o *observer) maxSurge() int {
	if o.w.records.update.Rollback != nil {
		return o.maxSurgeOfEKS()
	}
	return o.maxSurgeOfStrategy()
}

// maxSurgeOfEKS is the largest surge that there may be (EKS).
func (o *observer) maxSurgeOfEKS() int { return max(2*len(o.w.config.Zones), o.maxUnavailable()) }

// maxSurgeOfStrategy is the largest of the update's own. LEAN adds no more than one node for each zone with
// outdated ones, or as many as may be in flight, and never more than are outdated
// still.
func (o *observer) maxSurgeOfStrategy() int {
	if o.isScaling() {
		return 0
	}
	if o.strategy() != upgrade.Lean || o.hasVerdict() {
		return o.maxSurgeOfEKS()
	}
	zones, left := map[int]bool{}, 0
	for _, i := range o.w.cloud.members() {
		if o.outdated(i) {
			zones[i.zone] = true
			left++
		}
	}
	return min(max(len(zones), o.maxUnavailable()), left)
}

// undisturbed reports whether nothing has come between: no fault, and nobody who changes
// sizes, nodes or pods.
func (o *observer) undisturbed() bool {
	return !o.podsRemovedByOthers && o.sizesChangedAt.IsZero() && o.w.config.Flaky == 0 && len(o.w.calls.faults) == 0 && !o.zonesChangedByOthers
}

func (o *observer) strategy() upgrade.Strategy { return o.w.records.update.Policy.Strategy }
