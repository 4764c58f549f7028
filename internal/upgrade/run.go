package upgrade

import (
	"time"
)

// Phase is where an update stands, in EKS's words.
type Phase string

// The phases, in their order. Done is the end: nothing more will be done.
const (
	Setup     Phase = "Setup"
	ScaleUp   Phase = "ScaleUp"
	Upgrading Phase = "Upgrade"
	ScaleDown Phase = "ScaleDown"
	Done      Phase = "Done"
)

// Run is what an update remembers of itself.
type Run struct {
	Phase    Phase
	Started  time.Time
	Strategy Strategy  // as it was when the target was resolved; it does not change
	Resolved *Resolved // nil until the target is resolved
	Baseline *Baseline // nil until the group was measured
	Scaling  *Scaled   // nil until the sizes of a scaling are known
	// MostUsable is the most nodes that were usable at the same time since the update began, without
	// those that it has added.
	MostUsable int
	Drains     []Drain // the nodes in flight
	// Soaked is how many nodes were replaced when the last soak ended. SoakSince is when the present
	// soak started, zero outside one.
	Soaked    int
	SoakSince time.Time
	// HealthBaseline is what bad health is measured against, nil until it was measured. HealthPauses
	// is how many times the update has paused for bad health, and HealthPause is the present pause,
	// nil if there is none.
	HealthBaseline *HealthBaseline
	HealthPauses   int
	HealthPause    *HealthPause
	// Quarantined are the nodes in quarantine.
	Quarantined []Quarantined
	// Verdict is how it ends, nil while it is under way. What was borrowed is
	// restored after the verdict.
	Verdict *Verdict
	// RecentlyTerminated are instances that were seen terminating recently: a stale read that shows
	// them in service is ignored.
	RecentlyTerminated []TerminatedInstance
	// WithoutNode are the members that had no node in the last pass.
	WithoutNode []WithoutNode
	// AutoscalerSuspended: Cluster Autoscaler was seen suspended. If it is not any more, something
	// else has scaled it up.
	AutoscalerSuspended bool
	// PendingPodsReported is when the update last warned of pods that fit on no node.
	PendingPodsReported time.Time
	// Undrainable lists instances that could not be drained to restore a size.
	Undrainable []string
	// SizesNotRestored: the sizes cannot be restored now. Everything else can be.
	SizesNotRestored bool
	// Owed says what could not be restored, for people; set when Done.
	Owed []string
	// LastPass is when an engine last ended a pass. Gaps are the times when none made one.
	LastPass time.Time
	Gaps     []Gap
	// Phases are the phases that the update has entered, in their order.
	Phases []PhaseTime
	// Timers are when the waits began that have no start of their own. Their limits count from there.
	Timers []Timer
	// FailedCalls are the calls that fail and are tried again. One that fails for longer than its
	// limit ends the update.
	FailedCalls []FailedCall
	// ResumeRequested are the scaling processes that were resumed at the end. AWS may report them as
	// suspended for some seconds more.
	ResumeRequested []string
	// What follows is for people. Losing it does no harm.
	Waits  []Wait
	Counts Counts
}

// Resolved is what the target means for this group; it does not change.
type Resolved struct {
	Image Image
	// Template is the version that the group is to use. Its number is 0 until it exists.
	Template TemplateVersion
	// From is the image of the group's template before the update, and Before the version of that
	// template. A rollback goes back to them. Where a parameter names the image, From and Before.Image are
	// what most nodes run: the parameter may have been changed since they were launched.
	From   Image
	Before TemplateVersion
	// Followed is $Latest or $Default if the group used that before, or before the update that this
	// one rolls back.
	Followed string
	// ByTemplate: nodes are outdated by their template version, not their image.
	ByTemplate bool
	// MadeFrom is the version that Template is made from, if that is not the one that the group used: a
	// rollback makes one from that of before the other update, if a parameter names its image.
	MadeFrom TemplateVersion
	// Copy is a version like Before, with its parameter, that was made at the end so that $Latest means
	// that again. Its number is 0 until it exists, and its id "" until it is to be made.
	Copy TemplateVersion
	// Unlaunchable: nothing can be launched by Before any more, because its image or the parameter that
	// names it is gone. AWS refuses to point a group at such a version.
	Unlaunchable bool
}

// Baseline is the group as it was before anything was changed.
type Baseline struct {
	Nodes             int // members
	Zones             int // in which it may launch
	Outdated          int
	Usable            int
	Taints            []string // that some outdated node has: a new one may have them
	ExtendedResources []string // extended resources that every outdated node offers
}

// Gap is a time in which no engine made a pass.
type Gap struct{ From, To time.Time }

// Counts is what has happened so far.
type Counts struct {
	Replaced   int            // outdated nodes that were drained and are gone
	ScaledDown int            // nodes that were drained to restore a size and are gone
	Launched   int            // instances that were launched since the start, without those that were lost by themselves
	Evicted    int            // pods evicted from outdated nodes
	MovedAgain int            // pods evicted from up to date nodes, in the scale down
	Deleted    int            // pods deleted by force
	Refusals   map[string]int // refused evictions by budget
}

// PhaseTime is when a phase began.
type PhaseTime struct {
	Phase Phase
	Began time.Time
}

// Later returns the later of two times.
func Later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Begun reports whether the update may have changed anything.
func (r Run) Begun() bool { return r.Resolved != nil || r.Scaling != nil || r.Verdict != nil }

// Elapsed returns the time from t to now, without the gaps: while a laptop sleeps for a night, no limit
// runs out.
func (r Run) Elapsed(t, now time.Time) time.Duration {
	total := now.Sub(t)
	for _, g := range r.Gaps {
		if from := Later(g.From, t); g.To.After(from) {
			total -= g.To.Sub(from)
		}
	}
	return max(total, 0)
}
