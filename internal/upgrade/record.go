package upgrade

import (
	"time"
)

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

// Update is what people asked for. It does not change but for Cancelled, Halted,
// AcceptedStops, RolledBackBy, Behind and Fault.
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
	// Cancelled ends the update and gives back what it borrowed. One way.
	Cancelled bool
	// RestoreTemplate: when it is cancelled, the group gets its launch template
	// version back; else it stays on the new one.
	RestoreTemplate bool
	// Halted makes it stand still: nothing new starts, taints and surge stay,
	// Cluster Autoscaler is back but may not remove the group's nodes.
	PauseRequested bool
	// AcceptedStops is how many times people have let it go on that had stopped for
	// bad health.
	AcceptedHealthPauses int
	// Still: it does stand still, as of the last pass, which alone sets it.
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

// Count is a number or a percentage of nodes.
type Count struct {
	Value   int
	Percent bool
}

// Of returns the count for a number of nodes: percentages are rounded down as a
// Deployment's maxUnavailable is, and the answer is 1 to 100 (EKS).
func (c Count) Of(nodes int) int {
	n := c.Value
	if c.Percent {
		n = nodes * c.Value / 100
	}
	return min(max(n, 1), 100)
}

// Policy is how an update goes about it.
type Policy struct {
	Strategy       Strategy
	NodeOrder      NodeOrder
	MaxUnavailable Count
	Force          bool // past the drain limit pods are deleted
	// Quarantine: a node that is not empty at the drain limit is put aside, and
	// tried once more at the end.
	Quarantine   bool
	DrainTimeout time.Duration
	JoinTimeout  time.Duration
	CordonWait   time.Duration // for load balancers, between cordon and termination
	MinReady     time.Duration // how long a new node has to be Ready to be usable
	Autoscaler   AutoscalerMode
	// RespectSafeToEvict: pods that ask not to be evicted hold their node until
	// they have finished, or up to the drain limit.
	RespectSafeToEvict bool
	// Canary is how many nodes are replaced first and then run for CanarySoak, 0 for
	// none. New nodes run for Soak between two batches of MaxUnavailable.
	Canary     int
	CanarySoak time.Duration
	Soak       time.Duration
	// RollbackOnFailure: an update that fails is rolled back.
	RollbackOnFailure bool
	Health            Health
}

// DefaultPolicy is EKS's, and what issue 2 says.
func DefaultPolicy() Policy {
	return Policy{
		Strategy:       Default,
		NodeOrder:      Random,
		MaxUnavailable: Count{Value: 1},
		DrainTimeout:   15 * time.Minute,
		JoinTimeout:    15 * time.Minute,
		CordonWait:     60 * time.Second,
		MinReady:       10 * time.Second,
		Autoscaler:     AutoscalerSuspend,
		Health:         Health{After: 10 * time.Minute},
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
	// given back after the verdict.
	Verdict *Verdict
	// Landed are the instances that were seen going lately: a stale read that
	// shows them in service is not believed.
	RecentlyTerminated []TerminatedInstance
	// AutoscalerHeld: Cluster Autoscaler was seen suspended. If it is not any more,
	// something has put it back.
	AutoscalerSuspended bool
	// PendingTold is when people were last told of pods without room.
	PendingPodsReported time.Time
	// Stuck lists instances that could not be drained to give back a size.
	Undrainable []string
	// SizesKept: the sizes cannot be given back now, whatever else can.
	SizesNotRestored bool
	// Owing says what could not be given back, for people; set when Done.
	Owed []string
	// LastPass is when an engine last looked, Gaps are the times when none did.
	LastPass time.Time
	Gaps     []Gap
	// Phases are those that it has entered, in their order.
	Phases []PhaseTime
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
	// Surplus: it is drained to give back a size, not because it is outdated.
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
	// Held are the pods that could not be evicted at the first try.
	Blocked []BlockedPod
}

// Held is a pod whose eviction was refused or not tried.
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

// Landed is an instance that was seen going.
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

// Wait is something that an update waits for.
type Wait struct {
	Key     string // the same as long as it is the same wait
	Message string // what it waits for and what to do
	Since   time.Time
	Limit   time.Duration // 0: none
}

// Counts is what has happened so far.
type Counts struct {
	Replaced   int            // outdated nodes that were drained and are gone
	ScaledDown int            // nodes that were drained to give back a size and are gone
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
	Owner    Size // what the owner wants
	Expected Size // what was last seen to be applied
	// Pending is what is on its way, nil if nothing is.
	Pending *Size
	// Shrink is the instance whose termination lowers the desired size to
	// Pending.Desired, "" if Pending is a plain change of sizes.
	ShrinkInstance string
	// Strange is a reading that fits neither, and since when.
	Unexpected      *Size
	UnexpectedSince time.Time
}

// TemplateDebt is the template reference before the update.
type TemplateDebt struct {
	Before TemplateRef
	// Pinned is the number that Before stood for.
	Pinned TemplateVersion
}
