package engine

import (
	"cmp"
	"slices"
	"strings"

	"github.com/nodelift/nodelift/internal/engine/debts"
	"github.com/nodelift/nodelift/internal/engine/drain"
	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// What was borrowed is restored after the verdict, however an update ends (step 9): first the drains
// that are not finished are stopped, then each debt is restored in its turn. What this takes of
// draining nodes is here.

// restore asks the rules that restore what was borrowed, until one decides something. A rule whose
// reads or calls keep failing does not stop the others: what can be restored without them is restored
// meanwhile, and when they have failed for longer than their limit, they are given up.
func restore(s *state, p *plan.Plan) plan.Decision {
	var failing []plan.Step
	waits := false
	for _, r := range restoring() {
		if call := s.failedReadOf(r.reads); call != nil {
			if !s.IsFailing(call.Reason) {
				return plan.Wait
			}
			waits = waits || !s.IsPastLimit(*call)
			continue
		}
		switch decided := r.rule(s, p); {
		case decided == plan.Nothing:
		case p.Intends() || !s.keepsFailing(p.Steps):
			p.Steps = append(failing, p.Steps...)
			return decided
		case s.failedTooLong(p.Steps):
			p.FailedCalls = append(p.FailedCalls, s.callsOf(p.Steps)...)
		default:
			failing = append(failing, p.Steps...)
		}
		p.Steps = nil // each rule decides for itself
	}
	p.Steps = failing
	switch {
	case len(failing) > 0:
		return plan.Act
	case waits:
		return plan.Wait
	}
	return finish(s, p)
}

// restoringRule is a rule of the end, with the reads that it cannot do without.
type restoringRule struct {
	reads []plan.Read
	rule  rule
}

// restoring are these rules.
func restoring() []restoringRule {
	members, keeping := []plan.Read{plan.GroupRead, plan.NodesRead}, []plan.Read{plan.GroupRead, plan.NodesRead, plan.AutoscalerRead}
	rules := []restoringRule{{nil, turnBack}, {nil, of(debts.LoseSizes)}, {members, noticeChanges}, {members, dropDrains}, {members, stayAtSize}, {keeping, keepBorrowed}, {members, restoreWarmPool}}
	for _, d := range debts.All() {
		rules = append(rules, restoringRule{d.Reads, of(d.Restore)})
	}
	return append(rules, restoringRule{members, awaitReturning})
}

// failedReadOf returns the first of some reads that failed in this pass, since when it has, or nil.
func (s *state) failedReadOf(reads []plan.Read) *upgrade.FailedCall {
	for _, call := range s.failedReads {
		if !slices.Contains(reads, call.Reason) {
			continue
		}
		for _, before := range s.Run.FailedCalls {
			if before.Reason == call.Reason && before.Code == call.Code {
				call.Since = before.Since
			}
		}
		return &call
	}
	return nil
}

// keepsFailing reports whether each call of some steps has been failing for a while.
func (s *state) keepsFailing(steps []plan.Step) bool {
	return len(steps) > 0 && !slices.ContainsFunc(steps, func(st plan.Step) bool { return !s.IsFailing(st.Event.Reason) })
}

// failedTooLong reports whether a call of some steps has been failing for longer than its limit.
func (s *state) failedTooLong(steps []plan.Step) bool {
	return slices.ContainsFunc(s.callsOf(steps), s.IsPastLimit)
}

// callsOf returns the failed calls that some steps would make again.
func (s *state) callsOf(steps []plan.Step) []upgrade.FailedCall {
	var calls []upgrade.FailedCall
	for _, c := range s.Run.FailedCalls {
		if slices.ContainsFunc(steps, func(st plan.Step) bool { return st.Event.Reason == c.Reason }) {
			calls = append(calls, c)
		}
	}
	return calls
}

// dropDrains stops the drains of outdated nodes; keepBorrowed takes their marks off. A node that is
// empty and about to go with its place gives that back.
func dropDrains(s *state, p *plan.Plan) plan.Decision {
	for _, d := range s.Run.Drains {
		switch sizes := s.Ledger.Sizes; {
		case d.Surplus && !s.IsScaling() || s.IsUseless(s.ByID[d.Instance]):
		case sizes != nil && sizes.ShrinkInstance == d.Instance && d.Surplus:
		case sizes != nil && sizes.ShrinkInstance == d.Instance:
			p.Remember(func(r *upgrade.Run) { r.DrainOf(d.Instance).Surplus = true })
		default:
			p.Remember(func(r *upgrade.Run) { r.RemoveDrain(d.Instance) })
			p.SayOf("DrainStopped", d.Node, "stopped draining %s", d.Name())
		}
	}
	return p.Decided()
}

// surplus drains the nodes that restoring the sizes has to remove.
type surplus struct{ *state }

var _ debts.Drains = surplus{}

// Check looks at the nodes in flight before any is drained further.
func (s surplus) Check(p *plan.Plan) plan.Decision {
	return plan.FirstOf(s.state, p, forgetGone, stopApart, recheckDrains)
}

// Shrink drains nodes beyond the owner's desired size.
func (s surplus) Shrink(p *plan.Plan) plan.Decision {
	if s.MostlySilent() != nil {
		return keepSilent(s.state, p)
	}
	return plan.FirstOf(s.state, p, startSurplus, drainNodes)
}

// ReplaceUseless has instances replaced that MINIMAL launched before it failed and that did not
// become nodes: it has added none whose place they could give back, and Auto Scaling takes them for
// healthy. As long as the launch template is not restored, their replacements would not become nodes
// either.
func (s surplus) ReplaceUseless(p *plan.Plan) plan.Decision {
	v := s.Run.Verdict
	if !s.IsMinimal() || v.Status != upgrade.Failed || v.RestoreTemplate && s.Ledger.Template != nil {
		return plan.Nothing
	}
	if s.MostlySilent() != nil {
		return plan.FirstOf(s.state, p, forgetGone, stopApart, keepSilent)
	}
	return plan.FirstOf(s.state, p, forgetGone, stopApart, startUseless, drainNodes, awaitUseless)
}

// awaitUseless waits until those in flight are gone.
func awaitUseless(s *state, _ *plan.Plan) plan.Decision {
	if slices.ContainsFunc(s.Run.Drains, func(d upgrade.Drain) bool { return !d.Surplus }) {
		return plan.Wait
	}
	return plan.Nothing
}

// startUseless puts in flight those whose time to join is over, silent ones one at a time, and waits
// for the others.
func startUseless(s *state, p *plan.Plan) plan.Decision {
	decided, silent := plan.Nothing, s.DrainsSilent()
	for _, m := range s.Where(func(m *fleet.Member) bool { return !m.InFlight && !slices.Contains(s.Run.Undrainable, m.ID) }) {
		switch since := s.JoiningSince(m); {
		case s.IsUseless(m) && s.IsUnheard(m) && silent: // it is next
		case s.IsUseless(m):
			silent = silent || s.IsUnheard(m)
			decided = s.startDrain(p, m, false)
		case m.Launched.Before(s.Run.Verdict.At) && s.MayJoin(m):
			p.WaitSince(since, plan.Coming(m.ID), s.Update.Policy.JoinTimeout, "giving instance %s (%s) time to become a node: %s", m.ID, m.Zone, m.NotUsable)
			decided = max(decided, plan.Wait)
		}
	}
	return decided
}

// startSurplus puts nodes in flight to give back their places, up to
// maxUnavailable at once. Instances that are no nodes yet do not count: nothing
// on them has to move.
func startSurplus(s *state, p *plan.Plan) plan.Decision {
	d := s.Ledger.Sizes
	if len(s.Run.Drains) >= d.Expected.Desired-d.Owner.Desired || d.Unexpected != nil {
		return plan.Nothing // a size that somebody changed may leave less to give back
	}
	if s.awaitLost(p, s.lostNotInFlight()...) { // they go first if they are not back by then
		return s.waitUnlessDraining()
	}
	full := s.NodesInFlight() >= s.MaxUnavailable()
	may := s.MaySpare()
	next := s.NextToRemove(func(m *fleet.Member) bool {
		return may(m) && (m.Node == nil || !full) && s.MayDrainSilent(m)
	}, s.isObstructed)
	if next != nil {
		return s.startDrain(p, next, true)
	}
	if full || s.NextToRemove(anyMember, s.isObstructed) == nil {
		return plan.Nothing
	}
	limit := s.Update.Policy.JoinTimeout
	waited := p.WaitFor(plan.Capacity, limit, "removing no node yet: at least %d usable nodes must stay%s", s.UsableRequiredToShrink(), s.NamesUnready())
	if waited >= limit {
		return plan.Nothing
	}
	s.lookAtMinReady(p)
	return s.waitUnlessDraining()
}

// waitUnlessDraining waits, but what is in flight goes on.
func (s *state) waitUnlessDraining() plan.Decision {
	if len(s.Run.Drains) > 0 {
		return plan.Nothing
	}
	return plan.Wait
}

func anyMember(*fleet.Member) bool { return true }

// isObstructed reports whether a node of a scaling or of a failed update is the one that could not be
// drained, or has a pod that could not be evicted now.
func (s *state) isObstructed(m *fleet.Member) bool {
	if s.EndsWell() && !s.IsScaling() || m.Node == nil {
		return false
	}
	if v := s.Run.Verdict; v != nil && slices.ContainsFunc(v.Errors, func(e upgrade.Error) bool { return slices.Contains(e.Resources, m.ID) }) {
		return true
	}
	return s.obstacleOn(m) != ""
}

// obstacleOn names the first pod of a node that could not be evicted now, or "".
func (s *state) obstacleOn(m *fleet.Member) string {
	return s.round().Obstacle(drain.Node{Drain: upgrade.Drain{Instance: m.ID}, Pods: s.Occupancy.Pods[m.Node.Name]})
}

// finish ends the work on the update. What could not be restored stays in the ledger and is named.
func finish(s *state, p *plan.Plan) plan.Decision {
	p.Enter(upgrade.Done)
	p.Record.Run.Owed = s.Owed()
	p.Say("UpdateEnded", "the update ended: %s after %s", s.Run.Verdict.Status, text.Duration(s.Now.Sub(s.Run.Started)))
	for _, what := range p.Record.Run.Owed {
		p.Warn("NotRestored", "%s", what)
	}
	s.nameWrongWarm(p)
	return plan.Act
}

// WhyKept names the nodes that could not be drained.
func (s surplus) WhyKept() string {
	var names []string
	for _, id := range s.Run.Undrainable {
		if m := s.ByID[id]; m != nil {
			names = append(names, m.Name()+" ("+s.whyNotEmpty(m)+")")
		}
	}
	if silence := s.MostlySilent(); silence != nil {
		return silence.String() + ", and may still run their pods"
	}
	if len(names) == 0 {
		return "no more nodes can be spared: only " + text.Count(s.CountUsable(), "usable node") + " left"
	}
	return "these nodes could not be drained: " + strings.Join(names, ", ")
}

// whyNotEmpty says what keeps a node from being empty.
func (s *state) whyNotEmpty(m *fleet.Member) string {
	if m.Node == nil {
		return "it has no node"
	}
	return cmp.Or(s.obstacleOn(m), "its pods took too long")
}
