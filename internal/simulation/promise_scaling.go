package simulation

import (
	"slices"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Checks of scalings, beside those of all updates.

// isScaling reports whether the update is a scaling.
func (o *observer) isScaling() bool { return o.w.records.update.Scaling != nil }

// adoptScaling makes the requested sizes those of the owner. The sizes from before are
// right, too, until the requested ones are reached.
func (o *observer) adoptScaling() {
	if !o.isScaling() {
		return
	}
	to := o.requestedBounds()
	now := o.w.cloud.size
	o.largest = upgrade.Size{Max: max(o.largest.Max, to.Max, now.Max), Desired: max(o.largest.Desired, to.Desired, now.Desired)}
	o.smallest = upgrade.Size{Max: min(o.owner.Max, to.Max), Desired: min(o.owner.Desired, to.Desired)}
	o.owner = upgrade.Size{Max: to.Max, Desired: to.Desired}
}

// requestedBounds returns the sizes that a scaling asks for.
func (o *observer) requestedBounds() upgrade.Bounds {
	return o.w.records.update.Scaling.Of(upgrade.Bounds{Min: o.w.cloud.min, Max: o.owner.Max, Desired: o.owner.Desired})
}

// isOnTheWay reports whether a scaling that did not succeed may leave these sizes: all
// between those from before and the requested ones.
func (o *observer) isOnTheWay(size upgrade.Size) bool {
	return o.smallest.Desired <= size.Desired && size.Desired <= o.largest.Desired &&
		o.smallest.Max <= size.Max && size.Max <= o.largest.Max
}

// checkScaleIn checks the start of a drain in a scaling: none after the verdict, none of
// a protected instance, and only in a zone with the most nodes.
func (o *observer) checkScaleIn(i *instance) {
	switch {
	case !o.isScaling():
	case o.hasVerdict():
		o.violated(3, "a drain of %s starts, though the scaling has its verdict", i.ID)
	case i.Protected:
		o.violated(3, "a drain of %s starts, though it is protected from scale in", i.ID)
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
		o.violated(3, "a drain of %s starts in %s, which has fewer nodes than another zone: %v", i.ID, i.Zone, counts)
	}
}

// checkMinimum is called before the engine sets the minimum size.
func (o *observer) checkMinimum(minimum int) {
	switch {
	case !o.isScaling():
		o.violated(5, "the minimum size is set to %d, though nobody has asked for that", minimum)
	case minimum > o.w.cloud.size.Desired && !o.sizesMayBeHidden():
		o.violated(5, "the minimum size is set to %d, above the desired size %d, which raises that",
			minimum, o.w.cloud.size.Desired)
	}
}

// checkMinimumAtEnd checks that a successful scaling ends with the requested minimum size.
func (o *observer) checkMinimumAtEnd(v *upgrade.Verdict) {
	if !o.isScaling() || v == nil || v.Status != upgrade.Successful || o.sizesUncertain {
		return
	}
	if want := o.requestedBounds().Min; o.w.cloud.min != want {
		o.violated(5, "the minimum size is %d at the end, want %d", o.w.cloud.min, want)
	}
}
