package upgrade

import (
	"time"
)

// ConfirmAfter is how long an unexpected answer of AWS has to last before it is acted on, because
// describes can be stale (design, section 4).
const ConfirmAfter = 30 * time.Second

// Interval is how often an engine looks when nothing tells it to look sooner.
const Interval = 5 * time.Second

// Freshness is how old a read of the cloud may be to count as fresh. AWS itself
// is no more consistent than that, and reading again in every pass would make most
// of the calls.
const Freshness = time.Second / 2

// Result is what one pass did and saw.
type Result struct {
	Record   Record    // as it is now kept
	Progress *Progress // nil if it is not known, because something could not be read
	Events   []Event   // what happened in this pass, in order
	// After says when to look again at the latest; 0 is at once.
	After time.Duration
	// Done: the update has ended and nothing more will be done about it.
	Done bool
	// Paused: the update is paused, and may be left.
	Paused bool
}

// Progress is how far an update is, in nodes of the group.
type Progress struct {
	Nodes    int // members that are not terminating
	Outdated int
	UpToDate int
	Usable   int // of all
	InFlight int
}

// Event is one sentence about something that was done or seen.
type Event struct {
	Time    time.Time
	Warning bool
	Reason  string // one word in CamelCase, as in Kubernetes Events
	Message string
	// Node is the node that it is about, "" for the group.
	Node string
}
