package upgrade

import (
	"time"
)

// Fault is why an update cannot be carried out as it is written, by people or in
// what is remembered of it. Nothing is changed while there is one.
type Fault struct {
	Code string // EKS's
	// Why says what is wrong and what to do about it.
	Why string
	// Limit is how long an update that has not begun waits for that to be
	// mended before it fails: what people apply together comes in any order.
	Limit time.Duration
	// Lost: what the group is owed is not known any more, so that even an update
	// that has begun cannot go on.
	Lost bool
}

// Record is one update as it is kept in Kubernetes: what people asked for, what
// it has got to, and what its node group is owed.
type Record struct {
	Update Update
	Run    Run
	Ledger Ledger
	// The versions that Run and Ledger were read at, opaque to the engine.
	RunVersion    string
	LedgerVersion string
}

// Update is what people asked for. It does not change but for Cancelled, PauseRequested,
// AcceptedHealthPauses, RolledBackBy, QueuedBehind and Fault.
type Update struct {
	Name      string // of the NodeGroupUpdate
	UID       string // seeds the random order and the client tokens
	Group     string // name of the Auto Scaling group
	NodeGroup string // who suspends Cluster Autoscaler: the name of the NodeGroup
	Target    Target
	Policy    Policy
	// Rollback says that this update undoes another one; nil for all others. It
	// has no target of its own.
	Rollback *Rollback
	// Scaling says that this update changes the group's sizes and nothing else; nil
	// for all others. It has no target.
	Scaling *Scaling
	// RolledBackBy is the name of the update that undoes this one, "" for none:
	// it takes over what this one has borrowed. One way.
	RolledBackBy string
	// Behind is the name of an update of the same node group that goes first, ""
	// for none.
	QueuedBehind string
	// Fault is why it cannot be carried out as it is written, nil if it can.
	Fault *Fault
	// Cancelled ends the update and restores what it borrowed. One way.
	Cancelled bool
	// RestoreTemplate: when it is cancelled, the group gets its launch template
	// version back; else it stays on the new one.
	RestoreTemplate bool
	// PauseRequested pauses it: nothing new starts, taints and surge stay,
	// Cluster Autoscaler is back but may not remove the group's nodes.
	PauseRequested bool
	// AcceptedHealthPauses is how many times people have let it go on that had stopped for
	// bad health.
	AcceptedHealthPauses int
	// Paused: it is paused, as of the last pass, which alone sets it.
	Paused bool
}

// Rollback is what an update undoes.
type Rollback struct {
	Of string // the name of the other update
	// Undone is what the other one's target meant, and Measured the group before it;
	// nil if that update does not exist or never came so far.
	Undone   *Resolved
	Measured *Baseline
	// Scaling: the other one has changed sizes alone, which is not undone so.
	Scaling bool
	// Ended: nothing more is done about the other one.
	Ended bool
}
