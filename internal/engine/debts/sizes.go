package debts

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/upgrade"
)

func sizes() Debt {
	return Debt{
		Borrow: borrowSizes, Notice: noticeSizes, Restore: restoreSizes, Owed: owedSizes,
		Calls: sizesCalls(),
		Reads: SizesReads(),
	}
}

// SizesReads are the reads without which the sizes are not restored.
func SizesReads() []plan.Read {
	return []plan.Read{plan.GroupRead, plan.NodesRead, plan.PodsRead, plan.ActivitiesRead}
}

// borrowSizes notes the sizes of the group as the owner's. MINIMAL adds no nodes and borrows none.
// A scaling notes those that are asked for as the owner's, and what is there as what has to change.
func borrowSizes(v *View, l *upgrade.Ledger) bool {
	switch {
	case v.IsScaling():
		d := upgrade.Sizes{Expected: v.Group.Size, Standby: v.inStandby(), Removing: v.removedByAutoscaler()}
		if l.Sizes != nil {
			d = *l.Sizes
		}
		if d.ShrinkInstance != "" { // of an earlier update, and no longer in flight
			d.Pending, d.ShrinkInstance = nil, ""
		}
		d.Owner = v.Run.Scaling.To.Size()
		l.Sizes = &d
	case l.Sizes == nil && !v.IsMinimal():
		l.Sizes = &upgrade.Sizes{Owner: v.Group.Size, Expected: v.Group.Size, Standby: v.inStandby(), Removing: v.removedByAutoscaler()}
	default:
		return false
	}
	return true
}

// changesNothing reports whether the update is a scaling to the sizes that the group has.
func (v *View) changesNothing() bool {
	if !v.IsScaling() {
		return false
	}
	to, owed := v.Run.Scaling.To.Size(), v.Ledger.Sizes
	if owed == nil {
		return v.Group.Size == to
	}
	return owed.Expected == to && (owed.Pending == nil || owed.ShrinkInstance != "")
}

// noticeSizes compares the ledger with what the group reports. What was sent and is not there yet
// is sent again; somebody else's change is added to the owner's sizes as a difference.
func noticeSizes(v *View, p *plan.Plan) plan.Decision {
	d := v.Ledger.Sizes
	if d == nil || v.GroupGone {
		return plan.Nothing
	}
	switch seen := v.Group.Size; {
	case d.Pending != nil && seen == *d.Pending:
		return p.Owe(func(l *upgrade.Ledger) { applied(l.Sizes) })
	case seen != d.Expected || v.shrunkUnseen():
		return v.unexpectedSize(p, seen)
	case d.Unexpected == nil && v.inStandby() != d.Standby: // one was replaced, or was terminated there
		return p.Owe(func(l *upgrade.Ledger) { l.Sizes.Standby = v.inStandby() })
	case d.Unexpected == nil && v.removedByAutoscaler() < d.Removing: // it is gone
		return p.Owe(func(l *upgrade.Ledger) { l.Sizes.Removing = v.removedByAutoscaler() })
	case d.Unexpected == nil && (d.Pending == nil || d.ShrinkInstance != "") && v.Group.Min > d.Owner.Desired:
		return v.adoptMinimum(p)
	case d.Unexpected != nil:
		return p.Owe(func(l *upgrade.Ledger) {
			l.Sizes.Unexpected, l.Sizes.UnexpectedSince, l.Sizes.UnexpectedStandby = nil, time.Time{}, 0
		})
	case d.Pending != nil && d.ShrinkInstance == "":
		return p.Do(plan.Resize{From: d.Expected, To: *d.Pending}, "Resizing", "", "%s", sizeChange(d.Expected, *d.Pending))
	}
	return plan.Nothing
}

// shrunkUnseen reports whether the instance whose termination was to lower the desired size is
// going, though the size is still what it was: the read is stale, or AWS or a person ended the
// instance first, or somebody raised the size by one at the same time.
func (v *View) shrunkUnseen() bool {
	d := v.Ledger.Sizes
	return d.ShrinkInstance != "" && v.IsGone(d.ShrinkInstance)
}

// sizeChange says which sizes change, as "desired size 3 -> 4".
func sizeChange(from, to upgrade.Size) string {
	var changes []string
	if from.Desired != to.Desired {
		changes = append(changes, fmt.Sprintf("desired size %d -> %d", from.Desired, to.Desired))
	}
	if from.Max != to.Max {
		changes = append(changes, fmt.Sprintf("maximum size %d -> %d", from.Max, to.Max))
	}
	return strings.Join(changes, ", ")
}

// SizesSettled reports whether sizes may be changed: nothing is on its way and nothing unexpected
// was seen.
func (v *View) SizesSettled() bool {
	d := v.Ledger.Sizes
	return d != nil && d.Pending == nil && d.Unexpected == nil
}

// RaiseSizes adds one to the desired size, and to the maximum size if that is in the way.
func (v *View) RaiseSizes(p *plan.Plan) plan.Decision {
	if !v.SizesSettled() {
		p.WaitFor(plan.SizesSettle, 0, "not raising the sizes until AWS reports the expected ones")
		return plan.Wait
	}
	d := v.Ledger.Sizes
	next := upgrade.Size{Desired: d.Expected.Desired + 1, Max: max(d.Expected.Max, d.Owner.Max+v.Added()+1)}
	return p.Owe(func(l *upgrade.Ledger) { send(l.Sizes, next, "") })
}

// SendSizes sets the sizes on the way to the owner's that need no drain.
func SendSizes(v *View, p *plan.Plan) plan.Decision {
	next := v.nextSizes()
	if !v.SizesSettled() || next == v.Ledger.Sizes.Expected {
		return plan.Nothing
	}
	return p.Owe(func(l *upgrade.Ledger) { send(l.Sizes, next, "") })
}

// nextSizes are the sizes on the way to the owner's that need no drain: the maximum follows the
// desired size, which only rises.
func (v *View) nextSizes() upgrade.Size {
	d := v.Ledger.Sizes
	surplus := max(0, d.Expected.Desired-d.Owner.Desired)
	return upgrade.Size{
		Max:     max(d.Owner.Max, min(d.Expected.Max, d.Owner.Max+surplus)),
		Desired: max(d.Expected.Desired, d.Owner.Desired),
	}
}

// ShrinkBy has an empty node terminated together with its place. The smaller size is saved first,
// for one node at a time.
func (v *View) ShrinkBy(p *plan.Plan, t plan.Terminate, where string) plan.Decision {
	d, instance := v.Ledger.Sizes, t.Drain.Instance
	switch {
	case v.SizesSettled():
		next := upgrade.Size{Max: d.Expected.Max, Desired: d.Expected.Desired - 1}
		if p.SaveLedger || next.Desired < d.Owner.Desired {
			return plan.Nothing
		}
		return p.Owe(func(l *upgrade.Ledger) { send(l.Sizes, next, instance) })
	case d.ShrinkInstance != instance:
		return plan.Nothing // another one goes first
	}
	t.Shrink = true
	return p.Do(t, "NodeTerminated", t.Drain.Node, "terminating empty instance %s (%s); desired size %d -> %d", instance, where, d.Expected.Desired, d.Pending.Desired)
}

// KeepPlaceOf forgets that a size was to be lowered together with an instance.
func (v *View) KeepPlaceOf(p *plan.Plan, instance string) {
	if d := v.Ledger.Sizes; d != nil && d.ShrinkInstance == instance {
		p.Owe(func(l *upgrade.Ledger) { l.Sizes.Pending, l.Sizes.ShrinkInstance = nil, "" })
	}
}

// SizesNow returns the sizes as they are, with the change that is on its way.
func SizesNow(d *upgrade.Sizes) upgrade.Size {
	if d.Pending != nil {
		return *d.Pending
	}
	return d.Expected
}

// restoreSizes lowers the sizes to the owner's, one node at a time, and drains each node that goes.
func restoreSizes(v *View, p *plan.Plan) plan.Decision {
	decided := v.Drains.ReplaceUseless(p)
	if decided != plan.Nothing || v.Ledger.Sizes == nil || v.Run.SizesNotRestored {
		return decided
	}
	check := func(_ *View, p *plan.Plan) plan.Decision { return v.Drains.Check(p) }
	shrink := func(_ *View, p *plan.Plan) plan.Decision { return v.Drains.Shrink(p) }
	return plan.FirstOf(v, p, check, finishSizes, giveBackUnfilled, shrink, giveUpSizes)
}

// giveUpSizes notes that no further node can be removed.
func giveUpSizes(v *View, p *plan.Plan) plan.Decision {
	pending := v.Ledger.Sizes.Pending != nil || v.Ledger.Sizes.Unexpected != nil
	if len(v.Run.Drains) == 0 && !pending {
		return p.Remember(func(r *upgrade.Run) { r.SizesNotRestored = true })
	}
	if len(v.Run.Drains) == 0 && v.IsFailing("Resizing") {
		return plan.Nothing
	}
	return plan.Wait
}

// LoseSizes notes that the sizes cannot be restored, because they could not be read or set, or nodes
// not be terminated, for longer than the limit.
func LoseSizes(v *View, p *plan.Plan) plan.Decision {
	if v.Ledger.Sizes == nil || v.Run.SizesNotRestored || !v.isResizeLost() {
		return plan.Nothing
	}
	return p.Remember(func(r *upgrade.Run) { r.SizesNotRestored, r.Drains = true, nil })
}

// sizesCalls are the calls that restore the sizes: those that empty the nodes of the surge, too.
func sizesCalls() []string {
	return []string{"Resizing", "NodeTainted", "NodeCordoned", "NodeTerminated"}
}

// isResizeLost reports whether a call that the sizes need has failed for longer than the limit.
func (v *View) isResizeLost() bool {
	needed := append(sizesCalls(), SizesReads()...)
	return slices.ContainsFunc(v.Run.FailedCalls, func(c upgrade.FailedCall) bool {
		return slices.Contains(needed, c.Reason) && v.IsPastLimit(c)
	})
}

// finishSizes lowers the maximum to follow the desired size, and clears the debt when both are the
// owner's.
func finishSizes(v *View, p *plan.Plan) plan.Decision {
	d := v.Ledger.Sizes
	switch {
	case !v.SizesSettled():
		return plan.Nothing
	case d.Expected != d.Owner:
		return SendSizes(v, p)
	case !v.IsScaling():
		p.Say("SizesRestored", "restored the owner's sizes: %s", d.Owner)
	}
	return p.Owe(func(l *upgrade.Ledger) { l.Sizes = nil })
}

func owedSizes(v *View) (what, why string) {
	d := v.Ledger.Sizes
	if d == nil {
		return "", ""
	}
	return fmt.Sprintf("the sizes are %s instead of the owner's %s", d.Expected, d.Owner), v.Drains.WhyKept()
}

// applied notes that what was on its way has arrived.
func applied(d *upgrade.Sizes) {
	*d = upgrade.Sizes{Owner: d.Owner, Expected: *d.Pending, Standby: d.Standby, Removing: d.Removing}
}

// send notes sizes that are to be set next.
func send(d *upgrade.Sizes, size upgrade.Size, shrink string) {
	d.Pending, d.ShrinkInstance = &size, shrink
}
