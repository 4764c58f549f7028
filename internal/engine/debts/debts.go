// Package debts holds what an update borrows from a node group, one file for each debt:
//
//	sizes.go       the maximum and desired size, which are raised by the surge
//	template.go    the launch template version that the group uses
//	processes.go   the scaling processes that would terminate nodes undrained
//	autoscaler.go  Cluster Autoscaler
//	marks.go       taints, cordons, labels and annotations on the nodes
//
// Each debt answers the same few questions ([Debt]) and knows nothing of the others. A further
// debt is one more file and its line in [All] and, if it has to be kept, in [Kept].
//
// Borrowing is two steps: the ledger says what will be borrowed and how it was, and only when that
// is saved is anything changed. So a process that dies in between leaves a ledger that says what to
// restore. Restoring is the other way round: the ledger is cleared when the cloud or the cluster
// shows that it is as before.
package debts

import (
	"slices"

	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// Debt is one thing that is borrowed. A function that is nil has nothing to do.
type Debt struct {
	// Borrow writes into the ledger what the update will change, and how it is now. It reports
	// whether the update has to save that before it goes on. What an earlier update still owes
	// stays as that one wrote it.
	Borrow func(*View, *upgrade.Ledger) bool
	// Notice compares the ledger with the group, before anything else is decided: it sees what has
	// arrived, and adopts what somebody else has changed.
	Notice Rule
	// Keep makes sure, while the update runs, that its changes stay in place, and makes them again
	// if something has undone them.
	Keep Rule
	// Restore undoes the changes of the update, after the verdict. It decides nothing when that is
	// done, or when it cannot be done now.
	Restore Rule
	// Owed says, when the update ends, what is not restored, "" if all is, and why, "" if only a
	// failing call can be the reason.
	Owed func(*View) (what, why string)
	// Calls are the calls that restore the debt, by the reasons of their events.
	Calls []string
	// Reads are what Notice, Keep and Restore look at. While one of them fails, they are not asked.
	Reads []plan.Read
}

// Rule is a rule of the engine about a debt.
type Rule = func(*View, *plan.Plan) plan.Decision

// All returns the debts in the order in which they are restored. Cluster Autoscaler comes after the
// sizes, as in EKS: it would change them meanwhile.
func All() []Debt { return []Debt{template(), sizes(), processes(), autoscaler(), marks()} }

// Kept returns the debts in the order in which they are kept.
func Kept() []Debt { return []Debt{autoscaler(), processes(), marks(), template()} }

// RestoreInCluster restores what is owed in the cluster alone, while the group is out of reach.
func RestoreInCluster(v *View, p *plan.Plan) plan.Decision {
	return plan.FirstOf(v, p, restoreAutoscaler, restoreMarks)
}

// StepsAPass bounds the changes of nodes in one pass, so that a pass over a group of thousands
// stays short.
const StepsAPass = 100

// View is what the debts look at.
type View struct {
	fleet.Fleet
	Autoscaler upgrade.AutoscalerState
	// Present is the launch template version that the group's reference stands for, and Before the
	// one that the reference from before the update stands for now. Each is read only in the phase
	// that asks for it. Pinned is the version that the reference stood for before the update, as it is
	// now: read at the end, if a parameter names its image.
	Present, Before, Pinned upgrade.TemplateVersion
	// TerminatedElsewhere is whether somebody else ended the instance whose termination was to
	// lower the desired size, nil until it was asked for (see plan.Needs).
	TerminatedElsewhere *bool
	Drains              Drains
	// Unread are the reads that failed in this pass.
	Unread []plan.Read
}

// Lacks reports whether one of some reads failed in this pass.
func (v *View) Lacks(reads ...plan.Read) bool {
	return slices.ContainsFunc(reads, func(r plan.Read) bool { return slices.Contains(v.Unread, r) })
}

// Drains is what restoring the sizes needs of the draining of nodes. The engine drains them.
type Drains interface {
	// ReplaceUseless replaces instances that a failed update launched and that became no nodes.
	ReplaceUseless(*plan.Plan) plan.Decision
	// Check looks at the nodes in flight: it forgets those that are gone and stops drains that
	// have become unnecessary or unsafe.
	Check(*plan.Plan) plan.Decision
	// Shrink drains nodes that the group has beyond the owner's desired size, and has each
	// terminated together with its place.
	Shrink(*plan.Plan) plan.Decision
	// WhyKept says why no further node can be removed.
	WhyKept() string
}

// IsFailing reports whether a call, named by the reason of its event, has been failing for a while.
func (v *View) IsFailing(reason string) bool {
	return slices.ContainsFunc(v.Run.FailedCalls, func(c upgrade.FailedCall) bool {
		return c.Reason == reason && v.Elapsed(c.Since) >= upgrade.ConfirmAfter
	})
}

// LeastLimit is how long a call is tried at least before it is given up: a call to AWS whose answer was lost
// is made again after upgrade.ConfirmAfter, and it is tried three times.
const LeastLimit = 3 * upgrade.ConfirmAfter

// IsPastLimit reports whether a call has been failing for longer than its limit. After the verdict
// the limit counts from there.
func (v *View) IsPastLimit(c upgrade.FailedCall) bool {
	since := c.Since
	if v.Run.Verdict != nil {
		since = upgrade.Later(since, v.Run.Verdict.At)
	}
	return c.Limit > 0 && v.Elapsed(since) >= c.Limit
}

// Owed says, when the update ends, what is not restored and why: what AWS or Kubernetes answered to a
// call that keeps failing, else the debt's own reason.
func (v *View) Owed() []string {
	var owed []string
	for _, d := range All() {
		what, why := d.Owed(v)
		if what == "" {
			continue
		}
		for _, c := range v.Run.FailedCalls {
			if slices.Contains(d.Calls, c.Reason) || slices.Contains(d.Reads, c.Reason) {
				why = c.Message
			}
		}
		if why != "" {
			what += ": " + why
		}
		owed = append(owed, what)
	}
	return owed
}

// IsGone reports whether an instance in flight is on its way out. One that is missing in an answer
// counts as gone if it was a node and its termination was requested, or if it has been missing for
// a while: a stale answer may not have a new instance yet, and the request may have failed.
func (v *View) IsGone(instance string) bool {
	if m := v.ByID[instance]; m != nil {
		return m.Lifecycle.IsTerminating()
	}
	d := v.Run.DrainOf(instance)
	if d == nil || d.Node != "" && !d.TerminationRequested.IsZero() {
		return true
	}
	return v.Elapsed(v.Run.Since(plan.Missing(instance), v.Now)) >= upgrade.ConfirmAfter
}
