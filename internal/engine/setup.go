package engine

import (
	"errors"
	"fmt"

	"github.com/nodelift/nodelift/internal/engine/debts"
	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// setup resolves the target, writes down what will be borrowed, and makes the group use a template
// version of the target (steps 0 to 2).
func setup(s *state, p *plan.Plan) plan.Decision {
	if s.Run.Phase != upgrade.Setup {
		return plan.Nothing
	}
	return plan.FirstOf(s, p, settle, awaitRemovals, resolveTarget, nothingToDo, borrow, pinTemplate, makeTemplate, pointGroup, leaveSetup)
}

// leaveSetup enters the next phase. MINIMAL adds no nodes.
func leaveSetup(s *state, p *plan.Plan) plan.Decision {
	if s.IsMinimal() {
		return p.Enter(upgrade.Upgrading)
	}
	return p.Enter(upgrade.ScaleUp)
}

// resolveTarget remembers what the target means, the group as it is, and the strategy: what is
// borrowed depends on it.
func resolveTarget(s *state, p *plan.Plan) plan.Decision {
	if s.Run.Resolved != nil {
		return plan.Nothing
	}
	if errors.Is(s.resolveErr, upgrade.ErrNotFound) {
		return p.Fail(upgrade.ResourceNotFound, nil, "the target cannot be resolved: %v", s.resolveErr)
	}
	base := s.Baseline()
	p.Say("TargetResolved", "the target is image %s%s; %d of %d nodes are outdated", s.Resolved.Image.ID, release(s.Resolved.Image), base.Outdated, len(s.Members))
	return p.Remember(func(r *upgrade.Run) {
		r.Resolved, r.Baseline, r.Strategy = s.Resolved, base, s.Update.Policy.Strategy
	})
}

func release(i upgrade.Image) string {
	if i.Release == "" {
		return ""
	}
	return fmt.Sprintf(" (%s %s)", i.Family, i.Release)
}

// nothingToDo ends an update of a group that is what the target asks for, and that is owed nothing.
func nothingToDo(s *state, p *plan.Plan) plan.Decision {
	r := s.Run.Resolved
	launchesTarget := r.Template.Number != 0 && s.Present.Same(r.Template) || s.Present.Parameter != "" && !r.ByTemplate && s.Present.Image == r.Image.ID
	if len(s.Outdated())+len(s.OutdatedInPool()) > 0 || !launchesTarget || s.Ledger.Owes() {
		return plan.Nothing
	}
	return s.end(p, upgrade.Verdict{Status: upgrade.Successful})
}

// borrow writes down everything that will be borrowed, before it is.
func borrow(s *state, p *plan.Plan) plan.Decision {
	ledger, needed := s.borrowed()
	if !needed {
		return plan.Nothing
	}
	return p.Owe(func(l *upgrade.Ledger) { *l = ledger })
}

// borrowed is the ledger with everything that will be borrowed, and whether it has to be saved.
func (s *state) borrowed() (ledger upgrade.Ledger, needed bool) {
	ledger = s.Ledger
	for _, d := range debts.All() {
		needed = d.Borrow(&s.View, &ledger) || needed
	}
	return ledger, needed
}

// pinTemplate replaces $Latest and $Default by the number they stand for: with $Latest the group
// would switch the moment the version is made. AWS does not accept a version by which nothing can be
// launched any more; then the group may as well switch.
func pinTemplate(s *state, p *plan.Plan) plan.Decision {
	if !s.Group.Template.Follows() || s.Run.Resolved.Template.Number != 0 || s.Run.Resolved.Unlaunchable {
		return plan.Nothing
	}
	pinned := s.Ledger.Template.Pinned
	return p.Do(plan.UseTemplate{Ref: pinned.Ref()}, "TemplatePinned", "", "pinned the group to version %d of launch template %s, which is what %s means now",
		pinned.Number, pinned.ID, s.Group.Template.Version)
}

// makeTemplate makes the version with the target image (step 1). A rollback makes one where the version
// from before takes its image from a parameter.
func makeTemplate(s *state, p *plan.Plan) plan.Decision {
	if s.Run.Resolved.Template.Number != 0 {
		return plan.Nothing
	}
	from, instead := s.Ledger.Template.Pinned, ""
	if s.Run.Resolved.MadeFrom.Number != 0 {
		from = s.Run.Resolved.MadeFrom
	}
	if from.Parameter != "" {
		instead = " in place of " + from.Parameter
	}
	return p.Do(plan.CreateTemplate{From: from, Image: s.Run.Resolved.Image.ID}, "TemplateCreated", "",
		"created a new version of launch template %s from version %d with image %s%s", from.ID, from.Number, s.Run.Resolved.Image.ID, instead)
}

// pointGroup makes the group use it (step 2). A rollback does not believe at once that the group
// uses the old version already: the update before has changed that, maybe a moment ago, and the read
// may be from before.
func pointGroup(s *state, p *plan.Plan) plan.Decision {
	t := s.Run.Resolved.Template
	use := plan.UseTemplate{Ref: t.Ref()}
	switch {
	case !s.Group.Template.Is(t):
		return p.Do(use, "TemplateUsed", "", "the group now uses version %d of launch template %s", t.Number, t.ID)
	case s.Update.Rollback == nil || s.hasAsked(use):
		return plan.Nothing
	case p.WaitFor(plan.TemplateReported, upgrade.ConfirmAfter, "AWS reports that the group already uses version %d of launch template %s; reading again, because the update that is rolled back has changed that", t.Number, t.ID) < upgrade.ConfirmAfter:
		return plan.Wait
	}
	return plan.Nothing
}
