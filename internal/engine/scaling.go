package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nodelift/nodelift/internal/engine/debts"
	"github.com/nodelift/nodelift/internal/engine/drain"
	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// A scaling changes the sizes of a group, and drains each node that goes.

// setupScaling finds out what is asked for and writes down what will be borrowed.
// The minimum size has no say in that: a lower one is set at once, as no node may go
// below it, and a higher one at the end.
func setupScaling(s *state, p *plan.Plan) plan.Decision {
	if s.Run.Phase != upgrade.Setup {
		return plan.Nothing
	}
	return plan.FirstOf(s, p, settle, awaitRemovals, measureScaling, lowerMinimum, borrowForScaling)
}

// measureScaling remembers the group as it is and the sizes that it is to have. Where an earlier
// update still owes sizes, those of the owner are changed.
func measureScaling(s *state, p *plan.Plan) plan.Decision {
	if s.Run.Scaling != nil {
		return plan.Nothing
	}
	from, to := s.requestedSizes()
	if err := to.Check(); err != nil {
		return p.Fail(upgrade.Conflict, nil, "group %s stays as it is: %v", s.Group.Name, err)
	}
	p.Needs.Fresh = true
	p.Say("ScalingResolved", "changing the sizes of group %s: %s -> %s", s.Group.Name, from, to)
	return p.Remember(func(r *upgrade.Run) { r.Scaling, r.Baseline = &upgrade.Scaled{From: from, To: to}, s.Baseline() })
}

// requestedSizes are the sizes as they are, and those that a scaling asks for.
func (s *state) requestedSizes() (from, to upgrade.Bounds) {
	from = upgrade.Bounds{Min: s.Group.Min, Max: s.Group.Size.Max, Desired: s.Group.Size.Desired}
	owners := from
	if d := s.Ledger.Sizes; d != nil {
		owners.Max, owners.Desired = d.Owner.Max, d.Owner.Desired
	}
	return from, s.Update.Scaling.Of(owners)
}

func lowerMinimum(s *state, p *plan.Plan) plan.Decision {
	if s.Run.Scaling.To.Min >= s.Group.Min {
		return plan.Nothing
	}
	return s.setMinimum(p)
}

func (s *state) setMinimum(p *plan.Plan) plan.Decision {
	to := s.Run.Scaling.To.Min
	return p.Do(plan.SetMinimum{Least: to}, "MinimumSet", "", "minimum size %d -> %d", s.Group.Min, to)
}

// borrowForScaling writes down the sizes that are asked for as the owner's, and what else is
// borrowed meanwhile.
func borrowForScaling(s *state, p *plan.Plan) plan.Decision {
	ledger, _ := s.borrowed()
	p.Owe(func(l *upgrade.Ledger) { *l = ledger })
	if s.IsGrowing() {
		return p.Enter(upgrade.ScaleUp)
	}
	return p.Enter(upgrade.ScaleDown)
}

// changeSizes brings the sizes to what was asked for: up in one step, and down one at a
// time, draining each node that goes.
func changeSizes(s *state, p *plan.Plan) plan.Decision {
	if s.Ledger.Sizes == nil {
		return plan.Nothing
	}
	decided := plan.FirstOf(s, p, forgetGone, stopApart, recheckDrains, dropNeedless, of(debts.SendSizes), awaitReportsToShrink, awaitRoom, awaitGoodHealth, startSurplus, drainNodes, failKept)
	if decided == plan.Nothing && (len(s.Run.Drains) > 0 || !s.SizesSettled()) {
		return plan.Wait
	}
	return decided
}

// dropNeedless stops the drain of a node that need not go any more, because somebody has changed a
// size: the one that was chosen last.
func dropNeedless(s *state, p *plan.Plan) plan.Decision {
	for _, d := range slices.Backward(s.Run.Drains) {
		if s.StillToRemove() < 0 && d.Instance != s.Ledger.Sizes.ShrinkInstance {
			s.stopDrain(p, d)
			p.SayOf("DrainStopped", d.Node, "stopped draining %s: the group's desired size is %d", d.Name(), s.OwnersDesired())
			return plan.Act
		}
	}
	return plan.Nothing
}

// awaitRoom lets no further node go while pods have no room on those that are left: people may have
// asked for too few.
func awaitRoom(s *state, p *plan.Plan) plan.Decision {
	pods := s.unschedulableForCapacity()
	if len(pods) == 0 || s.StillToRemove() <= 0 {
		return plan.Nothing
	}
	limit, without := s.Update.Policy.DrainTimeout, drain.Pending(pods[0])+text.More(len(pods)-1)
	waited := p.WaitFor(plan.Room, limit, "removing no further node until the pods fit on the nodes that stay: %s", without)
	if len(s.Run.Drains) > 0 {
		drainNodes(s, p)
	}
	if waited >= limit && len(s.Run.Drains) == 0 {
		return p.Fail(upgrade.PodEvictionFailure, nil, "%s, for %s: %s is too few. %s", without, text.Duration(waited), text.Count(s.Run.Scaling.To.Desired, "node"), s.sizeStays())
	}
	return plan.Wait
}

// awaitGoodHealth lets no further node go while pods or new nodes are not Ready.
func awaitGoodHealth(s *state, p *plan.Plan) plan.Decision {
	if s.StillToRemove() <= 0 || !s.awaitsHealth(p) {
		return plan.Nothing
	}
	if len(s.Run.Drains) > 0 {
		drainNodes(s, p)
	}
	return plan.Wait
}

// failKept ends a scaling in which no node is left that may go.
func failKept(s *state, p *plan.Plan) plan.Decision {
	if !s.SizesSettled() || len(s.Run.Drains) > 0 || s.StillToRemove() <= 0 {
		return plan.Nothing
	}
	if s.NextToRemove(anyMember, s.isObstructed) != nil {
		return p.Fail(upgrade.NodeCreationFailure, nil, "at least %d usable nodes must stay, and there were too few for %s; %d of %d instances are there%s.%s %s",
			s.UsableRequiredToShrink(), text.Duration(s.Update.Policy.JoinTimeout), len(s.Where(anyMember)), s.Ledger.Sizes.Expected.Desired, s.NamesUnready(), s.activity(), s.sizeStays())
	}
	var kept, ids, protected []string
	for _, m := range s.Where(anyMember) {
		switch why := s.whyNotRemoved(m); {
		case why != "":
			kept, ids = append(kept, m.Name()+why), append(ids, m.ID)
		case m.Protected:
			protected = append(protected, m.Name())
		}
	}
	if len(kept) > 0 {
		return p.Fail(upgrade.PodEvictionFailure, ids, "%s cannot be drained, and no other is left that may go. %s. %s", text.Count(len(kept), "node"), strings.Join(kept, "; "), s.sizeStays())
	}
	return p.Fail(upgrade.Conflict, nil, "only nodes are left whose instances are protected from scale in (%s): remove the protection from those that may go, and retry. %s", strings.Join(protected, ", "), s.sizeStays())
}

// whyNotRemoved says after the name of a node why it cannot be drained, "" if it can be or must not
// be because it is protected.
func (s *state) whyNotRemoved(m *fleet.Member) string {
	switch q, pod := s.Run.QuarantinedNode(m.ID), s.StrandedPod(m); {
	case pod != "":
		return " is the last node of zone " + m.Zone + ", to which a volume of pod " + pod + " is bound: the pod would have no node to go to (move the volume, or use --force)"
	case m.Protected:
		return ""
	case q != nil:
		return ": " + q.Why
	case slices.Contains(s.Run.Undrainable, m.ID):
		return ": " + s.whyNotEmpty(m)
	}
	return ""
}

// sizeStays says which size a scaling leaves that ends now.
func (s *state) sizeStays() string {
	if s.Ledger.Sizes == nil {
		return "The group stays as it is."
	}
	return fmt.Sprintf("The desired size stays %d.", debts.SizesNow(s.Ledger.Sizes).Desired)
}

// keptSize is sizeStays after another sentence, for a scaling.
func (s *state) keptSize() string {
	if !s.IsScaling() {
		return ""
	}
	return ". " + s.sizeStays()
}

// awaitGrown waits, up to the join limit, until the nodes that were added are usable.
func awaitGrown(s *state, p *plan.Plan) plan.Decision {
	if !s.IsGrowing() {
		return plan.Nothing
	}
	return plan.FirstOf(s, p, failNotJoined, awaitAdded)
}

func awaitAdded(s *state, p *plan.Plan) plan.Decision {
	limit := s.Update.Policy.JoinTimeout
	missing := s.OwnersDesired() - len(s.Where(anyMember))
	if missing <= 0 && len(s.Where(s.IsAwaited)) == 0 {
		return plan.Nothing
	}
	waited := p.WaitFor(plan.Grown, limit, "%d of %d nodes are usable%s", s.CountUsable(), s.OwnersDesired(), s.NamesUnready())
	if waited < limit || missing <= 0 {
		return plan.Wait
	}
	return p.Fail(upgrade.NodeCreationFailure, nil, "%d of %d nodes are usable after %s; %s not launched.%s The desired size stays %d, and Auto Scaling keeps trying",
		s.CountUsable(), s.OwnersDesired(), text.Duration(limit), isOrAre(missing, "node"), s.activity(), s.OwnersDesired())
}

// isOrAre is a number of things with its verb: 1 node is, 2 nodes are.
func isOrAre(n int, thing string) string {
	if n == 1 {
		return "1 " + thing + " is"
	}
	return text.Count(n, thing) + " are"
}

// raiseMinimum sets a higher minimum size when the desired size has reached it: before, AWS would
// raise the desired size to it.
func raiseMinimum(s *state, p *plan.Plan) plan.Decision {
	if to := s.Run.Scaling.To.Min; to <= s.Group.Min || to > s.Group.Size.Desired {
		return plan.Nothing
	}
	return s.setMinimum(p)
}

// concludeScaling ends a scaling when enough nodes are usable and, where bad health stops it, the
// health is good.
func concludeScaling(s *state, p *plan.Plan) plan.Decision {
	return plan.FirstOf(s, p, awaitUsable, awaitHealth, succeed)
}

// stayAtSize makes the sizes that a scaling has reached the owner's, when it ends before it has
// reached those that were asked for: nothing is removed that is not drained.
func stayAtSize(s *state, p *plan.Plan) plan.Decision {
	d := s.Ledger.Sizes
	if !s.IsScaling() || s.Run.Scaling == nil || s.Run.Verdict.Status == upgrade.Successful || d == nil || d.Unexpected != nil || d.Owner == debts.SizesNow(d) {
		return plan.Nothing
	}
	p.Say("SizesKept", "leaving the sizes at %s", debts.SizesNow(d))
	return p.Owe(func(l *upgrade.Ledger) { l.Sizes.Owner = debts.SizesNow(d) })
}
