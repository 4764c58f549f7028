package simulation

import (
	"slices"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// What a scaling promises beside the others: the sizes that were asked for, or what
// it has come to.

// isScaling reports whether the update is a scaling.
func (o *observer) isScaling() bool { return o.w.records.update.Scaling != nil }

// adoptScaling takes over what the owner wants from now on. What he wanted before is still
// right until that is reached.
func (o *observer) adoptScaling() {
	if !o.isScaling() {
		return
	}
	to := o.requestedBounds()
	o.largest = upgrade.Size{Max: max(o.largest.Max, to.Max, o.w.cloud.size.Max), Desired: max(o.largest.Desired, to.Desired, o.w.cloud.size.Desired)}
	o.smallest = upgrade.Size{Max: min(o.owner.Max, to.Max), Desired: min(o.owner.Desired, to.Desired)}
	o.owner = upgrade.Size{Max: to.Max, Desired: to.Desired}
}

// requestedBounds are the sizes that a scaling is to come to.
func (o *observer) requestedBounds() upgrade.Bounds {
	return o.w.records.update.Scaling.Of(upgrade.Bounds{Min: o.w.cloud.min, Max: o.owner.Max, Desired: o.owner.Desired})
}

// isOnTheWay reports whether a scaling that did not succeed may leave these sizes: any on
// the way.
func (o *observer) isOnTheWay(size upgrade.Size) bool {
	return o.smallest.Desired <= size.Desired && size.Desired <= o.largest.Desired && o.smallest.Max <= size.Max && size.Max <= o.largest.Max
}

// checkScaleIn holds the start of a drain in a scaling: none after the verdict, no
// instance that is protected, and from a zone with most nodes.
func (o *observer) checkScaleIn(i *instance) {
	switch {
	case !o.isScaling():
	case o.hasVerdict():
		o.violated(3, "%s is to be drained, but the scaling has its verdict", i.ID)
	case i.Protected:
		o.violated(3, "%s is to be drained, and it is protected from scale in", i.ID)
	case o.undisturbed() && o.w.lag == 0 && !o.w.records.update.Policy.Quarantine:
		o.checkFullestZone(i)
	}
}

func (o *observer) checkFullestZone(i *instance) {
	counts := make([]int, len(o.w.config.Zones))
	for _, m := range o.w.cloud.members() {
		if o.flights[m] == nil {
			counts[m.zone]++
		}
	}
	if counts[i.zone] < slices.Max(counts) {
		o.violated(3, "%s is to be drained in %s, where there are fewer nodes than elsewhere: %v", i.ID, i.Zone, counts)
	}
}

// checkMinimum is called before the minimum size is set.
func (o *observer) checkMinimum(least int) {
	switch {
	case !o.isScaling():
		o.violated(5, "the minimum size is set to %d, and nobody has asked for that", least)
	case least > o.w.cloud.size.Desired && !o.sizesMayBeHidden():
		o.violated(5, "the minimum size is set to %d, above the desired size %d, which rises by that", least, o.w.cloud.size.Desired)
	}
}

// checkMinimumAtEnd holds the minimum at the end: what was asked for, if that was reached.
func (o *observer) checkMinimumAtEnd(v *upgrade.Verdict) {
	if !o.isScaling() || v == nil || v.Status != upgrade.Successful || o.sizesUncertain {
		return
	}
	if want := o.requestedBounds().Min; o.w.cloud.min != want {
		o.violated(5, "the minimum size is %d at the end, and %d was asked for", o.w.cloud.min, want)
	}
}
