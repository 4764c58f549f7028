package engine

import (
	"errors"
	"fmt"
	"slices"

	"cmp"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// setup resolves the target, writes down what will be borrowed, and makes the
// group use a template version of the target (steps 0 to 2).
func setup(s *state, p *plan) {
	if s.run.Phase != upgrade.Setup {
		return
	}
	for _, r := range []rule{resolveTarget, nothingToDo, openLedger, pinTemplate, makeTemplate, pointGroup} {
		if r(s, p); p.wanted() {
			return
		}
	}
	if s.minimal() {
		p.enter(upgrade.Upgrading)
		return
	}
	p.enter(upgrade.ScaleUp)
}

// resolveTarget remembers what the target means, the group as it is, and the
// strategy: what is borrowed depends on it.
func resolveTarget(s *state, p *plan) {
	if s.run.Resolved != nil {
		return
	}
	if errors.Is(s.resolveErr, upgrade.ErrNotFound) {
		p.fail(upgrade.ResourceNotFound, nil, "the target cannot be resolved: %v", s.resolveErr)
		return
	}
	p.remember(func(r *upgrade.Run) {
		r.Resolved, r.Baseline, r.Strategy = s.resolved, s.baseline(), s.update.Policy.Strategy
	})
	p.say("TargetResolved", "the target is image %s%s; %d of %d nodes are outdated",
		s.resolved.Image.ID, named(s.resolved.Image), p.record.Run.Baseline.Outdated, len(s.members))
}

func named(i upgrade.Image) string {
	if i.Release == "" {
		return ""
	}
	return fmt.Sprintf(" (%s %s)", i.Family, i.Release)
}

// baseline measures the group before anything is changed.
func (s *state) baseline() *upgrade.Baseline {
	base := &upgrade.Baseline{Nodes: len(s.where(func(*member) bool { return true })), Zones: len(s.group.Zones)}
	outdated := s.outdated()
	base.Outdated = len(outdated)
	base.Usable = len(s.where(func(m *member) bool { return m.usable }))
	first, like := true, outdated
	if s.scales() { // new nodes are to be like all that there are
		like = s.where(func(*member) bool { return true })
	}
	for _, m := range like {
		if m.node == nil {
			continue
		}
		base.Taints = union(base.Taints, m.node.Taints)
		if first {
			base.ExtendedResources = slices.Clone(m.node.ExtendedResources)
		}
		base.ExtendedResources = slices.DeleteFunc(base.ExtendedResources, func(r string) bool { return !slices.Contains(m.node.ExtendedResources, r) })
		first = false
	}
	if back := s.update.Rollback; back != nil && back.Measured != nil { // those that are outdated now may be starting up still
		base.Taints, base.ExtendedResources = back.Measured.Taints, back.Measured.ExtendedResources
	}
	return base
}

func union(a, b []string) []string {
	for _, x := range b {
		if !slices.Contains(a, x) {
			a = append(a, x)
		}
	}
	return a
}

// nothingToDo ends an update of a group that is what the target asks for, and
// that is owed nothing.
func nothingToDo(s *state, p *plan) {
	if len(s.outdated()) == 0 && s.onTarget() && !s.ledger.Owes() {
		p.end(upgrade.Verdict{Status: upgrade.Successful})
	}
}

// onTarget reports whether the group launches what the target asks for.
func (s *state) onTarget() bool {
	t := s.run.Resolved.Template
	return t.Number != 0 && s.present.ID == t.ID && s.present.Number == t.Number
}

// openLedger writes down everything that will be borrowed, before it is. What
// an earlier update still owes stays as it wrote it.
func openLedger(s *state, p *plan) {
	l := s.ledger
	pointed := s.group.Template.Is(s.run.Resolved.Template)
	if l.Marks && (l.Sizes != nil || s.minimal()) && (l.Template != nil || pointed) {
		return
	}
	p.owe(func(l *upgrade.Ledger) {
		l.Marks = true
		l.Autoscaler = l.Autoscaler || s.autoscalerWanted()
		if l.Sizes == nil && !s.minimal() {
			l.Sizes = &upgrade.Sizes{Owner: s.group.Size, Expected: s.group.Size}
		}
		if l.Template == nil && !pointed {
			l.Template = &upgrade.TemplateDebt{Before: s.group.Template, Pinned: s.present}
			l.Template.Before.Version = cmp.Or(s.run.Resolved.Followed, s.group.Template.Version)
		}
		s.borrowProcesses(l)
	})
}

// borrowProcesses adds the processes that are to be suspended. What their owner
// has suspended stays his.
func (s *state) borrowProcesses(l *upgrade.Ledger) {
	l.Processes = slices.Clone(l.Processes)
	for _, process := range upgrade.ProcessesToSuspend() {
		if slices.Contains(l.Processes, process) || s.group.HasProcessSuspended(process) {
			continue
		}
		l.Processes = append(l.Processes, process)
		if process == upgrade.ProcessAZRebalance {
			l.Unevenness = s.unevenness()
		}
	}
}

func (s *state) autoscalerWanted() bool {
	return s.update.Policy.Autoscaler == upgrade.AutoscalerSuspend && s.autoscaler.Name != ""
}

// unevenness is the difference between the fullest and the emptiest of the
// group's zones.
func (s *state) unevenness() int {
	count := zones(s.where(func(*member) bool { return true }))
	if len(s.group.Zones) == 0 {
		return 0
	}
	least, most := count[s.group.Zones[0]], 0
	for _, zone := range s.group.Zones {
		least, most = min(least, count[zone]), max(most, count[zone])
	}
	return most - least
}

// pinTemplate replaces $Latest and $Default by the number they stand for: with
// $Latest the group would switch the moment the version is made.
func pinTemplate(s *state, p *plan) {
	if s.group.Template.Follows() && s.run.Resolved.Template.Number == 0 {
		pinned := s.ledger.Template.Pinned
		p.do(useTemplate{pinned.Ref()}, "TemplatePinned", "", "the group follows %s of launch template %s: pinned to its number %d first",
			s.group.Template.Version, pinned.ID, pinned.Number)
	}
}

// makeTemplate makes the version with the target image (step 1).
func makeTemplate(s *state, p *plan) {
	if s.run.Resolved.Template.Number != 0 {
		return
	}
	from := s.ledger.Template.Pinned
	p.do(createTemplate{from: from, image: s.run.Resolved.Image.ID}, "TemplateCreated", "",
		"a new version of launch template %s is made from version %d with image %s", from.ID, from.Number, s.run.Resolved.Image.ID)
}

// pointGroup makes the group use it (step 2).
func pointGroup(s *state, p *plan) {
	t := s.run.Resolved.Template
	if !s.group.Template.Is(t) {
		p.do(useTemplate{t.Ref()}, "TemplateUsed", "", "the group uses version %d of launch template %s from now on", t.Number, t.ID)
	}
}
