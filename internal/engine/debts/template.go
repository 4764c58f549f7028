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
		Calls: []string{"TemplateRestored"},
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
	if ref, why := v.templateBefore(debt); why != "" {
		return p.Do(plan.UseTemplate{Ref: ref}, "TemplateRestored", "", "the group uses version %s of launch template %s again: %s", ref.Version, ref.ID, why)
	}
	if debt.Before.Follows() && !v.Group.Template.Same(debt.Before) {
		p.Say("TemplatePinned", "the group used %s of launch template %s and now uses its version %s, which is not what %[1]s means", debt.Before.Version, debt.Before.ID, v.Group.Template.Version)
	}
	return p.Owe(func(l *upgrade.Ledger) { l.Template = nil })
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
	case v.Update.Rollback != nil: // the update before may have made a newer one just now
		return v.Before.Number <= r.Template.Number
	case r.Template.Number == 0: // its number may not have been noted
		return v.Before.Number <= debt.Pinned.Number
	}
	return r.Template.ID == debt.Before.ID && v.Before.Number < r.Template.Number
}

// templateBefore is the reference to put back, and why; no reason to leave it.
func (v *View) templateBefore(debt *upgrade.TemplateDebt) (ref upgrade.TemplateRef, why string) {
	r, now := v.Run.Resolved, v.Group.Template
	ours := now.Is(debt.Pinned) || r != nil && now.Is(r.Template)
	onlyWords := debt.Before.Follows() && now.Is(v.Before) && !now.Same(debt.Before)
	if r == nil && onlyWords { // an update before this one has left it so
		ours = true
	}
	switch {
	case v.Update.Rollback != nil && (r == nil || !now.Is(r.Template)) && onlyWords: // it has not gone back yet
		return debt.Before, "it means the same"
	case v.Run.Verdict.RestoreTemplate && r != nil && r.Template.Same(debt.Pinned) && now.Is(r.Template):
		if debt.Before.Follows() && v.Before.Same(r.Before) {
			return debt.Before, v.whyTemplateBack()
		}
		return r.Before.Ref(), v.whyTemplateBack() // a rollback, which has gone back to Pinned itself
	case !ours || now.Same(debt.Before):
		return upgrade.TemplateRef{}, "" // it is put back, or somebody else changed it
	case v.Run.Verdict.RestoreTemplate && v.Before.Number != debt.Pinned.Number:
		if now.Is(debt.Pinned) {
			return upgrade.TemplateRef{}, ""
		}
		return debt.Pinned.Ref(), v.whyTemplateBack() + ", and " + debt.Before.Version + " means the target by now"
	case v.Run.Verdict.RestoreTemplate:
		return debt.Before, v.whyTemplateBack()
	case debt.Before.Follows() && now.Is(v.Before):
		return debt.Before, "it means the same"
	}
	return upgrade.TemplateRef{}, ""
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
