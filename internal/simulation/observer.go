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
	w      *World
	broken []error
	before State // the world before anything was done to it

	// user is what the owner wants now; most and least are what he has wanted
	// at some time, because an engine believes a change only after a while.
	user, most, least upgrade.Size
	unsure            bool // about what that is
	strangeAt         time.Time

	// The world when the update began: its target, the members, how many of them
	// were usable, and which budgets were met.
	target        upgrade.Image
	began         time.Time
	nodes, usable int
	measured      bool // by an engine
	sound         map[string]bool

	meddled   bool                // somebody has made zones or nodes unlike each other
	disturbed bool                // somebody else has taken pods or nodes away
	launched  int                 // when the update began
	versions  int                 // of the template, made since
	reference upgrade.TemplateRef // how the group referred to it before, or an update that owes it still
	launches  string              // the image that the group is to launch at the end, "" before the verdict
	flights   map[*instance]*flight
	lastSeen  time.Time     // when a describe showed the group as it was
	slept     time.Duration // when nobody looked

	health   map[*workload]healthBase // when an engine measured it, nil before
	healthAt time.Time
	badSince time.Time
	resumed  time.Time // when somebody last let the update go on
}

func newObserver(w *World) *observer {
	size := w.cloud.size
	return &observer{w: w, before: w.State(), user: size, most: size, least: size}
}

// begin is the beginning of an update.
func (o *observer) begin() {
	o.flights, o.measured, o.health = map[*instance]*flight{}, false, nil
	o.target, o.began = o.w.target(), o.w.now
	o.nodes, o.usable = len(o.w.cloud.members()), o.baseline()
	o.launched, o.versions, o.launches = o.w.tally.Launched, 0, ""
	if o.w.records.ledger.now.Sizes == nil { // then the sizes are those that the owner wants
		size := o.w.cloud.size
		o.user, o.most, o.least, o.unsure = size, size, size, false
	}
	o.rescale()
	switch debt := o.w.records.ledger.now.Template; {
	case debt != nil:
		o.reference = debt.Before
	case o.w.records.update.Rollback == nil: // that is about the reference before the other update
		o.reference = o.w.cloud.template.ref
	}
	o.sound = map[string]bool{}
	for id, b := range o.w.cluster.budgets {
		o.sound[id] = b.Healthy >= b.Needed
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

// breaks notes a broken promise.
func (o *observer) breaks(promise int, format string, args ...any) {
	err := fmt.Errorf("promise %d is broken: %s", promise, fmt.Sprintf(format, args...))
	o.broken = append(o.broken, err)
	o.w.tell("%v", err)
}

// writes is called before anything is changed: not by a process that has lost its
// Lease, and not by one that is to stand still, but for what lets Cluster Autoscaler go.
func (o *observer) writes(method string) {
	o.afterStop(method)
	p := o.w.process
	if p.lease.lost {
		o.breaks(6, "a process that has lost its Lease calls %s", method)
	}
	if p.halted && !slices.Contains([]string{"Nodes.Mark", "Autoscaler.Resume", "Records.SaveRun", "Records.SaveLedger"}, method) {
		o.breaks(7, "the update is to stand still, and there is a call of %s", method)
	}
}

// still is called when the update stands still: Cluster Autoscaler may add nodes.
func (o *observer) still() {
	if slices.Contains(o.w.cluster.scaler.holders, o.w.records.update.NodeGroup) {
		o.breaks(5, "the update stands still, and Cluster Autoscaler is suspended")
	}
}

// verdict is all that was broken, or nil.
func (o *observer) verdict() error { return errors.Join(o.broken...) }

// awake is the time for which somebody was looking.
func (o *observer) awake() time.Duration { return o.w.now.Sub(o.w.story.began) - o.slept }

// described notes that an engine has seen the group as it is now.
func (o *observer) described() { o.lastSeen = o.w.now }

// strange notes that somebody else changes the sizes. If an engine has not seen
// yet what they were before, nobody can tell the changes apart, also from its own
// last one: then anything between the least and the most that the owner wanted is
// right, give or take one.
func (o *observer) strange(before, after upgrade.Size) {
	o.strangeAt = o.w.now
	o.user.Max = wanted(o.user.Max, before.Max, after.Max)
	o.user.Desired = wanted(o.user.Desired, before.Desired, after.Desired)
	o.user.Max = max(o.user.Max, o.user.Desired)
	o.most = upgrade.Size{Max: max(o.most.Max, o.user.Max), Desired: max(o.most.Desired, o.user.Desired)}
	o.least = upgrade.Size{Max: min(o.least.Max, o.user.Max), Desired: min(o.least.Desired, o.user.Desired)}
	if o.scales() { // it may end before it has done anything about that
		o.most = upgrade.Size{Max: max(o.most.Max, after.Max), Desired: max(o.most.Desired, after.Desired)}
		o.least = upgrade.Size{Max: min(o.least.Max, after.Max), Desired: min(o.least.Desired, after.Desired)}
	}
	sizes, hidden := o.w.records.ledger.now.Sizes, o.w.now.Sub(o.w.cloud.changed) < o.w.lag
	if sizes != nil && sizes.Pending != nil { // with which of the two somebody has done this nobody can tell
		base := upgrade.Size{Max: min(sizes.Expected.Max, sizes.Pending.Max), Desired: min(sizes.Expected.Desired, sizes.Pending.Desired)}
		o.most.Max = max(o.most.Max, sizes.Owner.Max+after.Max-base.Max)
		o.most.Desired = max(o.most.Desired, sizes.Owner.Desired+after.Desired-base.Desired)
	}
	o.unsure = o.unsure || hidden || sizes != nil && (sizes.Pending != nil || sizes.Expected != before)
}

// reclaimed is called when AWS takes an instance away. If its termination was to
// lower the desired size, nobody can tell whether that call came first and
// somebody has raised the size since: the larger size is right, too.
func (o *observer) reclaimed(instance string) {
	sizes := o.w.records.ledger.now.Sizes
	o.unsure = o.unsure || sizes != nil && sizes.ShrinkInstance == instance
}

// hidden reports whether every describe may still hide what somebody has done to
// the sizes. What an engine does to them meanwhile nobody can tell apart either.
func (o *observer) hidden() bool {
	hidden := o.w.now.Sub(o.strangeAt) < o.w.lag
	o.unsure = o.unsure || hidden
	return hidden
}

// wanted is what an owner wants who changes a number that stands above what he
// wanted before. More is meant as so much more. Less may be meant so, too, or
// as the number itself: the larger one counts.
func wanted(user, before, after int) int {
	if after >= before {
		return user + after - before
	}
	return max(user+after-before, min(user, after))
}

// owners reports whether the sizes are the owner's.
func (o *observer) owners(size upgrade.Size) bool {
	if o.scales() && o.settled() && o.w.records.run.now.Verdict.Status != upgrade.Successful {
		return o.cameTo(size)
	}
	if !o.unsure {
		return size == o.user
	}
	within := func(n, least, most int) bool { return least-1 <= n && n <= most+1 }
	return within(size.Max, o.least.Max, o.most.Max) && within(size.Desired, o.least.Desired, o.most.Desired)
}

// outdated is the truth about an instance.
func (o *observer) outdated(i *instance) bool { return !o.scales() && i.Image != o.target.ID }

// stray reports whether an instance was there before the update and has not joined in
// time: it counts as outdated, whatever its image (design, section 5).
func (o *observer) stray(i *instance) bool {
	return i.node == nil && i.Launched.Before(o.began) && o.w.now.Sub(i.Launched) > o.w.records.update.Policy.JoinTimeout
}

// settled reports whether the update has a verdict: what follows gives back.
func (o *observer) settled() bool { return o.w.records.run.now.Verdict != nil }

// restores reports whether nodes may go that are not outdated, because their
// place has to be given back.
func (o *observer) restores() bool {
	done := !slices.ContainsFunc(o.w.cloud.members(), o.outdated)
	return (done || o.settled()) && (o.hidden() || o.w.cloud.size.Desired > o.least.Desired)
}

// atOnce is the maxUnavailable of the update, and bound the largest surge.
func (o *observer) atOnce() int {
	count := o.w.records.update.Policy.MaxUnavailable
	if count.Percent {
		return min(max(min(o.nodes, o.most.Desired)*count.Value/100, 1), 100) // the other nodes are borrowed
	}
	return min(max(count.Value, 1), 100)
}

// bound is the largest surge. A rollback takes over what there is, and may add as many
// as DEFAULT.
func (o *observer) bound() int {
	if o.w.records.update.Rollback != nil {
		return o.eksBound()
	}
	return o.surge()
}

// eksBound is the largest surge that there may be (EKS).
func (o *observer) eksBound() int { return max(2*len(o.w.config.Zones), o.atOnce()) }

// surge is the largest of the update's own. LEAN adds no more than one node for each zone with
// outdated ones, or as many as may be in flight, and never more than are outdated
// still.
func (o *observer) surge() int {
	if o.scales() {
		return 0
	}
	if o.strategy() != upgrade.Lean || o.settled() {
		return o.eksBound()
	}
	zones, left := map[int]bool{}, 0
	for _, i := range o.w.cloud.members() {
		if o.outdated(i) {
			zones[i.zone] = true
			left++
		}
	}
	return min(max(len(zones), o.atOnce()), left)
}

// quiet reports whether nothing has come between: no fault, and nobody who changes
// sizes, nodes or pods.
func (o *observer) quiet() bool {
	return !o.disturbed && o.strangeAt.IsZero() && o.w.config.Flaky == 0 && len(o.w.calls.faults) == 0 && !o.meddled
}

func (o *observer) strategy() upgrade.Strategy { return o.w.records.update.Policy.Strategy }
