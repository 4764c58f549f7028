package debts

import (
	"cmp"
	"time"

	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/upgrade"
)

func template() Debt {
	return Debt{
		Borrow: borrowTemplate, Keep: keepTemplate, Restore: restoreTemplate, Owed: owedTemplate,
		Calls: []string{"TemplateRestored", "ParameterRestored"},
		Reads: []plan.Read{plan.GroupRead, plan.TemplateRead, plan.NodesRead},
	}
}

// borrowTemplate notes the reference that the group has now, and which version it stands for.
func borrowTemplate(v *View, l *upgrade.Ledger) bool {
	if v.IsScaling() || l.Template != nil || v.Group.Template.Is(v.Run.Resolved.Template) {
		return false
	}
	before := v.Group.Template
	before.Version = cmp.Or(v.Run.Resolved.Followed, before.Version)
	l.Template = &upgrade.TemplateDebt{Before: before, Pinned: v.Present}
	return true
}

// keepTemplate ends an update whose group was pointed at another template by somebody else: new
// nodes would be of that one, and the update would never end.
func keepTemplate(v *View, p *plan.Plan) plan.Decision {
	launches := v.Run.Phase == upgrade.Upgrading || v.Run.Phase == upgrade.ScaleUp && len(v.Outdated()) > 0
	if v.IsScaling() || v.Run.Verdict != nil || !launches || v.Group.Template.Is(v.Run.Resolved.Template) {
		return plan.Nothing
	}
	ref, ours := v.Group.Template, v.Run.Resolved.Template.Number
	waited := p.WaitFor(plan.TemplateSet, upgrade.ConfirmAfter, "AWS reports version %s of launch template %s instead of %d; reading again before treating that as somebody's change",
		ref.Version, ref.ID, ours)
	if waited < upgrade.ConfirmAfter {
		return plan.Wait
	}
	return p.Fail(upgrade.Conflict, []string{ref.ID}, "somebody switched the group to version %s of launch template %s during the update, which had set version %d. Find out who (Terraform, CloudFormation?), then retry",
		ref.Version, ref.ID, ours)
}

// restoreTemplate puts the reference back where that changes nothing but the words, or where no
// node of the target ever became usable.
func restoreTemplate(v *View, p *plan.Plan) plan.Decision {
	debt := v.Ledger.Template
	if debt == nil {
		return plan.Nothing
	}
	if v.mayBeUnread() {
		p.WaitSince(v.leftSetup(), plan.TemplateReported, upgrade.ConfirmAfter, "AWS still reports version %s of the launch template (eventual consistency); reading again", v.Group.Template.Version)
		return plan.Wait
	}
	if v.latestIsOld(debt) {
		waited := p.WaitFor(plan.Latest, upgrade.ConfirmAfter, "AWS reports $Latest of launch template %s as version %d, which is older than the one this update made; reading again", debt.Before.ID, v.Before.Number)
		if waited < upgrade.ConfirmAfter {
			return plan.Wait
		}
	}
	if v.needsCopy(debt) {
		return v.copyPinned(debt.Pinned, p)
	}
	if ref, why := v.templateBefore(debt); why != "" {
		return p.Do(plan.UseTemplate{Ref: ref}, "TemplateRestored", "", "the group uses version %s of launch template %s again: %s", ref.Version, ref.ID, why)
	}
	v.sayWhatStays(debt, p)
	return p.Owe(func(l *upgrade.Ledger) { l.Template = nil })
}

// sayWhatStays says how the group refers to its launch template now, where that is not as before.
func (v *View) sayWhatStays(debt *upgrade.TemplateDebt, p *plan.Plan) {
	r, now := v.Run.Resolved, v.Group.Template
	switch ours := r != nil && !r.ByTemplate && now.Is(r.Template); {
	case ours && v.Run.Verdict.RestoreTemplate && r.Unlaunchable:
		p.Say("TemplateKept", "the group keeps version %s of launch template %s: nothing can be launched by version %d any more, because its image is gone", now.Version, now.ID, debt.Pinned.Number)
	case ours && debt.Pinned.Parameter != "" && !v.namesTarget():
		p.Say("ParameterReplaced", "the group keeps version %s of launch template %s with image %s: %s, from which version %d takes its image, names %s now. Set version %[5]d in the group when it names the image that new nodes are to have",
			now.Version, now.ID, r.Image.ID, debt.Pinned.Parameter, debt.Pinned.Number, cmp.Or(v.Pinned.Image, "no image"))
	case debt.Before.Follows() && !now.Same(debt.Before):
		p.Say("TemplatePinned", "the group used %s of launch template %s and now uses its version %s, which is not what %[1]s means", debt.Before.Version, debt.Before.ID, now.Version)
	}
}

// mayBeUnread reports whether the group may use the version of this update though it reads
// otherwise: it was pointed at that only just now.
func (v *View) mayBeUnread() bool {
	r := v.Run.Resolved
	return r != nil && !v.Group.Template.Is(r.Template) && v.Elapsed(v.leftSetup()) < upgrade.ConfirmAfter
}

// leftSetup is when the group was last pointed at a template version, at the latest. Describes of it
// may be from before that for a while.
func (v *View) leftSetup() time.Time {
	for _, phase := range v.Run.Phases {
		if phase.Phase != upgrade.Setup {
			return phase.Began
		}
	}
	return v.VerdictAt()
}

// latestIsOld reports whether what $Latest is said to mean is older than the version that was made,
// or may have been: EC2 is eventually consistent.
func (v *View) latestIsOld(debt *upgrade.TemplateDebt) bool {
	r := v.Run.Resolved
	switch {
	case r == nil || debt.Before.Version != "$Latest":
		return false
	case v.Update.Rollback != nil && r.MadeFrom.Number == 0: // the update before may have made a newer one just now
		return v.Before.Number <= r.Template.Number
	case r.Template.Number == 0: // its number may not have been noted
		return v.Before.Number <= debt.Pinned.Number
	}
	return r.Template.ID == debt.Before.ID && v.Before.Number < max(r.Template.Number, r.Copy.Number)
}

// templateBefore is the reference to put back, and why; no reason to leave it.
func (v *View) templateBefore(debt *upgrade.TemplateDebt) (ref upgrade.TemplateRef, why string) {
	r, now := v.Run.Resolved, v.Group.Template
	ours := now.Is(debt.Pinned) || r != nil && now.Is(r.Template)
	onlyWords := debt.Before.Follows() && now.Is(v.Before) && !now.Same(debt.Before)
	if r == nil && onlyWords { // an update before this one has left it so
		ours = true
	}
	restores := v.Run.Verdict.RestoreTemplate && (r == nil || !r.Unlaunchable) // AWS does not accept what cannot be launched
	switch {
	case v.Update.Rollback != nil && (r == nil || !now.Is(r.Template)) && onlyWords: // it has not gone back yet
		return debt.Before, "it means the same"
	case v.Run.Verdict.RestoreTemplate && r != nil && now.Is(r.Template) && (r.Template.Same(debt.Pinned) || v.Update.Rollback != nil && debt.Pinned.Parameter != ""):
		if debt.Before.Follows() && v.Before.Same(r.Before) {
			return debt.Before, v.whyTemplateBack()
		}
		return r.Before.Ref(), v.whyTemplateBack() // a rollback, which has gone back to Pinned itself
	case !ours || now.Same(debt.Before):
		return upgrade.TemplateRef{}, "" // it is put back, or somebody else changed it
	case restores && v.Before.Number != debt.Pinned.Number:
		if now.Is(debt.Pinned) {
			return upgrade.TemplateRef{}, ""
		}
		return debt.Pinned.Ref(), v.whyTemplateBack() + ", and " + debt.Before.Version + " means the target by now"
	case restores:
		return debt.Before, v.whyTemplateBack()
	case v.replacesParameter(debt):
		return v.byParameter(debt), "its parameter " + debt.Pinned.Parameter + " names the same image"
	case debt.Before.Follows() && now.Is(v.Before):
		return debt.Before, "it means the same"
	}
	return upgrade.TemplateRef{}, ""
}

// replacesParameter reports whether the group uses a version of this update with the image that the
// parameter in the version from before names now, too: that one may take its place again.
func (v *View) replacesParameter(debt *upgrade.TemplateDebt) bool {
	r := v.Run.Resolved
	return debt.Pinned.Parameter != "" && r != nil && !r.ByTemplate && v.Group.Template.Is(r.Template) && v.namesTarget()
}

// namesTarget reports whether the parameter in the version from before names the target.
func (v *View) namesTarget() bool { return v.Pinned.Image == v.Run.Resolved.Image.ID }

// needsCopy reports whether $Latest means the version of this update only because that is the newest: a
// copy of the version from before makes it mean the parameter again. It may have been made already, by a
// process that has died before it noted its number.
func (v *View) needsCopy(debt *upgrade.TemplateDebt) bool {
	r := v.Run.Resolved
	if debt.Before.Version != "$Latest" || v.Run.Verdict.RestoreTemplate || !v.replacesParameter(debt) || r.Copy.Number != 0 {
		return false
	}
	return v.Before.Same(r.Template) || r.Copy.ID != "" && v.Before.Parameter == debt.Pinned.Parameter
}

// copyPinned notes that a copy of the version from before is made, and makes it.
func (v *View) copyPinned(pinned upgrade.TemplateVersion, p *plan.Plan) plan.Decision {
	if v.Run.Resolved.Copy.ID == "" {
		return p.Remember(func(r *upgrade.Run) {
			resolved := *r.Resolved
			resolved.Copy = upgrade.TemplateVersion{ID: pinned.ID}
			r.Resolved = &resolved
		})
	}
	return p.Do(plan.CopyTemplate{From: pinned}, "ParameterRestored", "",
		"created a new version of launch template %s like version %d, so that $Latest takes its image from %s again", pinned.ID, pinned.Number, pinned.Parameter)
}

// byParameter is the reference to a version that takes its image from the parameter: the one from before
// if that still means such a version, otherwise its number.
func (v *View) byParameter(debt *upgrade.TemplateDebt) upgrade.TemplateRef {
	if copied := v.Run.Resolved.Copy; v.Before.Same(debt.Pinned) || copied.Number != 0 && v.Before.Same(copied) {
		return debt.Before
	}
	return debt.Pinned.Ref()
}

func (v *View) whyTemplateBack() string {
	switch verdict := v.Run.Verdict; {
	case verdict.Status == upgrade.Cancelled && len(verdict.Errors) > 0:
		return "with the new one, health was bad"
	case verdict.Status == upgrade.Cancelled:
		return "requested with the cancel"
	}
	return "no node of the target became usable"
}

func owedTemplate(v *View) (what, why string) {
	if v.Ledger.Template == nil {
		return "", ""
	}
	return "the launch template reference is not restored; it was " + v.Ledger.Template.Before.Version, ""
}
