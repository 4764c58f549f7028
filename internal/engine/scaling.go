package engine

import (
	"fmt"

	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// scalingRules are those of a scaling until its verdict.
func scalingRules() []rule {
	return []rule{begin, awaitTurn, handOver, cancel, resume, pauseUpdate, groupLost, refuse, giveUp, watchHealth, keepSizes, hold, setupScaling, giveSizes, awaitGrown, raiseMinimum, concludeScaling}
}

// setupScaling finds out what is asked for and writes down what will be borrowed.
// The minimum size has no say in that: a lower one is set at once, as no node may go
// below it, and a higher one at the end.
func setupScaling(s *state, p *plan) {
	if s.Run.Phase != upgrade.Setup {
		return
	}
	p.firstOf(s, measureScaling, lowerMinimum, openScaling)
}

// measureScaling remembers the group as it is and the sizes that it is to have. One
// that owes places to an earlier update has those sizes that its owner wants.
func measureScaling(s *state, p *plan) {
	if s.Run.Scaling != nil {
		return
	}
	from := upgrade.Bounds{Min: s.Group.Min, Max: s.Group.Size.Max, Desired: s.Group.Size.Desired}
	owners := from
	if d := s.Ledger.Sizes; d != nil {
		owners.Max, owners.Desired = d.Owner.Max, d.Owner.Desired
	}
	to := s.Update.Scaling.Of(owners)
	if err := to.Check(); err != nil {
		p.fail(upgrade.Conflict, nil, "group %s stays as it is: %v", s.Group.Name, err)
		return
	}
	p.fresh = true
	p.remember(func(r *upgrade.Run) { r.Scaling, r.Baseline = &upgrade.Scaled{From: from, To: to}, s.Baseline() })
	p.say("ScalingResolved", "changing the sizes of group %s: %s -> %s", s.Group.Name, from, to)
}

func lowerMinimum(s *state, p *plan) {
	if s.Run.Scaling.To.Min < s.Group.Min {
		s.setMinimum(p)
	}
}

func (s *state) setMinimum(p *plan) {
	to := s.Run.Scaling.To.Min
	p.do(setMinimum{to}, "MinimumSet", "", "minimum size %d -> %d", s.Group.Min, to)
}

// openScaling writes down the sizes that are asked for as the owner's, those that are
// there as what is to be given back, and what else is borrowed meanwhile.
func openScaling(s *state, p *plan) {
	to := s.Run.Scaling.To
	p.owe(func(l *upgrade.Ledger) {
		if l.Sizes == nil {
			l.Sizes = &upgrade.Sizes{Expected: s.Group.Size}
		}
		if l.Sizes.ShrinkInstance != "" { // by an earlier update, and nobody has it in flight
			l.Sizes.Pending, l.Sizes.ShrinkInstance = nil, ""
		}
		l.Sizes.Owner, l.Marks = to.Size(), true
		if l.Sizes.Expected == l.Sizes.Owner && l.Sizes.Pending == nil {
			return // nothing moves
		}
		l.Autoscaler = l.Autoscaler || s.autoscalerWanted()
		s.borrowProcesses(l)
	})
	if s.IsGrowing() {
		p.enter(upgrade.ScaleUp)
		return
	}
	p.enter(upgrade.ScaleDown)
}

// giveSizes brings the sizes to what was asked for: up in one step, and down one at a
// time, draining each node that goes.
func giveSizes(s *state, p *plan) {
	if s.Ledger.Sizes == nil {
		return
	}
	if p.firstOf(s, landDrains, leaveApart, recheckDrains, dropNeedless, sendSizes, roomLeft, healthLeft, startSurplus, drainNodes, cannotShrink) {
		return
	}
	if len(s.Run.Drains) > 0 || !s.settled() {
		p.block()
	}
}

func sendSizes(s *state, p *plan) {
	if next := s.nextSizes(); s.settled() && next != s.Ledger.Sizes.Expected {
		p.owe(func(l *upgrade.Ledger) { send(l.Sizes, next, "") })
	}
}

// nextSizes are the sizes on the way to the owner's that need no drain: the maximum
// follows the desired size, which only rises.
func (s *state) nextSizes() upgrade.Size {
	d := s.Ledger.Sizes
	surplus := max(0, d.Expected.Desired-d.Owner.Desired)
	return upgrade.Size{
		Max:     max(d.Owner.Max, min(d.Expected.Max, d.Owner.Max+surplus)),
		Desired: max(d.Expected.Desired, d.Owner.Desired),
	}
}

// comeTo says which size a scaling leaves that ends now.
func (s *state) comeTo() string {
	d := s.Ledger.Sizes
	if d == nil {
		return "The group stays as it is."
	}
	return fmt.Sprintf("The desired size stays %d", current(d).Desired) + "."
}

// keptSize is comeTo after another sentence, for a scaling.
func (s *state) keptSize() string {
	if !s.IsScaling() {
		return ""
	}
	return ". " + s.comeTo()
}

// current is what the sizes are now, with the change that is on its way.
func current(d *upgrade.Sizes) upgrade.Size {
	if d.Pending != nil {
		return *d.Pending
	}
	return d.Expected
}

// awaitGrown waits, up to the join limit, until the nodes that were added are usable.
func awaitGrown(s *state, p *plan) {
	if !s.IsGrowing() {
		return
	}
	if p.firstOf(s, notJoining) {
		return
	}
	limit := s.Update.Policy.JoinTimeout
	missing := s.OwnersDesired() - len(s.Where(func(*fleet.Member) bool { return true }))
	if missing <= 0 && len(s.Where(s.IsAwaited)) == 0 {
		return
	}
	waited := p.wait("grown", limit, "%d of %d nodes are usable%s", s.CountUsable(), s.OwnersDesired(), s.NamesUnready())
	if p.block(); waited >= limit && missing > 0 {
		p.fail(upgrade.NodeCreationFailure, nil, "%d of %d nodes are usable after %s; %s not launched.%s The desired size stays %d, and Auto Scaling keeps trying",
			s.CountUsable(), s.OwnersDesired(), text.Duration(limit), isOrAre(missing, "node"), s.activity(), s.OwnersDesired())
	}
}

// isOrAre is a number of things with its verb: 1 node is, 2 nodes are.
func isOrAre(n int, thing string) string {
	if n == 1 {
		return "1 " + thing + " is"
	}
	return text.Count(n, thing) + " are"
}

// raiseMinimum sets a higher minimum when the desired size has come there: before, it
// would raise that one.
func raiseMinimum(s *state, p *plan) {
	if to := s.Run.Scaling.To.Min; to > s.Group.Min && to <= s.Group.Size.Desired {
		s.setMinimum(p)
	}
}

// concludeScaling ends a scaling, where bad health stops it only when the health is good.
func concludeScaling(s *state, p *plan) {
	if s.settles(p) {
		p.block()
		return
	}
	p.end(upgrade.Verdict{Status: upgrade.Successful})
}

// stayAtSize makes what a scaling has come to the owner's sizes, when it ends before
// it has come to what was asked for: nothing is given back that is not drained.
func stayAtSize(s *state, p *plan) {
	d := s.Ledger.Sizes
	if !s.IsScaling() || s.Run.Scaling == nil || s.Run.Verdict.Status == upgrade.Successful || d == nil || d.Unexpected != nil || d.Owner == current(d) {
		return
	}
	p.owe(func(l *upgrade.Ledger) { l.Sizes.Owner = current(d) })
	p.say("SizesKept", "leaving the sizes at %s", current(d))
}
