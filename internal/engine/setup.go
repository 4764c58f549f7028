package engine

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// setup resolves the target, writes down what will be borrowed, and makes the
// group use a template version of the target (steps 0 to 2).
func setup(s *state, p *plan) {
	if s.Run.Phase != upgrade.Setup {
		return
	}
	if p.firstOf(s, resolveTarget, nothingToDo, openLedger, pinTemplate, makeTemplate, pointGroup) {
		return
	}
	if s.IsMinimal() {
		p.enter(upgrade.Upgrading)
		return
	}
	p.enter(upgrade.ScaleUp)
}

// resolveTarget remembers what the target means, the group as it is, and the
// strategy: what is borrowed depends on it.
func resolveTarget(s *state, p *plan) {
	if s.Run.Resolved != nil {
		return
	}
	if errors.Is(s.resolveErr, upgrade.ErrNotFound) {
		p.fail(upgrade.ResourceNotFound, nil, "the target cannot be resolved: %v", s.resolveErr)
		return
	}
	p.remember(func(r *upgrade.Run) {
		r.Resolved, r.Baseline, r.Strategy = s.Resolved, s.Baseline(), s.Update.Policy.Strategy
	})
	p.say("TargetResolved", "the target is image %s%s; %d of %d nodes are outdated",
		s.Resolved.Image.ID, named(s.Resolved.Image), p.record.Run.Baseline.Outdated, len(s.Members))
}

func named(i upgrade.Image) string {
	if i.Release == "" {
		return ""
	}
	return fmt.Sprintf(" (%s %s)", i.Family, i.Release)
}

// nothingToDo ends an update of a group that is what the target asks for, and
// that is owed nothing.
func nothingToDo(s *state, p *plan) {
	if len(s.Outdated()) == 0 && s.onTarget() && !s.Ledger.Owes() {
		p.end(upgrade.Verdict{Status: upgrade.Successful})
	}
}

// onTarget reports whether the group launches what the target asks for.
func (s *state) onTarget() bool {
	t := s.Run.Resolved.Template
	return t.Number != 0 && s.present.ID == t.ID && s.present.Number == t.Number
}

// openLedger writes down everything that will be borrowed, before it is. What
// an earlier update still owes stays as it wrote it.
func openLedger(s *state, p *plan) {
	l := s.Ledger
	pointed := s.Group.Template.Is(s.Run.Resolved.Template)
	if l.Marks && (l.Sizes != nil || s.IsMinimal()) && (l.Template != nil || pointed) {
		return
	}
	p.owe(func(l *upgrade.Ledger) {
		l.Marks = true
		l.Autoscaler = l.Autoscaler || s.autoscalerWanted()
		if l.Sizes == nil && !s.IsMinimal() {
			l.Sizes = &upgrade.Sizes{Owner: s.Group.Size, Expected: s.Group.Size}
		}
		if l.Template == nil && !pointed {
			l.Template = &upgrade.TemplateDebt{Before: s.Group.Template, Pinned: s.present}
			l.Template.Before.Version = cmp.Or(s.Run.Resolved.Followed, s.Group.Template.Version)
		}
		s.borrowProcesses(l)
	})
}

// borrowProcesses adds the processes that are to be suspended. What their owner
// has suspended stays his.
func (s *state) borrowProcesses(l *upgrade.Ledger) {
	l.Processes = slices.Clone(l.Processes)
	for _, process := range upgrade.ProcessesToSuspend() {
		if slices.Contains(l.Processes, process) || s.Group.HasProcessSuspended(process) {
			continue
		}
		l.Processes = append(l.Processes, process)
		if process == upgrade.ProcessAZRebalance {
			l.Unevenness = s.Unevenness()
		}
	}
}

func (s *state) autoscalerWanted() bool {
	return s.Update.Policy.Autoscaler == upgrade.AutoscalerSuspend && s.autoscaler.Name != ""
}

// pinTemplate replaces $Latest and $Default by the number they stand for: with
// $Latest the group would switch the moment the version is made.
func pinTemplate(s *state, p *plan) {
	if s.Group.Template.Follows() && s.Run.Resolved.Template.Number == 0 {
		pinned := s.Ledger.Template.Pinned
		p.do(useTemplate{pinned.Ref()}, "TemplatePinned", "", "pinned the group to version %d of launch template %s, which is what %s means now",
			pinned.Number, pinned.ID, s.Group.Template.Version)
	}
}

// makeTemplate makes the version with the target image (step 1).
func makeTemplate(s *state, p *plan) {
	if s.Run.Resolved.Template.Number != 0 {
		return
	}
	from := s.Ledger.Template.Pinned
	p.do(createTemplate{from: from, image: s.Run.Resolved.Image.ID}, "TemplateCreated", "",
		"created a new version of launch template %s from version %d with image %s", from.ID, from.Number, s.Run.Resolved.Image.ID)
}

// pointGroup makes the group use it (step 2).
func pointGroup(s *state, p *plan) {
	t := s.Run.Resolved.Template
	if !s.Group.Template.Is(t) {
		p.do(useTemplate{t.Ref()}, "TemplateUsed", "", "the group now uses version %d of launch template %s", t.Number, t.ID)
	}
}
