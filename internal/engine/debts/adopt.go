package debts

import (
	"slices"

	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// Sizes that somebody else sets while something is borrowed become the owner's.

// unexpectedSize remembers sizes that fit nothing, and adopts them when they are confirmed.
func (v *View) unexpectedSize(p *plan.Plan, seen upgrade.Size) plan.Decision {
	d := v.Ledger.Sizes
	if d.Unexpected == nil || *d.Unexpected != seen {
		return p.Owe(func(l *upgrade.Ledger) {
			l.Sizes.Unexpected, l.Sizes.UnexpectedSince, l.Sizes.UnexpectedStandby = &seen, v.Now, v.inStandby()
		})
	}
	since := v.Now.Sub(d.UnexpectedSince)
	if since < upgrade.ConfirmAfter {
		p.WaitFor(plan.Sizes, 0, "AWS reports the sizes %s instead of %s; reading again before treating that as somebody's change", seen, d.Expected)
		p.LookIn(upgrade.ConfirmAfter - since)
		return plan.Nothing
	}
	if seen == d.Expected && d.ShrinkInstance != "" { // and it is going
		switch {
		case v.TerminatedElsewhere == nil:
			p.Needs.TerminatedElsewhere = d.ShrinkInstance
			return plan.Nothing
		case *v.TerminatedElsewhere:
			p.Warn("NodeTakenAway", "%s was terminated by AWS or somebody else before Nodelift did it; removing another node instead", d.ShrinkInstance)
			return p.Owe(func(l *upgrade.Ledger) {
				*l.Sizes = upgrade.Sizes{Owner: d.Owner, Expected: d.Expected, Standby: d.Standby, Removing: d.Removing}
			})
		}
	}
	decided := p.Owe(func(l *upgrade.Ledger) {
		adopt(l.Sizes, reading{seen, v.Group.Min, v.inStandby(), v.removedByAutoscaler()}, v.shrunkUnseen())
	})
	p.Warn("SizesChanged", "sizes changed externally (%s -> %s); the owner's sizes are now %s", d.Expected, seen, p.Record.Ledger.Sizes.Owner)
	return decided
}

// adoptMinimum takes over a minimum size that is above the owner's desired size: AWS refuses every size
// below it.
func (v *View) adoptMinimum(p *plan.Plan) plan.Decision {
	owner, least := v.Ledger.Sizes.Owner, v.Group.Min
	waited := p.WaitFor(plan.Sizes, upgrade.ConfirmAfter, "AWS reports the minimum size %d, above the owner's desired size %d; reading again before treating that as somebody's change", least, owner.Desired)
	if waited < upgrade.ConfirmAfter {
		p.LookIn(upgrade.ConfirmAfter - waited)
		return plan.Nothing
	}
	p.Warn("SizesChanged", "the minimum size was raised to %d; the owner's desired size is now that, and no longer %d", least, owner.Desired)
	return p.Owe(func(l *upgrade.Ledger) {
		l.Sizes.Owner = upgrade.Size{Max: max(owner.Max, least), Desired: least}
		l.Sizes.Pending, l.Sizes.ShrinkInstance = nil, "" // it is refused
	})
}

// adopt takes over what somebody else has set. With a change on its way, theirs may have been made
// before or after it arrived: the reading that gives the owner the larger size is taken. A maximum
// that is one of ours was changed by nobody. What an instance took along into Standby it brings back:
// that is the owner's in full, not the surge's. So is what Cluster Autoscaler has removed, if that is all
// that was cut. shrunk: our own termination has lowered the desired
// size already.
func adopt(d *upgrade.Sizes, now reading, shrunk bool) {
	seen, base := now.size, d.Expected
	if d.Pending != nil {
		base = upgrade.Size{Max: min(base.Max, d.Pending.Max), Desired: min(base.Desired, d.Pending.Desired)}
	}
	if shrunk {
		base = *d.Pending
	}
	if seen.Max == d.Expected.Max || d.Pending != nil && seen.Max == d.Pending.Max {
		base.Max = seen.Max
	}
	away := max(0, min(d.UnexpectedStandby-d.Standby, base.Desired-seen.Desired))
	if removed := now.removed - d.Removing; removed > 0 && removed == base.Desired-seen.Desired {
		away = removed
	}
	owner := upgrade.Size{
		Max:     adoptOne(d.Owner.Max, base.Max, seen.Max),
		Desired: max(adoptOne(d.Owner.Desired-away, base.Desired-away, seen.Desired), now.least),
	}
	owner.Max = max(owner.Max, owner.Desired)
	*d = upgrade.Sizes{Owner: owner, Expected: seen, Standby: now.standby, Removing: now.removed}
}

// reading is what AWS reports: the sizes, the minimum size, how many instances are in Standby, and how many
// Cluster Autoscaler is removing.
type reading struct {
	size                    upgrade.Size
	least, standby, removed int
}

// removedByAutoscaler is how many of the owner's nodes are terminating because Cluster Autoscaler found that
// they are not needed. It had begun before it was suspended or the node was annotated. A node that
// the update has added or drained looks unneeded for that reason alone.
func (v *View) removedByAutoscaler() int {
	if v.Update.Rollback != nil { // what is outdated then is what the other update has added
		return 0
	}
	removed := 0
	for _, m := range v.Members {
		drained := m.InFlight || slices.ContainsFunc(v.Run.RecentlyTerminated, func(t upgrade.TerminatedInstance) bool { return t.Instance == m.ID })
		if m.Outdated && !drained && m.Lifecycle.IsTerminating() && m.Node != nil && m.Node.IsRemovedByAutoscaler() {
			removed++
		}
	}
	return removed
}

// inStandby is how many instances are in Standby.
func (v *View) inStandby() int {
	return len(v.Running(func(m *fleet.Member) bool {
		return m.Lifecycle == upgrade.Standby || m.Lifecycle == upgrade.EnteringStandby
	}))
}

// adoptOne reads one number. What was added is added to the owner's number. What was taken away may
// be meant as a difference or as the number itself, and may take no more than the surge: the larger
// reading is taken.
func adoptOne(owner, base, seen int) int {
	if seen >= base {
		return owner + seen - base
	}
	return max(owner+seen-base, min(owner, seen))
}
