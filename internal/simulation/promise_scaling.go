package simulation

import (
	"slices"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// What a scaling promises beside the others: the sizes that were asked for, or what
// it has come to.

// scales reports whether the update is a scaling.
func (o *observer) scales() bool { return o.w.records.update.Scaling != nil }

// rescale takes over what the owner wants from now on. What he wanted before is still
// right until that is reached.
func (o *observer) rescale() {
	if !o.scales() {
		return
	}
	to := o.asked()
	o.most = upgrade.Size{Max: max(o.most.Max, to.Max, o.w.cloud.size.Max), Desired: max(o.most.Desired, to.Desired, o.w.cloud.size.Desired)}
	o.least = upgrade.Size{Max: min(o.user.Max, to.Max), Desired: min(o.user.Desired, to.Desired)}
	o.user = upgrade.Size{Max: to.Max, Desired: to.Desired}
}

// asked are the sizes that a scaling is to come to.
func (o *observer) asked() upgrade.Bounds {
	return o.w.records.update.Scaling.Of(upgrade.Bounds{Min: o.w.cloud.min, Max: o.user.Max, Desired: o.user.Desired})
}

// cameTo reports whether a scaling that did not succeed may leave these sizes: any on
// the way.
func (o *observer) cameTo(size upgrade.Size) bool {
	return o.least.Desired <= size.Desired && size.Desired <= o.most.Desired && o.least.Max <= size.Max && size.Max <= o.most.Max
}

// scalesIn holds the start of a drain in a scaling: none after the verdict, no
// instance that is protected, and from a zone with most nodes.
func (o *observer) scalesIn(i *instance) {
	switch {
	case !o.scales():
	case o.settled():
		o.breaks(3, "%s is to be drained, but the scaling has its verdict", i.ID)
	case i.Protected:
		o.breaks(3, "%s is to be drained, and it is protected from scale in", i.ID)
	case o.quiet() && o.w.lag == 0 && !o.w.records.update.Policy.Quarantine:
		o.fullest(i)
	}
}

func (o *observer) fullest(i *instance) {
	counts := make([]int, len(o.w.config.Zones))
	for _, m := range o.w.cloud.members() {
		if o.flights[m] == nil {
			counts[m.zone]++
		}
	}
	if counts[i.zone] < slices.Max(counts) {
		o.breaks(3, "%s is to be drained in %s, where there are fewer nodes than elsewhere: %v", i.ID, i.Zone, counts)
	}
}

// bounding is called before the minimum size is set.
func (o *observer) bounding(least int) {
	switch {
	case !o.scales():
		o.breaks(5, "the minimum size is set to %d, and nobody has asked for that", least)
	case least > o.w.cloud.size.Desired && !o.hidden():
		o.breaks(5, "the minimum size is set to %d, above the desired size %d, which rises by that", least, o.w.cloud.size.Desired)
	}
}

// bounded holds the minimum at the end: what was asked for, if that was reached.
func (o *observer) bounded(v *upgrade.Verdict) {
	if !o.scales() || v == nil || v.Status != upgrade.Successful || o.unsure {
		return
	}
	if want := o.asked().Min; o.w.cloud.min != want {
		o.breaks(5, "the minimum size is %d at the end, and %d was asked for", o.w.cloud.min, want)
	}
}
