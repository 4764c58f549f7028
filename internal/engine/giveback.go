package engine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"cmp"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// What was borrowed is given back after the verdict, however an update ends:
// first the nodes that were not finished are let go, then the template, the
// sizes, the processes, the autoscaler and the marks. The autoscaler comes
// after the sizes, as in EKS: it would change them meanwhile.

// dropDrains lets go of outdated nodes in flight. hold takes their marks off. One
// that is empty and about to go with its place gives that back.
func dropDrains(s *state, p *plan) {
	for _, d := range s.run.Drains {
		switch sizes := s.ledger.Sizes; {
		case d.Surplus && !s.scales() || s.useless(s.byID[d.Instance]):
		case sizes != nil && sizes.ShrinkInstance == d.Instance && d.Surplus:
		case sizes != nil && sizes.ShrinkInstance == d.Instance:
			p.remember(func(r *upgrade.Run) { r.DrainOf(d.Instance).Surplus = true })
		default:
			p.remember(func(r *upgrade.Run) { r.RemoveDrain(d.Instance) })
			p.events = append(p.events, p.event("DrainStopped", d.Node, "%s is not drained any more", d.Name()))
		}
	}
}

// templateBack puts the template reference back where that changes nothing but
// the words, or where no node of the target ever became usable.
func templateBack(s *state, p *plan) {
	debt := s.ledger.Template
	if debt == nil {
		return
	}
	if r := s.run.Resolved; r != nil && !s.group.Template.Is(r.Template) && s.elapsed(s.leftSetup()) < confirmAfter {
		p.waitSince(s.leftSetup(), "reference", confirmAfter, "the group is said to use version %s of its launch template, perhaps as before it was pointed at another one: reading it again", s.group.Template.Version)
		p.block()
		return
	}
	if s.behind(debt) && p.wait("latest", confirmAfter, "$Latest of launch template %s is said to be version %d, which is older than the one that this update makes: reading it again", debt.Before.ID, s.before.Number) < confirmAfter {
		p.block()
		return
	}
	ref, why := s.templateBefore(debt)
	if why != "" {
		p.do(useTemplate{ref}, "TemplatePutBack", "", "the group uses version %s of launch template %s again: %s", ref.Version, ref.ID, why)
		return
	}
	p.owe(func(l *upgrade.Ledger) { l.Template = nil })
	if debt.Before.Follows() && !s.group.Template.Same(debt.Before) {
		p.say("TemplatePinned", "the group used %s of launch template %s and uses its version %s now, which %[1]s is not", debt.Before.Version, debt.Before.ID, s.group.Template.Version)
	}
}

// leftSetup is when the group was last pointed at a template version, at the latest.
// Describes of it may be from before that for a while.
func (s *state) leftSetup() time.Time {
	for _, phase := range s.run.Phases {
		if phase.Phase != upgrade.Setup {
			return phase.Began
		}
	}
	return s.verdictAt()
}

// behind reports whether what $Latest is said to mean is older than the version
// that was made, or may have been: EC2 is eventually consistent.
func (s *state) behind(debt *upgrade.TemplateDebt) bool {
	r := s.run.Resolved
	if r == nil || debt.Before.Version != "$Latest" {
		return false
	}
	if s.update.Rollback != nil { // the update before may have made a newer one just now
		return s.before.Number <= r.Template.Number
	}
	if r.Template.Number == 0 { // its number may not have been noted
		return s.before.Number <= debt.Pinned.Number
	}
	return r.Template.ID == debt.Before.ID && s.before.Number < r.Template.Number
}

// templateBefore is the reference to put back, and why; "" to leave it.
func (s *state) templateBefore(debt *upgrade.TemplateDebt) (upgrade.TemplateRef, string) {
	r := s.run.Resolved
	ours := s.group.Template.Is(debt.Pinned) || r != nil && s.group.Template.Is(r.Template)
	onlyWords := debt.Before.Follows() && s.group.Template.Is(s.before) && !s.group.Template.Same(debt.Before)
	if r == nil && onlyWords { // an update before this one has left it so
		ours = true
	}
	switch {
	case s.update.Rollback != nil && (r == nil || !s.group.Template.Is(r.Template)) && onlyWords: // it has not gone back yet
		return debt.Before, "it means the same"
	case s.run.Verdict.RestoreTemplate && r != nil && r.Template.Same(debt.Pinned) && s.group.Template.Is(r.Template):
		if debt.Before.Follows() && s.before.Same(r.Before) {
			return debt.Before, s.whyTemplateBack()
		}
		return r.Before.Ref(), s.whyTemplateBack() // a rollback, which has gone back to Pinned itself
	case !ours || s.group.Template.Same(debt.Before):
		return upgrade.TemplateRef{}, "" // it is put back, or somebody else changed it
	case s.run.Verdict.RestoreTemplate && s.before.Number != debt.Pinned.Number:
		if s.group.Template.Is(debt.Pinned) {
			return upgrade.TemplateRef{}, ""
		}
		return debt.Pinned.Ref(), s.whyTemplateBack() + ", and " + debt.Before.Version + " means the target by now"
	case s.run.Verdict.RestoreTemplate:
		return debt.Before, s.whyTemplateBack()
	case debt.Before.Follows() && s.group.Template.Is(s.before):
		return debt.Before, "it means the same"
	}
	return upgrade.TemplateRef{}, ""
}

func (s *state) whyTemplateBack() string {
	if s.run.Verdict.Status == upgrade.Cancelled && len(s.run.Verdict.Errors) > 0 {
		return "with the new one, health was bad"
	}
	if s.run.Verdict.Status == upgrade.Cancelled {
		return "this was asked for when the update was cancelled"
	}
	return "no node of the target became usable"
}

// uselessReplaced has instances replaced that MINIMAL launched before it failed and
// that did not become nodes: it has added none whose place they could give back, and
// Auto Scaling takes them for healthy.
func uselessReplaced(s *state, p *plan) {
	if !s.minimal() || s.run.Verdict.Status != upgrade.Failed {
		return
	}
	for _, r := range []rule{landDrains, leaveApart, startUseless, drainNodes} {
		if r(s, p); p.wanted() {
			return
		}
	}
	if slices.ContainsFunc(s.run.Drains, func(d upgrade.Drain) bool { return !d.Surplus }) {
		p.block()
	}
}

// startUseless puts in flight those whose time to join is over, and waits for the
// others.
func startUseless(s *state, p *plan) {
	for _, m := range s.where(func(m *member) bool { return !m.inFlight && !slices.Contains(s.run.Undrainable, m.ID) }) {
		switch since := s.joiningSince(m); {
		case s.useless(m):
			p.startDrain(m, false)
		case m.Launched.Before(s.run.Verdict.At) && s.coming(m):
			p.waitSince(since, "coming/"+m.ID, s.update.Policy.JoinTimeout, "instance %s in %s has time to become a node: %s", m.ID, m.Zone, m.why)
			p.block()
		}
	}
}

// useless reports whether a member is to be replaced although the update failed.
func (s *state) useless(m *member) bool {
	return m != nil && s.minimal() && !m.outdated && s.run.Verdict.Status == upgrade.Failed && m.Launched.Before(s.run.Verdict.At) && s.use(m) == 0
}

// sizesBack gives the sizes back, one at a time, draining each node that goes
// (step 9).
func sizesBack(s *state, p *plan) {
	if s.ledger.Sizes == nil || s.run.SizesNotRestored {
		return
	}
	for _, r := range []rule{landDrains, leaveApart, recheckDrains, sizesEven, startSurplus, drainNodes} {
		if r(s, p); p.wanted() {
			return
		}
	}
	if len(s.run.Drains) > 0 || s.ledger.Sizes.Pending != nil || s.ledger.Sizes.Unexpected != nil {
		p.block()
		return
	}
	p.remember(func(r *upgrade.Run) { r.SizesNotRestored = true })
}

// sizesEven lowers the maximum to follow the desired size, and closes the debt
// when both are the owner's.
func sizesEven(s *state, p *plan) {
	d := s.ledger.Sizes
	if !s.settled() {
		return
	}
	switch {
	case d.Expected != d.Owner:
		sendSizes(s, p)
	case s.scales():
		p.owe(func(l *upgrade.Ledger) { l.Sizes = nil })
	default:
		p.owe(func(l *upgrade.Ledger) { l.Sizes = nil })
		p.say("SizesGivenBack", "the sizes are the owner's again: %s", d.Owner)
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
	debt := s.ledger.Processes
	if len(debt) == 0 {
		return
	}
	even := s.unevenness() <= max(1, s.ledger.Unevenness)
	suspended := slices.DeleteFunc(slices.Clone(debt), func(process string) bool { return s.groupGone || !s.group.HasProcessSuspended(process) })
	mayResume := func(process string) bool { return even || process != upgrade.ProcessAZRebalance }
	switch ready, again := only(debt, mayResume), only(suspended, mayResume); {
	case !s.askedToResume() && len(ready) > 0 && !s.groupGone:
		s.resume(p, ready)
	case len(suspended) < len(debt):
		p.owe(func(l *upgrade.Ledger) {
			if l.Processes = suspended; len(suspended) == 0 {
				l.Processes, l.Unevenness = nil, 0
			}
		})
	case len(again) > 0:
		s.resume(p, again)
	case s.moving():
		if limit := s.update.Policy.JoinTimeout; p.wait("even", limit, "AZRebalance is resumed when the zones are even: %s", s.spread()) < limit {
			p.block()
		}
	}
}

func (s *state) resume(p *plan, processes []string) {
	p.do(setProcesses{processes, false}, "ProcessesResumed", "", "resumed in the group: %s", strings.Join(processes, ", "))
	p.wait(resumeWait, 0, "the group is read again after its processes were resumed")
}

// askedToResume reports whether that call was made in this end and has come through.
func (s *state) askedToResume() bool {
	waits := func(is func(key string) bool) bool {
		return slices.ContainsFunc(s.run.Waits, func(w upgrade.Wait) bool { return is(w.Key) })
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

// moving reports whether instances are coming or going.
func (s *state) moving() bool {
	return len(s.where(func(*member) bool { return true })) != s.group.Size.Desired ||
		slices.ContainsFunc(s.members, func(m member) bool { return m.Lifecycle != upgrade.InService && !m.Lifecycle.StandbyOrDetaching() })
}

// spread is the number of members by zone, in words.
func (s *state) spread() string {
	count := zones(s.where(func(*member) bool { return true }))
	words := make([]string, len(s.group.Zones))
	for i, zone := range s.group.Zones {
		words[i] = fmt.Sprintf("%s has %d", zone, count[zone])
	}
	return strings.Join(words, ", ")
}

// autoscalerBack lets go of Cluster Autoscaler.
func autoscalerBack(s *state, p *plan) {
	switch {
	case !s.ledger.Autoscaler:
		return
	case s.autoscaler.IsSuspendedBy(s.update.NodeGroup):
		p.do(resumeAutoscaler{}, "AutoscalerResumed", "", "Cluster Autoscaler (%s) is let go", s.autoscaler.Name)
	default:
		p.owe(func(l *upgrade.Ledger) { l.Autoscaler = false })
	}
}

// marksBack takes all our marks off the group's nodes.
func marksBack(s *state, p *plan) {
	if !s.ledger.Marks {
		return
	}
	for _, m := range s.marked() {
		if len(p.steps) == stepsAPass {
			return
		}
		p.do(removeMarks{m.node.Name, m.node.Owned}, "MarksRemoved", m.node.Name, "the marks %s are taken off %s", list(m.node.Owned), m.node.Name)
	}
	switch {
	case len(p.steps) > 0:
	case len(s.detached()) > 0: // hold takes theirs off
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
	p.say("UpdateEnded", "the update is %s after %s", s.run.Verdict.Status, brief(s.now.Sub(s.run.Started)))
	for _, what := range p.record.Run.Owed {
		p.warn("NotGivenBack", "%s", what)
	}
}

// owing says what is still owed, for people.
func (s *state) owing() []string {
	var words []string
	if d := s.ledger.Sizes; d != nil {
		words = append(words, fmt.Sprintf("the sizes are %s and not the owner's %s, as %s", d.Expected, d.Owner, s.whyStuck()))
	}
	if len(s.ledger.Processes) > 0 {
		words = append(words, fmt.Sprintf("%s stays suspended, as it would terminate nodes undrained: %s", strings.Join(s.ledger.Processes, ", "), s.spread()))
	}
	if s.ledger.Template != nil {
		words = append(words, "the launch template reference is not what it was: "+s.ledger.Template.Before.Version)
	}
	if s.ledger.Autoscaler {
		words = append(words, "Cluster Autoscaler is still suspended")
	}
	if s.ledger.Marks {
		words = append(words, "nodes still carry marks")
	}
	return words
}

// whyStuck names the nodes that could not be drained.
func (s *state) whyStuck() string {
	var names []string
	for _, id := range s.run.Undrainable {
		if m := s.byID[id]; m != nil {
			names = append(names, m.name()+" ("+s.heldOn(m)+")")
		}
	}
	if len(names) == 0 {
		return "no more can be spared: " + count(len(s.where(func(m *member) bool { return m.usable })), "node") + " are usable"
	}
	return "these nodes could not be drained: " + strings.Join(names, ", ")
}

// heldOn says what keeps a node from being empty.
func (s *state) heldOn(m *member) string {
	if m.node == nil {
		return "it has no node"
	}
	return cmp.Or(s.obstacleOn(m), "its pods took too long")
}

// obstacleOn names the first pod of a node that could not be evicted now, or "".
func (s *state) obstacleOn(m *member) string {
	e := evictor{state: s, spent: map[string]int{}}
	for _, pod := range byID(s.occupancy.Pods[m.node.Name]) {
		if why, _ := e.obstacle(pod, upgrade.Drain{Instance: m.ID}); pod.MustMove() && why != "" {
			return "pod " + pod.ID() + ": " + why
		}
	}
	return ""
}
