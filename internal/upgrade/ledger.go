package upgrade

import (
	"time"
)

// Ledger is what a node group is owed: what was borrowed from it and has to be restored, whichever
// update borrowed it. The zero Ledger owes nothing.
type Ledger struct {
	// ARN is the Auto Scaling group that it is about, "" until the group was seen. It stays when
	// nothing is owed.
	ARN      string
	Sizes    *Sizes
	Template *TemplateDebt
	// Processes are the scaling processes that an update has suspended.
	Processes []string
	// Unevenness is the difference between the fullest and the emptiest zone
	// when the processes were suspended.
	Unevenness int
	// Autoscaler: Cluster Autoscaler may be suspended by the node group.
	Autoscaler bool
	// Marks: nodes may carry marks of Nodelift.
	Marks bool
}

// Owes reports whether anything is owed.
func (l Ledger) Owes() bool {
	return l.OwesGroup() || l.Autoscaler || l.Marks
}

// OwesGroup reports whether anything is owed to the Auto Scaling group itself. The rest is in the
// cluster.
func (l Ledger) OwesGroup() bool {
	return l.Sizes != nil || l.Template != nil || len(l.Processes) > 0
}

// ForgetGroup is the ledger without what is owed to a group that does not exist any more.
func (l Ledger) ForgetGroup() Ledger {
	l.Sizes, l.Template, l.Processes, l.Unevenness = nil, nil, nil, 0
	return l
}

// Sizes is what is owed of the sizes.
type Sizes struct {
	// Owner is what is restored at the end.
	Owner Size
	// Expected is what the group is expected to report.
	Expected Size
	// Pending is what was sent or is to be sent and was not reported yet, nil for nothing.
	Pending *Size
	// ShrinkInstance is the instance whose termination lowers the desired size to
	// Pending.Desired, "" if Pending is a plain change of sizes.
	ShrinkInstance string
	// Unexpected are reported sizes that are neither Expected nor Pending, and since when.
	Unexpected      *Size
	UnexpectedSince time.Time
	// UnexpectedStandby is how many instances were in Standby then.
	UnexpectedStandby int
	// Standby is how many instances were in Standby when Expected was reported. One that enters
	// Standby may lower the desired size, and one that leaves it raises that again.
	Standby int
	// Removing is how many nodes Cluster Autoscaler was removing when Expected was reported: Expected
	// is without them.
	Removing int
}

// TemplateDebt is what is owed of the launch template: the reference before the update.
type TemplateDebt struct {
	Before TemplateRef
	// Pinned is the number that Before stood for.
	Pinned TemplateVersion
}
