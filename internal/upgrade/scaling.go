package upgrade

import (
	"fmt"
)

// A scaling is an update that changes a group's sizes and no node's image. It goes
// through the same ledger: the owner's sizes are those that were asked for, and what
// the group has above them is drained and given back as at the end of any update,
// only before the verdict. What comes in between leaves the size where it has come to.

// Scaling is which sizes a group is to have; nil for one that stays.
type Scaling struct{ Min, Max, Desired *int }

// Bounds are all three sizes of a group.
type Bounds struct{ Min, Max, Desired int }

// String is the sizes in words.
func (b Bounds) String() string {
	return fmt.Sprintf("desired %d, minimum %d, maximum %d", b.Desired, b.Min, b.Max)
}

func (b Bounds) size() Size { return Size{Max: b.Max, Desired: b.Desired} }

// Scaled is what a scaling means for a group. It does not change.
type Scaled struct{ From, To Bounds }

// Of are the sizes that a group is to have whose sizes are these.
func (c Scaling) Of(now Bounds) Bounds {
	for _, one := range []struct {
		to   *int
		from *int
	}{{&now.Min, c.Min}, {&now.Max, c.Max}, {&now.Desired, c.Desired}} {
		if one.from != nil {
			*one.to = *one.from
		}
	}
	return now
}

// Check says in words why a group cannot have these sizes, and what to ask for.
func (b Bounds) Check() error {
	switch {
	case b.Min < 0 || b.Desired < 0 || b.Max < 0:
		return fmt.Errorf("a size cannot be less than 0 (%s)", b)
	case b.Min > b.Max:
		return fmt.Errorf("the minimum size would be %d and the maximum size %d: the maximum cannot be less, so change it, too", b.Min, b.Max)
	case b.Desired < b.Min:
		return fmt.Errorf("the desired size would be %d and the minimum size is %d: ask for %d or more nodes, or lower the minimum, too", b.Desired, b.Min, b.Min)
	case b.Desired > b.Max:
		return fmt.Errorf("the desired size would be %d and the maximum size is %d: ask for %d or fewer nodes, or raise the maximum, too", b.Desired, b.Max, b.Max)
	}
	return nil
}

// scales reports whether this update is a scaling.
func (s *state) scales() bool { return s.update.Scaling != nil }

// grows reports whether nodes are to be added.
func (s *state) grows() bool {
	return s.run.Scaling != nil && s.run.Scaling.To.Desired > s.run.Scaling.From.Desired
}

// scalingRules are those of a scaling until its verdict.
func scalingRules() []rule {
	return []rule{begin, awaitTurn, handOver, cancel, resume, pauseUpdate, groupLost, refuse, giveUp, watchHealth, keepSizes, hold, setupScaling, giveSizes, awaitGrown, raiseMinimum, concludeScaling}
}

// setupScaling finds out what is asked for and writes down what will be borrowed.
// The minimum size has no say in that: a lower one is set at once, as no node may go
// below it, and a higher one at the end.
func setupScaling(s *state, p *plan) {
	if s.run.Phase != Setup {
		return
	}
	for _, r := range []rule{measureScaling, lowerMinimum, openScaling} {
		if r(s, p); p.wanted() {
			return
		}
	}
}

// measureScaling remembers the group as it is and the sizes that it is to have. One
// that owes places to an earlier update has those sizes that its owner wants.
func measureScaling(s *state, p *plan) {
	if s.run.Scaling != nil {
		return
	}
	from := Bounds{Min: s.group.Min, Max: s.group.Size.Max, Desired: s.group.Size.Desired}
	owners := from
	if d := s.ledger.Sizes; d != nil {
		owners.Max, owners.Desired = d.Owner.Max, d.Owner.Desired
	}
	to := s.update.Scaling.Of(owners)
	if err := to.Check(); err != nil {
		p.fail(Conflict, nil, "group %s stays as it is: %v", s.group.Name, err)
		return
	}
	p.fresh = true
	p.remember(func(r *Run) { r.Scaling, r.Baseline = &Scaled{From: from, To: to}, s.baseline() })
	p.say("ScalingResolved", "the sizes of group %s are to go from %s to %s", s.group.Name, from, to)
}

func lowerMinimum(s *state, p *plan) {
	if s.run.Scaling.To.Min < s.group.Min {
		s.setMinimum(p)
	}
}

func (s *state) setMinimum(p *plan) {
	to := s.run.Scaling.To.Min
	p.do(setMinimum{to}, "MinimumSet", "", "the minimum size goes from %d to %d", s.group.Min, to)
}

// openScaling writes down the sizes that are asked for as the owner's, those that are
// there as what is to be given back, and what else is borrowed meanwhile.
func openScaling(s *state, p *plan) {
	to := s.run.Scaling.To
	p.owe(func(l *Ledger) {
		if l.Sizes == nil {
			l.Sizes = &Sizes{Expected: s.group.Size}
		}
		if l.Sizes.ShrinkInstance != "" { // by an earlier update, and nobody has it in flight
			l.Sizes.Pending, l.Sizes.ShrinkInstance = nil, ""
		}
		l.Sizes.Owner, l.Marks = to.size(), true
		if l.Sizes.Expected == l.Sizes.Owner && l.Sizes.Pending == nil {
			return // nothing moves
		}
		l.Autoscaler = l.Autoscaler || s.autoscalerWanted()
		s.borrowProcesses(l)
	})
	if s.grows() {
		p.enter(ScaleUp)
		return
	}
	p.enter(ScaleDown)
}

// giveSizes brings the sizes to what was asked for: up in one step, and down one at a
// time, draining each node that goes.
func giveSizes(s *state, p *plan) {
	if s.ledger.Sizes == nil {
		return
	}
	for _, r := range []rule{landDrains, leaveApart, recheckDrains, dropNeedless, sendSizes, roomLeft, healthLeft, startSurplus, drainNodes, cannotShrink} {
		if r(s, p); p.wanted() {
			return
		}
	}
	if len(s.run.Drains) > 0 || !s.settled() {
		p.block()
	}
}

func sendSizes(s *state, p *plan) {
	if next := s.nextSizes(); s.settled() && next != s.ledger.Sizes.Expected {
		p.owe(func(l *Ledger) { l.Sizes.send(next, "") })
	}
}

// nextSizes are the sizes on the way to the owner's that need no drain: the maximum
// follows the desired size, which only rises.
func (s *state) nextSizes() Size {
	d := s.ledger.Sizes
	surplus := max(0, d.Expected.Desired-d.Owner.Desired)
	return Size{
		Max:     max(d.Owner.Max, min(d.Expected.Max, d.Owner.Max+surplus)),
		Desired: max(d.Expected.Desired, d.Owner.Desired),
	}
}

// tooMany is how many nodes have still to go, without those in flight.
func (s *state) tooMany() int {
	d := s.ledger.Sizes
	return d.Expected.Desired - d.Owner.Desired - len(s.run.Drains)
}

// comeTo says which size a scaling leaves that ends now.
func (s *state) comeTo() string {
	d := s.ledger.Sizes
	if d == nil {
		return "The group stays as it is."
	}
	return fmt.Sprintf("The desired size stays %d", d.current().Desired) + "."
}

// keptSize is comeTo after another sentence, for a scaling.
func (s *state) keptSize() string {
	if !s.scales() {
		return ""
	}
	return ". " + s.comeTo()
}

// come is what the sizes have come to, with what is on its way.
func (d *Sizes) current() Size {
	if d.Pending != nil {
		return *d.Pending
	}
	return d.Expected
}

// awaitGrown waits, up to the join limit, until the nodes that were added are usable.
func awaitGrown(s *state, p *plan) {
	if !s.grows() {
		return
	}
	if notJoining(s, p); p.wanted() {
		return
	}
	limit := s.update.Policy.JoinTimeout
	missing := s.wanted() - len(s.where(func(*member) bool { return true }))
	if missing <= 0 && len(s.where(s.awaited)) == 0 {
		return
	}
	waited := p.wait("grown", limit, "%s of %d usable%s", verbed(s.usableNow()), s.wanted(), s.unready())
	if p.block(); waited >= limit && missing > 0 {
		p.fail(NodeCreationFailure, nil, "%s of %d usable after %s: %s not launched.%s The desired size stays %d, and Auto Scaling goes on trying",
			verbed(s.usableNow()), s.wanted(), brief(limit), verbed(missing), s.activity(), s.wanted())
	}
}

func (s *state) usableNow() int { return len(s.where(func(m *member) bool { return m.usable })) }

// verbed is a number of nodes with its verb.
func verbed(n int) string {
	if n == 1 {
		return "1 node is"
	}
	return fmt.Sprintf("%d nodes are", n)
}

// awaited reports whether a member is waited for: one that was launched lately and
// is on its way to become usable.
func (s *state) awaited(m *member) bool {
	return s.joining(m) && (m.Launched.IsZero() || s.elapsed(m.Launched) < s.update.Policy.JoinTimeout)
}

// raiseMinimum sets a higher minimum when the desired size has come there: before, it
// would raise that one.
func raiseMinimum(s *state, p *plan) {
	if to := s.run.Scaling.To.Min; to > s.group.Min && to <= s.group.Size.Desired {
		s.setMinimum(p)
	}
}

// concludeScaling ends a scaling, where bad health stops it only when the health is good.
func concludeScaling(s *state, p *plan) {
	if s.settles(p) {
		p.block()
		return
	}
	p.end(Verdict{Status: Successful})
}

// stayAtSize makes what a scaling has come to the owner's sizes, when it ends before
// it has come to what was asked for: nothing is given back that is not drained.
func stayAtSize(s *state, p *plan) {
	d := s.ledger.Sizes
	if !s.scales() || s.run.Scaling == nil || s.run.Verdict.Status == Successful || d == nil || d.Unexpected != nil || d.Owner == d.current() {
		return
	}
	p.owe(func(l *Ledger) { l.Sizes.Owner = d.current() })
	p.say("SizesKept", "the sizes stay what they have come to: %s", d.current())
}
