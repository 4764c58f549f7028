package upgrade

import (
	"time"
)

// Ledger is what a node group is owed: what was borrowed from it and has to be
// given back, whichever update borrowed it. The zero Ledger owes nothing.
type Ledger struct {
	Sizes     *Sizes
	Template  *TemplateDebt
	Processes []string // suspended by us
	// Unevenness is the difference between the fullest and the emptiest zone
	// when the processes were suspended.
	Unevenness int
	Autoscaler bool // the holder may be on the autoscaler's Deployment
	Marks      bool // nodes may carry marks of ours
}

// Owes reports whether anything is owed.
func (l Ledger) Owes() bool {
	return l.Sizes != nil || l.Template != nil || len(l.Processes) > 0 || l.Autoscaler || l.Marks
}

// Sizes is the debt of sizes.
type Sizes struct {
	Owner    Size // what is restored at the end
	Expected Size // what was last seen to be applied
	// Pending is what is on its way, nil if nothing is.
	Pending *Size
	// ShrinkInstance is the instance whose termination lowers the desired size to
	// Pending.Desired, "" if Pending is a plain change of sizes.
	ShrinkInstance string
	// Unexpected is a reading that fits neither, and since when.
	Unexpected      *Size
	UnexpectedSince time.Time
}

// TemplateDebt is the template reference before the update.
type TemplateDebt struct {
	Before TemplateRef
	// Pinned is the number that Before stood for.
	Pinned TemplateVersion
}
