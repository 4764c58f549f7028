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
	// Limit is how long an update that has not begun waits for a correction before it
	// fails: what people apply together arrives in any order.
	Limit time.Duration
	// Lost: what the group is owed is no longer known, so that even an update that has
	// begun cannot continue.
	Lost bool
}

// Record is one update as it is kept in Kubernetes: what people asked for, how far it is,
// and what its node group is owed.
type Record struct {
	Update Update
	Run    Run
	Ledger Ledger
	// The versions that Run and Ledger were read at, opaque to the engine.
	RunVersion    string
	LedgerVersion string
}

// Update is what people asked for. Only Cancelled, PauseRequested, Leaving, AcceptedHealthPauses,
// RolledBackBy, QueuedBehind, Fault and Paused change after it was written.
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
	// RolledBackBy is the name of the update that rolls this one back and takes over what it
	// has borrowed, "" for none. Once set, it stays.
	RolledBackBy string
	// QueuedBehind is the name of an update of the same node group that goes first, "" for
	// none.
	QueuedBehind string
	// Fault is why it cannot be carried out as it is written, nil if it can.
	Fault *Fault
	// Cancelled ends the update and restores what it borrowed. Once set, it stays.
	Cancelled bool
	// RestoreTemplate: when the update is cancelled, the group uses its previous launch template
	// version again. Otherwise it stays on the new one.
	RestoreTemplate bool
	// PauseRequested pauses the update: nothing new starts, taints and surge stay, and Cluster
	// Autoscaler runs but may not remove the group's nodes.
	PauseRequested bool
	// Leaving: the process that makes the passes is about to end, and no other one is known that
	// continues. The update pauses in this process alone, and if the cloud does not answer, the pass
	// does what the cluster alone allows. It is not stored.
	Leaving bool
	// AcceptedHealthPauses is how many times people have resumed the update after it paused for
	// bad health.
	AcceptedHealthPauses int
	// Paused: the update is paused. Each pass sets it.
	Paused bool
}

// MustPause reports whether the update is to pause, for people or because its process leaves it.
func (u Update) MustPause() bool { return u.PauseRequested || u.Leaving }

// Rollback is which update a rollback undoes.
type Rollback struct {
	Of string // the name of the other update
	// Undone is what the target of the other update meant, and Measured the group before it. They
	// are nil if that update does not exist or never resolved its target.
	Undone   *Resolved
	Measured *Baseline
	// WithoutNode are the members that had no node in its last pass.
	WithoutNode []WithoutNode
	// Scaling: the other update changed only sizes, which a rollback does not undo.
	Scaling bool
	// Ended: nobody works on the other update any more.
	Ended bool
}
