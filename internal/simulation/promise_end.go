package simulation

import (
	"slices"
	"strings"

	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// Checks of promises 1, 4, 5, 6 and 7: sizes, launch template, the world after every
// pass, and the end.

// checkResize is called before the engine sets the sizes.
func (o *observer) checkResize(size upgrade.Size) {
	bound := max(o.maxSurge(), o.surgeDecided) // outdated nodes may have gone since it was decided
	if o.sizesUncertain {
		bound++ // give or take one
	}
	before := o.w.cloud.size
	if o.strategy() == upgrade.Minimal && (size.Desired > before.Desired || size.Max > before.Max) {
		o.violated(5, "MINIMAL raises the sizes from %s to %s", before, size)
	}
	if most := o.largest.Desired + bound; size.Desired > max(most, o.w.cloud.size.Desired) {
		o.violated(5, "the desired size is raised to %d, at most %d may be", size.Desired, most)
	}
	if most := o.largest.Max + bound; size.Max > max(most, o.w.cloud.size.Max) {
		o.violated(5, "the maximum size is raised to %d, at most %d may be", size.Max, most)
	}
	hidden := o.sizesMayBeHidden()
	if o.isScaling() && size.Desired < o.w.cloud.size.Desired && !hidden && !o.sizesUncertain {
		o.violated(4, "a scaling lowers the desired size to %d: Auto Scaling would choose what to terminate", size.Desired)
	}
	if members := len(o.w.cloud.members()); size.Desired < min(members, o.w.cloud.size.Desired) && !hidden {
		o.violated(4, "the desired size is lowered to %d below %d members: Auto Scaling would choose what to terminate",
			size.Desired, members)
	}
}

// versionCreated is called when a template version was created. One update creates one, and at the end one
// with the parameter from before, if there was one.
func (o *observer) versionCreated(made upgrade.TemplateVersion) {
	if made.Parameter != "" && o.w.config.Parameter && o.w.records.run.now.Verdict != nil && !o.copyMade {
		o.copyMade = true
		return
	}
	if o.versionsMade++; o.versionsMade > 1 {
		o.violated(6, "one update has created %d versions of the launch template", o.versionsMade)
	}
}

// afterPass checks the world after a pass.
func (o *observer) afterPass() {
	o.checkBadHealthStops()
	o.noteUsable()
	if !o.podsRemovedByOthers && !o.w.records.update.Policy.Force {
		o.checkBudgets()
	}
	for _, wait := range o.w.records.run.now.Waits {
		if wait.Message == "" {
			o.violated(7, "the wait %q does not say what it waits for", wait.Key)
		}
		_, id, _ := strings.Cut(string(wait.Key), "/")
		ofDrain := slices.Contains([]upgrade.WaitKey{plan.Drain(id), plan.Cordon(id), plan.Going(id)}, wait.Key)
		if ofDrain && !o.w.Draining(id) {
			o.violated(7, "the update waits for a node that is no longer in flight: %s", wait.Message)
		}
	}
}

// checkBudgets checks that every budget that was met when the update began still is.
func (o *observer) checkBudgets() {
	for _, load := range o.w.cluster.workloads {
		for _, b := range load.budgets {
			if o.budgetsMet[b.id] && b.Healthy < b.Needed {
				o.violated(1, "budget %s needs %d healthy pods and has %d", b.id, b.Needed, b.Healthy)
			}
		}
	}
}

// checkEnd checks the world when the update has ended.
func (o *observer) checkEnd() {
	run := o.w.records.run.now
	if len(run.Owed) > 0 {
		if o.w.records.rollback == nil { // a rollback takes the ledger over
			o.checkOwed(run.Owed)
		}
		return // the next update restores it
	}
	if o.strategy() == upgrade.Lean && run.Verdict != nil && run.Verdict.Status == upgrade.Successful && o.undisturbed() {
		o.checkLean()
	}
	now := o.w.State()
	if o.w.cloud.deleted {
		o.checkClusterAtEnd(now)
		return
	}
	if !o.isOwnersSize(o.w.cloud.size) {
		o.violated(5, "the sizes are %+v at the end, the owner's are %+v", o.w.cloud.size, o.owner)
	}
	if !slices.Equal(now.Suspended, o.before.Suspended) {
		o.violated(5, "suspended at the end: %v, before: %v", now.Suspended, o.before.Suspended)
	}
	o.checkClusterAtEnd(now)
	o.checkWarmPoolAtEnd(run.Verdict)
	o.checkTemplateAtEnd()
	o.checkMinimumAtEnd(run.Verdict)
}

// checkClusterAtEnd checks what does not depend on the group.
func (o *observer) checkClusterAtEnd(now State) {
	if now.Autoscaler != o.before.Autoscaler {
		o.violated(5, "Cluster Autoscaler at the end: %s, before: %s", now.Autoscaler, o.before.Autoscaler)
	}
	if len(now.Marks) > 0 {
		o.violated(5, "marks are left: %v", now.Marks)
	}
	if o.w.records.ledger.now.Owes() {
		o.violated(5, "the ledger has debts that the run does not name: %+v", o.w.records.ledger.now)
	}
	if o.w.records.run.now.Verdict == nil {
		o.violated(7, "the update has ended without a verdict")
	}
}

// checkTemplateAtEnd checks how the group refers to its launch template at the end: as
// at the beginning, if that refers to the version that it uses.
func (o *observer) checkTemplateAtEnd() {
	t := o.w.cloud.template
	if meant, err := t.resolve(o.templateBefore); err == nil && meant == t.current() && o.templateBefore != t.ref {
		o.violated(5, "the group uses version %s of its template at the end; before it was %s, which is the same version",
			t.ref.Version, o.templateBefore.Version)
	}
	if used := t.current().Image; o.imageAtEnd != "" && used != o.imageAtEnd {
		o.violated(5, "the group launches image %s at the end, want %s", used, o.imageAtEnd)
	}
}

// noteVerdict notes, when the verdict is saved, what stood in the way, and which image the
// group has to launch at the end: the one of that moment, or the one from before the
// update if the verdict restores the launch template.
func (o *observer) noteVerdict(v *upgrade.Verdict) {
	if v == nil || o.imageAtEnd != "" {
		return
	}
	o.checkUsableAtSuccess(v)
	o.obstacles = o.w.obstacles()
	o.imageAtEnd = o.w.cloud.template.current().Image
	debt, r, back := o.w.records.ledger.now.Template, o.w.records.run.now.Resolved, o.w.records.update.Rollback != nil
	switch {
	case !o.remadeAt.IsZero(): // the new group has its own
	case !v.RestoreTemplate || debt == nil || back && r == nil: // a rollback that has changed nothing yet
	case back && r.Template.Number == debt.Pinned.Number: // the rollback's target is the pinned version itself
		o.imageAtEnd = r.Before.Image
	case back && debt.Pinned.Parameter != "" && o.w.cloud.template.ref.Is(r.Template): // the rollback has made a version
		o.imageAtEnd = r.Before.Image
	case r != nil && r.Unlaunchable: // nothing could be launched then
	default:
		before, _ := o.w.cloud.template.resolve(debt.Pinned.Ref())
		o.imageAtEnd = before.Image
	}
}

// checkLean checks what LEAN promises if nobody interferes: one launch for each node,
// and even zones at the end. Auto Scaling chooses the zones of instances that are
// launched together, so one of them may have to be launched once more.
func (o *observer) checkLean() {
	if launched := o.w.tally.Launched - o.launchedBefore; launched > o.membersAtStart+max(1, o.maxUnavailable()-1) {
		o.violated(5, "LEAN has launched %d instances for %d nodes", launched, o.membersAtStart)
	}
	counts := o.w.cloud.perZone()
	if uneven := slices.Max(counts) - slices.Min(counts); uneven > 1 {
		o.violated(5, "LEAN leaves the zones uneven: %v", counts)
	}
}
