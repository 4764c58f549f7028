package simulation

import (
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Checks of promise 2: how many usable nodes were promised, by what the owner has asked for and
// what has been usable since the start.

// usableSince is the most nodes that were usable for a time since the update began, without those
// that it has added. They count as soon as an engine has measured the group, and while it sees it.
type usableSince struct {
	most int
	// The present time of half a minute in which they are counted.
	began   time.Time
	last    time.Time
	fewest  int
	samples int
}

// usableFor is how long nodes have to be usable to count: in that time any engine has seen it.
const usableFor = 30 * time.Second

// usablePromised is the owner's desired size, or the most nodes that were usable at the start or
// since, if those were fewer.
func (o *observer) usablePromised() int {
	return min(o.knownDesired(), max(o.usableAtStart, o.usableSince.most))
}

// knownDesired is the owner's desired size. A change that an engine may not have confirmed yet
// counts only where it makes it smaller.
func (o *observer) knownDesired() int {
	if o.sizesUncertain { // give or take one
		return o.smallest.Desired - 1
	}
	if o.w.now.Sub(latest(o.sizesChangedAt, o.resumedAt)) < 3*time.Minute || o.timeAsleep > 0 {
		return o.smallest.Desired
	}
	return o.owner.Desired
}

// noteUsable counts the usable nodes after a pass.
func (o *observer) noteUsable() {
	u := &o.usableSince
	if o.sizesUncertain || o.w.records.update.PauseRequested || !o.baselineMeasured || o.w.credentials.account != ownAccount {
		u.samples = 0
		return
	}
	count := o.countUsableAtStart() - max(0, o.w.cloud.size.Desired-o.owner.Desired)
	if u.samples == 0 || o.w.now.Sub(u.last) > 2*upgrade.Interval {
		u.began, u.fewest, u.samples = o.w.now, count, 0
	}
	u.last, u.fewest = o.w.now, min(u.fewest, count)
	u.samples++
	if o.w.now.Sub(u.began) >= usableFor {
		u.most, u.samples = max(u.most, u.fewest), 0
	}
}

// checkUsableAtSuccess checks that an update is not Successful while fewer nodes are usable than
// promised. Those that somebody has cordoned are not waited for.
func (o *observer) checkUsableAtSuccess(v *upgrade.Verdict) {
	if v.Status != upgrade.Successful || !o.baselineMeasured {
		return
	}
	count := max(o.countUsableAtStart(), o.countUsable(nil)) // a describe may not show yet who went out of service
	for _, i := range o.w.cloud.members() {
		if i.node != nil && i.node.Ready && i.node.Has(upgrade.MarkCordon) && o.flights[i] == nil {
			count++
		}
	}
	if need := o.usablePromised(); count < need {
		o.violated(2, "the update is Successful, and %d nodes are usable; %d were promised", count, need)
	}
}
