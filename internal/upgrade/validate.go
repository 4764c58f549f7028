package upgrade

import (
	"fmt"
	"slices"
	"strings"

	"cmp"
)

// Validate finds what contradicts itself in what is remembered, nil if nothing does.
// An engine never writes it: somebody has edited a status by hand, and acting on
// it may take nodes away that nobody wanted to lose.
func (r Record) Validate() *Fault {
	const advice = "; nothing will be done until it is corrected with kubectl edit --subresource=status"
	if why := cmp.Or(r.misfit(), r.Run.validate()); why != "" {
		return &Fault{Code: Conflict, Why: fmt.Sprintf("the status of update %s is inconsistent: %s%s", r.Update.Name, why, advice)}
	}
	if why := r.Ledger.validate(); why != "" {
		return &Fault{Code: Conflict, Why: fmt.Sprintf("the ledger in the status of node group %s is inconsistent: %s%s", r.Update.NodeGroup, why, advice)}
	}
	return nil
}

// claim is something that has to be so, and what is wrong where it is not.
type claim struct {
	holds bool
	wrong string
}

func firstFalse(claims []claim) string {
	i := slices.IndexFunc(claims, func(c claim) bool { return !c.holds })
	if i < 0 {
		return ""
	}
	return claims[i].wrong
}

func (r Run) validate() string {
	resolved, base, verdict := r.Resolved, r.Baseline, r.Verdict
	if resolved == nil {
		resolved = &Resolved{}
	}
	if base == nil {
		base = &Baseline{}
	}
	if verdict == nil {
		verdict = &Verdict{Status: InProgress}
	}
	working := r.Scaling == nil && slices.Contains([]Phase{ScaleUp, Upgrading}, r.Phase) // a scaling has no target
	return firstFalse([]claim{
		{slices.Contains([]Phase{"", Setup, ScaleUp, Upgrading, ScaleDown, Done}, r.Phase), fmt.Sprintf("phase %q is none of Setup, ScaleUp, Upgrade, ScaleDown and Done", r.Phase)},
		{r.Strategy == "" || slices.Contains(Strategies(), r.Strategy), fmt.Sprintf("strategy %q is none of DEFAULT, MINIMAL and LEAN", r.Strategy)},
		{slices.Contains([]Status{InProgress, Successful, Failed, Cancelled}, verdict.Status), fmt.Sprintf("the verdict %q is none of Successful, Failed and Cancelled", verdict.Status)},
		{r.Phase != ScaleDown || r.Verdict != nil || r.Scaling != nil, "phase ScaleDown follows a verdict, and there is none"},
		{r.Resolved == nil || resolved.Image.ID != "", "resolved names no image"},
		{!working || resolved.Template.ID != "" && resolved.Template.Number > 0, fmt.Sprintf("phase %s follows the resolving of the target, and resolved names no launch template version", r.Phase)},
		{!working || r.Baseline != nil, fmt.Sprintf("phase %s follows the measuring of the group, and there is no baseline", r.Phase)},
		{min(base.Nodes, base.Zones, base.Outdated, base.Usable) >= 0 && max(base.Outdated, base.Usable) <= base.Nodes, "baseline counts fewer nodes than outdated or usable ones, or less than none"},
		{r.Soaked >= 0, "soaked is less than 0"},
		{r.MostUsable >= 0, "mostUsable is less than 0"},
		{!slices.ContainsFunc(r.Drains, func(d Drain) bool { return d.Instance == "" }), "a node in flight has no instance"},
	})
}

// misfit finds where what is remembered is not of an update of this kind.
func (r Record) misfit() string {
	run, scales := r.Run, r.Update.Scaling != nil
	sized := run.Scaling
	if sized == nil {
		sized = &Scaled{}
	}
	measured := run.Scaling != nil || run.Verdict != nil || slices.Contains([]Phase{"", Setup}, run.Phase)
	return firstFalse([]claim{
		{scales || run.Scaling == nil, "scaling is of updates that change sizes, and this one changes images"},
		{!scales || run.Resolved == nil, "resolved is of updates that change images, and this one changes sizes"},
		{!scales || run.Phase != Upgrading, "phase Upgrade is of updates that change images, and this one changes sizes"},
		{!scales || measured, fmt.Sprintf("phase %s follows the measuring of the group, and there is no scaling", run.Phase)},
		{sized.From.Size().possible() && sized.To.Check() == nil, fmt.Sprintf("the sizes go from %s to %s", sized.From, sized.To)},
	})
}

func (l Ledger) validate() string {
	sizes, template := l.Sizes, l.Template
	if sizes == nil {
		sizes = &Sizes{}
	}
	if template == nil {
		template = &TemplateDebt{Before: TemplateRef{ID: "lt", Version: "1"}, Pinned: TemplateVersion{ID: "lt", Number: 1}}
	}
	pending := sizes.Expected
	if sizes.Pending != nil {
		pending = *sizes.Pending
	}
	strangers := slices.DeleteFunc(slices.Clone(l.Processes), func(p string) bool { return p == ProcessLaunch || slices.Contains(ProcessesToSuspend(), p) })
	return firstFalse([]claim{
		{sizes.Owner.possible(), fmt.Sprintf("the user's sizes are %s", sizes.Owner)},
		{sizes.Expected.possible(), fmt.Sprintf("the expected sizes are %s", sizes.Expected)},
		{pending.possible(), fmt.Sprintf("the pending sizes are %s", pending)},
		{sizes.ShrinkInstance == "" || sizes.Pending != nil, "shrinkInstance goes with pending sizes, and there are none"},
		{template.Before.ID != "" && template.Before.Version != "", "the launch template before names no template or no version"},
		{template.Pinned.ID == template.Before.ID && template.Pinned.Number > 0, "the pinned launch template version is none of the template before"},
		{len(strangers) == 0, fmt.Sprintf("it says that an update has suspended %s, which none does", strings.Join(strangers, ", "))},
		{l.Unevenness >= 0, "unevenness is less than 0"},
	})
}

// possible reports whether a group can have these sizes.
func (z Size) possible() bool { return z.Desired >= 0 && z.Max >= z.Desired }
