package upgrade

import (
	"slices"
	"time"
)

// Elapsed is the time from t to now in which an engine was passing: a laptop that
// sleeps for a night has not let any limit run out.
func (r Run) Elapsed(t, now time.Time) time.Duration {
	total := now.Sub(t)
	for _, g := range r.Gaps {
		if from := Later(g.From, t); g.To.After(from) {
			total -= g.To.Sub(from)
		}
	}
	return max(total, 0)
}

// drainOf is the drain of an instance, nil if it is not in flight.
func (r *Run) DrainOf(instance string) *Drain {
	i := slices.IndexFunc(r.Drains, func(d Drain) bool { return d.Instance == instance })
	if i < 0 {
		return nil
	}
	return &r.Drains[i]
}

// begun reports whether an update may have changed anything.
func (r Run) Begun() bool { return r.Resolved != nil || r.Scaling != nil || r.Verdict != nil }

func (r *Run) RemoveDrain(instance string) {
	for i, d := range r.Drains {
		if d.Instance == instance {
			r.Drains = append(r.Drains[:i], r.Drains[i+1:]...)
			return
		}
	}
}

func (d Drain) Name() string {
	if d.Node == "" {
		return d.Instance
	}
	return d.Node
}

// Quarantined is an outdated node that could not be drained and was put aside, so
// that the others could go on. It keeps its taint. When no other is left it is
// tried once more.
type Quarantined struct {
	Instance string
	Node     string
	Why      string // it could not be drained
	Retried  bool
}

// QuarantinedNode is what is noted of an instance in quarantine, nil if it is not in it.
func (r *Run) QuarantinedNode(instance string) *Quarantined {
	i := slices.IndexFunc(r.Quarantined, func(q Quarantined) bool { return q.Instance == instance })
	if i < 0 {
		return nil
	}
	return &r.Quarantined[i]
}

// RetryQuarantined notes that a quarantined node is tried again.
func (r *Run) RetryQuarantined(instance string) {
	if r.QuarantinedNode(instance) != nil {
		r.Quarantined = slices.Clone(r.Quarantined)
		r.QuarantinedNode(instance).Retried = true
	}
}

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

// Status is EKS's word for an update.
type Status string

// The statuses.
const (
	InProgress Status = "InProgress"
	Successful Status = "Successful"
	Failed     Status = "Failed"
	Cancelled  Status = "Cancelled"
)

// Run is what an update remembers of itself.
type Run struct {
	Phase    Phase
	Started  time.Time
	Strategy Strategy  // as it was when the target was resolved; it does not change
	Resolved *Resolved // nil until the target is resolved
	Baseline *Baseline // nil until the group was measured
	Scaling  *Scaled   // nil until the sizes of a scaling are known
	Drains   []Drain   // the nodes in flight
	// Soaked is how many nodes had been replaced when they had last run for as long
	// as was asked for; SoakSince is when that began the next time, zero before.
	Soaked    int
	SoakSince time.Time
	// Health is what bad health is told by, nil until it was measured. Stops is how
	// many times the update has stopped for it, and Stop is the last time, nil if people
	// have let it go on.
	HealthBaseline *HealthBaseline
	HealthPauses   int
	HealthPause    *HealthPause
	// Quarantined are the nodes that were put aside.
	Quarantined []Quarantined
	// Verdict is how it ends, nil while it is under way. What was borrowed is
	// restored after the verdict.
	Verdict *Verdict
	// RecentlyTerminated are instances that were seen terminating lately: a stale read
	// that shows them in service is ignored.
	RecentlyTerminated []TerminatedInstance
	// AutoscalerHeld: Cluster Autoscaler was seen suspended. If it is not any more,
	// something has put it back.
	AutoscalerSuspended bool
	// PendingTold is when people were last told of pods without room.
	PendingPodsReported time.Time
	// Undrainable lists instances that could not be drained to restore a size.
	Undrainable []string
	// SizesNotRestored: the sizes cannot be restored now, whatever else can.
	SizesNotRestored bool
	// Owed says what could not be restored, for people; set when Done.
	Owed []string
	// LastPass is when an engine last looked, Gaps are the times when none did.
	LastPass time.Time
	Gaps     []Gap
	// Phases are those that it has entered, in their order.
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
	// Template is the version that the group is to use: known once it exists.
	Template TemplateVersion
	// From is the image that the group's template named before, and Before its
	// version: what a rollback goes back to.
	From   Image
	Before TemplateVersion
	// Followed is $Latest or $Default if that is what the group followed before, or
	// before the update that this one undoes.
	Followed string
	// ByTemplate: nodes are outdated by their template version, not their image.
	ByTemplate bool
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

// Drain is a node in flight: from the first eviction until its instance goes.
type Drain struct {
	Instance string
	Node     string
	Zone     string
	Since    time.Time
	// Surplus: it is drained to restore a size, not because it is outdated.
	Surplus bool
	// Cordoned is when the cordon was there, the start of the wait for load
	// balancers; zero before.
	Cordoned time.Time
	// Forced is when pods were first deleted past the drain limit; zero before.
	Forced time.Time
	// Asked is when its termination was last asked for, zero before. Reads lag
	// behind for some seconds: it is not asked for again meanwhile.
	TerminationRequested time.Time
	// Evicted counts accepted evictions.
	Evicted int
	// Blocked are the pods that could not be evicted at the first try.
	Blocked []BlockedPod
}

// BlockedPod is a pod whose eviction was refused or not tried.
type BlockedPod struct {
	Pod   string // namespace/name
	UID   string
	Since time.Time
	Tries int       // refused evictions
	Next  time.Time // when to try again
	// Why in words, with the budget's numbers.
	Why    string
	Budget string
}

// TerminatedInstance is an instance that was seen terminating.
type TerminatedInstance struct {
	Instance string
	At       time.Time
}

// Verdict is how an update ends.
type Verdict struct {
	Status Status
	Errors []Error
	At     time.Time
	// PutTemplateBack: no node of the target ever became usable, or it was asked
	// for with the cancel.
	RestoreTemplate bool
	// RollBack: the update failed, and another one is to undo it.
	RollBack bool
}

// Error is one of EKS's error codes with a message.
type Error struct {
	Code      string
	Message   string
	Resources []string
}

// EKS's error codes that an update ends with.
const (
	NodeCreationFailure = "NodeCreationFailure"
	PodEvictionFailure  = "PodEvictionFailure"
	ResourceNotFound    = "K8sResourceNotFound"
	AccessDenied        = "AccessDenied"
	Conflict            = "ConfigurationConflict"
	// InsufficientReplicas: too many pods are not Ready.
	InsufficientReplicas = "InsufficientNumberOfReplicas"
	NotPermitted         = "OperationNotPermitted"
)

// Gap is a time in which no engine looked.
type Gap struct{ From, To time.Time }

// Since is when the timer of a wait started, now if it is not running.
func (r Run) Since(key WaitKey, now time.Time) time.Time {
	for _, t := range r.Timers {
		if t.Key == key {
			return t.Since
		}
	}
	return now
}

// WaitKey identifies a wait: it is the same as long as it is the same wait. The engine makes them.
type WaitKey string

// Timer is when a wait began.
type Timer struct {
	Key   WaitKey
	Since time.Time
}

// FailedCall is a call to AWS or Kubernetes that fails and is tried again.
type FailedCall struct {
	Reason  string // of the event that says that the call was made
	Code    string // what the update fails with: AccessDenied or Unknown
	Message string
	Since   time.Time
	Limit   time.Duration // 0: none
}

// Wait is something that an update waits for, for people. Nothing is decided by it.
type Wait struct {
	Key     WaitKey
	Message string // what it waits for and what to do
	Since   time.Time
	Limit   time.Duration // 0: none
}

// Counts is what has happened so far.
type Counts struct {
	Replaced   int            // outdated nodes that were drained and are gone
	ScaledDown int            // nodes that were drained to restore a size and are gone
	Launched   int            // instances that were launched since the start, but for those that died by themselves
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
