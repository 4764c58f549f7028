package engine

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// What was borrowed is given back after the verdict, however an update ends:
// first the nodes that were not finished are let go, then the template, the
// sizes, the processes, the autoscaler and the marks. The autoscaler comes
// after the sizes, as in EKS: it would change them meanwhile.

// dropDrains lets go of outdated nodes in flight. hold takes their marks off. One
// that is empty and about to go with its place gives that back.
func dropDrains(s *state, p *plan) {
	for _, d := range s.Run.Drains {
		switch sizes := s.Ledger.Sizes; {
		case d.Surplus && !s.IsScaling() || s.IsUseless(s.ByID[d.Instance]):
		case sizes != nil && sizes.ShrinkInstance == d.Instance && d.Surplus:
		case sizes != nil && sizes.ShrinkInstance == d.Instance:
			p.remember(func(r *upgrade.Run) { r.DrainOf(d.Instance).Surplus = true })
		default:
			p.remember(func(r *upgrade.Run) { r.RemoveDrain(d.Instance) })
			p.events = append(p.events, p.event("DrainStopped", d.Node, "stopped draining %s", d.Name()))
		}
	}
}

// templateBack puts the template reference back where that changes nothing but
// the words, or where no node of the target ever became usable.
func templateBack(s *state, p *plan) {
	debt := s.Ledger.Template
	if debt == nil {
		return
	}
	if r := s.Run.Resolved; r != nil && !s.Group.Template.Is(r.Template) && s.Elapsed(s.leftSetup()) < upgrade.ConfirmAfter {
		p.waitSince(s.leftSetup(), "reference", upgrade.ConfirmAfter, "AWS still reports version %s of the launch template (eventual consistency); reading again", s.Group.Template.Version)
		p.block()
		return
	}
	if s.behind(debt) && p.wait("latest", upgrade.ConfirmAfter, "AWS reports $Latest of launch template %s as version %d, which is older than the one this update made; reading again", debt.Before.ID, s.before.Number) < upgrade.ConfirmAfter {
		p.block()
		return
	}
	ref, why := s.templateBefore(debt)
	if why != "" {
		p.do(useTemplate{ref}, "TemplateRestored", "", "the group uses version %s of launch template %s again: %s", ref.Version, ref.ID, why)
		return
	}
	p.owe(func(l *upgrade.Ledger) { l.Template = nil })
	if debt.Before.Follows() && !s.Group.Template.Same(debt.Before) {
		p.say("TemplatePinned", "the group used %s of launch template %s and now uses its version %s, which is not what %[1]s means", debt.Before.Version, debt.Before.ID, s.Group.Template.Version)
	}
}

// leftSetup is when the group was last pointed at a template version, at the latest.
// Describes of it may be from before that for a while.
func (s *state) leftSetup() time.Time {
	for _, phase := range s.Run.Phases {
		if phase.Phase != upgrade.Setup {
			return phase.Began
		}
	}
	return s.VerdictAt()
}

// behind reports whether what $Latest is said to mean is older than the version
// that was made, or may have been: EC2 is eventually consistent.
func (s *state) behind(debt *upgrade.TemplateDebt) bool {
	r := s.Run.Resolved
	if r == nil || debt.Before.Version != "$Latest" {
		return false
	}
	if s.Update.Rollback != nil { // the update before may have made a newer one just now
		return s.before.Number <= r.Template.Number
	}
	if r.Template.Number == 0 { // its number may not have been noted
		return s.before.Number <= debt.Pinned.Number
	}
	return r.Template.ID == debt.Before.ID && s.before.Number < r.Template.Number
}

// templateBefore is the reference to put back, and why; "" to leave it.
func (s *state) templateBefore(debt *upgrade.TemplateDebt) (upgrade.TemplateRef, string) {
	r := s.Run.Resolved
	ours := s.Group.Template.Is(debt.Pinned) || r != nil && s.Group.Template.Is(r.Template)
	onlyWords := debt.Before.Follows() && s.Group.Template.Is(s.before) && !s.Group.Template.Same(debt.Before)
	if r == nil && onlyWords { // an update before this one has left it so
		ours = true
	}
	switch {
	case s.Update.Rollback != nil && (r == nil || !s.Group.Template.Is(r.Template)) && onlyWords: // it has not gone back yet
		return debt.Before, "it means the same"
	case s.Run.Verdict.RestoreTemplate && r != nil && r.Template.Same(debt.Pinned) && s.Group.Template.Is(r.Template):
		if debt.Before.Follows() && s.before.Same(r.Before) {
			return debt.Before, s.whyTemplateBack()
		}
		return r.Before.Ref(), s.whyTemplateBack() // a rollback, which has gone back to Pinned itself
	case !ours || s.Group.Template.Same(debt.Before):
		return upgrade.TemplateRef{}, "" // it is put back, or somebody else changed it
	case s.Run.Verdict.RestoreTemplate && s.before.Number != debt.Pinned.Number:
		if s.Group.Template.Is(debt.Pinned) {
			return upgrade.TemplateRef{}, ""
		}
		return debt.Pinned.Ref(), s.whyTemplateBack() + ", and " + debt.Before.Version + " means the target by now"
	case s.Run.Verdict.RestoreTemplate:
		return debt.Before, s.whyTemplateBack()
	case debt.Before.Follows() && s.Group.Template.Is(s.before):
		return debt.Before, "it means the same"
	}
	return upgrade.TemplateRef{}, ""
}

func (s *state) whyTemplateBack() string {
	if s.Run.Verdict.Status == upgrade.Cancelled && len(s.Run.Verdict.Errors) > 0 {
		return "with the new one, health was bad"
	}
	if s.Run.Verdict.Status == upgrade.Cancelled {
		return "requested with the cancel"
	}
	return "no node of the target became usable"
}

// uselessReplaced has instances replaced that MINIMAL launched before it failed and
// that did not become nodes: it has added none whose place they could give back, and
// Auto Scaling takes them for healthy.
func uselessReplaced(s *state, p *plan) {
	if !s.IsMinimal() || s.Run.Verdict.Status != upgrade.Failed {
		return
	}
	if p.firstOf(s, landDrains, leaveApart, startUseless, drainNodes) {
		return
	}
	if slices.ContainsFunc(s.Run.Drains, func(d upgrade.Drain) bool { return !d.Surplus }) {
		p.block()
	}
}

// startUseless puts in flight those whose time to join is over, and waits for the
// others.
func startUseless(s *state, p *plan) {
	for _, m := range s.Where(func(m *fleet.Member) bool { return !m.InFlight && !slices.Contains(s.Run.Undrainable, m.ID) }) {
		switch since := s.JoiningSince(m); {
		case s.IsUseless(m):
			p.startDrain(m, false)
		case m.Launched.Before(s.Run.Verdict.At) && s.MayJoin(m):
			p.waitSince(since, "coming/"+m.ID, s.Update.Policy.JoinTimeout, "giving instance %s (%s) time to become a node: %s", m.ID, m.Zone, m.NotUsable)
			p.block()
		}
	}
}

// sizesBack gives the sizes back, one at a time, draining each node that goes
// (step 9).
func sizesBack(s *state, p *plan) {
	if s.Ledger.Sizes == nil || s.Run.SizesNotRestored {
		return
	}
	if p.firstOf(s, landDrains, leaveApart, recheckDrains, sizesEven, startSurplus, drainNodes) {
		return
	}
	if len(s.Run.Drains) > 0 || s.Ledger.Sizes.Pending != nil || s.Ledger.Sizes.Unexpected != nil {
		p.block()
		return
	}
	p.remember(func(r *upgrade.Run) { r.SizesNotRestored = true })
}

// sizesEven lowers the maximum to follow the desired size, and closes the debt
// when both are the owner's.
func sizesEven(s *state, p *plan) {
	d := s.Ledger.Sizes
	if !s.settled() {
		return
	}
	switch {
	case d.Expected != d.Owner:
		sendSizes(s, p)
	case s.IsScaling():
		p.owe(func(l *upgrade.Ledger) { l.Sizes = nil })
	default:
		p.owe(func(l *upgrade.Ledger) { l.Sizes = nil })
		p.say("SizesRestored", "restored the owner's sizes: %s", d.Owner)
	}
}

// resumeWait is the key of the wait for processes to be resumed, which also tells that
// somebody has asked for it.
const resumeWait = "resume"

// processesBack resumes what was suspended. AZRebalance is resumed only when
// the zones are as even as at the start, or differ by one at most: it would
// terminate nodes undrained. All are resumed once, whatever the group is said to be: a
// describe may be from before they were suspended.
func processesBack(s *state, p *plan) {
	debt := s.Ledger.Processes
	if len(debt) == 0 {
		return
	}
	even := s.Unevenness() <= max(1, s.Ledger.Unevenness)
	suspended := slices.DeleteFunc(slices.Clone(debt), func(process string) bool { return s.GroupGone || !s.Group.HasProcessSuspended(process) })
	mayResume := func(process string) bool { return even || process != upgrade.ProcessAZRebalance }
	switch ready, again := only(debt, mayResume), only(suspended, mayResume); {
	case !s.askedToResume() && len(ready) > 0 && !s.GroupGone:
		s.resume(p, ready)
	case len(suspended) < len(debt):
		p.owe(func(l *upgrade.Ledger) {
			if l.Processes = suspended; len(suspended) == 0 {
				l.Processes, l.Unevenness = nil, 0
			}
		})
	case len(again) > 0:
		s.resume(p, again)
	case s.IsMoving():
		if limit := s.Update.Policy.JoinTimeout; p.wait("even", limit, "waiting for even zones before resuming AZRebalance: %s", s.SpreadOverZones()) < limit {
			p.block()
		}
	}
}

func (s *state) resume(p *plan, processes []string) {
	p.do(setProcesses{processes, false}, "ProcessesResumed", "", "resumed the group's processes: %s", strings.Join(processes, ", "))
	p.wait(resumeWait, 0, "reading the group again after resuming its processes")
}

// askedToResume reports whether that call was made in this end and has come through.
func (s *state) askedToResume() bool {
	waits := func(is func(key string) bool) bool {
		return slices.ContainsFunc(s.Run.Waits, func(w upgrade.Wait) bool { return is(w.Key) })
	}
	return waits(func(key string) bool { return key == resumeWait }) &&
		!waits(func(key string) bool {
			return strings.HasPrefix(key, callPrefix) && strings.HasSuffix(key, "/ProcessesResumed")
		})
}

// only are those of some words that are as they should be.
func only(words []string, as func(string) bool) []string {
	return slices.DeleteFunc(slices.Clone(words), func(word string) bool { return !as(word) })
}

// autoscalerBack lets go of Cluster Autoscaler.
func autoscalerBack(s *state, p *plan) {
	switch {
	case !s.Ledger.Autoscaler:
		return
	case s.autoscaler.IsSuspendedBy(s.Update.NodeGroup):
		p.do(resumeAutoscaler{}, "AutoscalerResumed", "", "Cluster Autoscaler (%s) is no longer suspended by this update", s.autoscaler.Name)
	default:
		p.owe(func(l *upgrade.Ledger) { l.Autoscaler = false })
	}
}

// marksBack takes all our marks off the group's nodes.
func marksBack(s *state, p *plan) {
	if !s.Ledger.Marks {
		return
	}
	for _, m := range s.MarkedMembers() {
		if len(p.steps) == stepsAPass {
			return
		}
		p.do(removeMarks{m.Node.Name, m.Node.Owned}, "MarksRemoved", m.Node.Name, "removed the marks %s from %s", list(m.Node.Owned), m.Node.Name)
	}
	switch {
	case len(p.steps) > 0:
	case len(s.DetachedNodes()) > 0: // hold takes theirs off
		p.block()
	default:
		p.owe(func(l *upgrade.Ledger) { l.Marks = false })
	}
}

// finish ends the work on the update. What could not be given back stays in
// the ledger and is named.
func finish(s *state, p *plan) {
	p.enter(upgrade.Done)
	p.record.Run.Owed = s.owing()
	p.say("UpdateEnded", "the update ended: %s after %s", s.Run.Verdict.Status, text.Duration(s.Now.Sub(s.Run.Started)))
	for _, what := range p.record.Run.Owed {
		p.warn("NotRestored", "%s", what)
	}
}

// owing says what is still owed, for people.
func (s *state) owing() []string {
	var words []string
	if d := s.Ledger.Sizes; d != nil {
		words = append(words, fmt.Sprintf("the sizes are %s instead of the owner's %s: %s", d.Expected, d.Owner, s.whyStuck()))
	}
	if len(s.Ledger.Processes) > 0 {
		words = append(words, fmt.Sprintf("%s stays suspended because it would terminate nodes undrained: %s", strings.Join(s.Ledger.Processes, ", "), s.SpreadOverZones()))
	}
	if s.Ledger.Template != nil {
		words = append(words, "the launch template reference is not restored; it was "+s.Ledger.Template.Before.Version)
	}
	if s.Ledger.Autoscaler {
		words = append(words, "Cluster Autoscaler is still suspended")
	}
	if s.Ledger.Marks {
		words = append(words, "nodes still carry marks")
	}
	return words
}

// whyStuck names the nodes that could not be drained.
func (s *state) whyStuck() string {
	var names []string
	for _, id := range s.Run.Undrainable {
		if m := s.ByID[id]; m != nil {
			names = append(names, m.Name()+" ("+s.heldOn(m)+")")
		}
	}
	if len(names) == 0 {
		return "no more nodes can be spared: only " + text.Count(s.CountUsable(), "usable node") + " left"
	}
	return "these nodes could not be drained: " + strings.Join(names, ", ")
}

// heldOn says what keeps a node from being empty.
func (s *state) heldOn(m *fleet.Member) string {
	if m.Node == nil {
		return "it has no node"
	}
	return cmp.Or(s.obstacleOn(m), "its pods took too long")
}

// obstacleOn names the first pod of a node that could not be evicted now, or "".
func (s *state) obstacleOn(m *fleet.Member) string {
	e := evictor{state: s, spent: map[string]int{}}
	for _, pod := range fleet.SortedByID(s.Occupancy.Pods[m.Node.Name]) {
		if why, _ := e.obstacle(pod, upgrade.Drain{Instance: m.ID}); pod.MustMove() && why != "" {
			return "pod " + pod.ID() + ": " + why
		}
	}
	return ""
}
