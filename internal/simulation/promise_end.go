package simulation

import (
	"slices"
	"strings"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Promises 1, 5, 6 and 7: the sizes, the template, the world after every pass,
// and the end.

// resizing is called before the sizes are set.
func (o *observer) resizing(size upgrade.Size) {
	bound := o.bound()
	if o.unsure {
		bound++ // give or take one
	}
	if before := o.w.cloud.size; o.strategy() == upgrade.Minimal && (size.Desired > before.Desired || size.Max > before.Max) {
		o.breaks(5, "MINIMAL raises the sizes from %s to %s", before, size)
	}
	if most := o.most.Desired + bound; size.Desired > max(most, o.w.cloud.size.Desired) {
		o.breaks(5, "the desired size is raised to %d, at most %d may be", size.Desired, most)
	}
	if most := o.most.Max + bound; size.Max > max(most, o.w.cloud.size.Max) {
		o.breaks(5, "the maximum size is raised to %d, at most %d may be", size.Max, most)
	}
	hidden := o.hidden()
	if o.scales() && size.Desired < o.w.cloud.size.Desired && !hidden && !o.unsure {
		o.breaks(4, "a scaling lowers the desired size to %d: Auto Scaling would choose who goes", size.Desired)
	}
	if members := len(o.w.cloud.members()); size.Desired < min(members, o.w.cloud.size.Desired) && !hidden {
		o.breaks(4, "the desired size is lowered to %d below %d members: Auto Scaling would choose who goes", size.Desired, members)
	}
}

// versioned is called when a template version was made: one update makes one.
func (o *observer) versioned() {
	if o.versions++; o.versions > 1 {
		o.breaks(6, "%d versions of the template are made for one update", o.versions)
	}
}

// passed is called after every pass.
func (o *observer) passed() {
	o.goesOnIll()
	if !o.disturbed && !o.w.records.update.Policy.Force {
		o.budgets()
	}
	for _, wait := range o.w.records.run.now.Waits {
		if wait.Message == "" {
			o.breaks(7, "the wait %q does not say for what", wait.Key)
		}
		if kind, id, _ := strings.Cut(string(wait.Key), "/"); slices.Contains([]string{"drain", "cordon", "going"}, kind) && !o.w.Draining(id) {
			o.breaks(7, "it waits for a node that is not in flight any more: %s", wait.Message)
		}
	}
}

// budgets holds that those which were met when the update began still are.
func (o *observer) budgets() {
	for _, load := range o.w.cluster.loads {
		for _, b := range load.budgets {
			if o.sound[b.id] && b.Healthy < b.Needed {
				o.breaks(1, "budget %s needs %d healthy pods and has %d", b.id, b.Needed, b.Healthy)
			}
		}
	}
}

// ended is called when the update has ended.
func (o *observer) ended() {
	run := o.w.records.run.now
	if len(run.Owed) > 0 {
		return // said, and paid by the next run
	}
	if o.strategy() == upgrade.Lean && run.Verdict != nil && run.Verdict.Status == upgrade.Successful && o.quiet() {
		o.lean()
	}
	now := o.w.State()
	if !o.owners(o.w.cloud.size) {
		o.breaks(5, "the sizes are %+v at the end, the owner's are %+v", o.w.cloud.size, o.user)
	}
	if !slices.Equal(now.Suspended, o.before.Suspended) {
		o.breaks(5, "suspended at the end: %v, before: %v", now.Suspended, o.before.Suspended)
	}
	if now.Autoscaler != o.before.Autoscaler {
		o.breaks(5, "Cluster Autoscaler at the end: %s, before: %s", now.Autoscaler, o.before.Autoscaler)
	}
	if len(now.Marks) > 0 {
		o.breaks(5, "marks are left: %v", now.Marks)
	}
	o.refers()
	o.bounded(run.Verdict)
	if o.w.records.ledger.now.Owes() {
		o.breaks(5, "the ledger owes and nobody says so: %+v", o.w.records.ledger.now)
	}
	if run.Verdict == nil {
		o.breaks(7, "the update has ended without a verdict")
	}
}

// refers holds how the group refers to its template at the end: as at the
// beginning if that means the version that it uses.
func (o *observer) refers() {
	t := o.w.cloud.template
	if meant, err := t.resolve(o.reference); err == nil && meant == t.used() && o.reference != t.ref {
		o.breaks(5, "the group uses version %s of its template at the end, before it was %s, which means the same", t.ref.Version, o.reference.Version)
	}
	if used := t.used().Image; o.launches != "" && used != o.launches {
		o.breaks(5, "the group launches image %s at the end, and it should be %s", used, o.launches)
	}
}

// judged notes, when the verdict is saved, which image the group is to launch at
// the end: the one of that moment, or the one from before if no node of the target
// became usable.
func (o *observer) judged(v *upgrade.Verdict) {
	if v == nil || o.launches != "" {
		return
	}
	o.launches = o.w.cloud.template.used().Image
	debt, r, back := o.w.records.ledger.now.Template, o.w.records.run.now.Resolved, o.w.records.update.Rollback != nil
	switch {
	case !v.RestoreTemplate || debt == nil || back && r == nil: // the last one has changed nothing yet
	case back && r.Template.Number == debt.Pinned.Number: // it goes back to what is pinned itself
		o.launches = r.Before.Image
	default:
		o.launches = debt.Pinned.Image
	}
}

// lean holds what LEAN promises where nothing comes between: every instance is
// launched once and the zones end even. What goes at once comes back where Auto
// Scaling wants it, and one of them may have to be launched once more to end even.
func (o *observer) lean() {
	if launched := o.w.tally.Launched - o.launched; launched > o.nodes+max(1, o.atOnce()-1) {
		o.breaks(5, "LEAN has launched %d instances for %d nodes", launched, o.nodes)
	}
	counts := o.w.cloud.perZone()
	if uneven := slices.Max(counts) - slices.Min(counts); uneven > 1 {
		o.breaks(5, "LEAN leaves the zones uneven: %v", counts)
	}
}
