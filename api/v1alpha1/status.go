package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// The conditions of a NodeGroupUpdate.
const (
	// ConditionSucceeded is True when every node is up to date, False when the
	// update failed or was cancelled, and Unknown before that.
	ConditionSucceeded = "Succeeded"
	// ConditionProgressing is True while the update is under way and False when
	// it stands still or has ended.
	ConditionProgressing = "Progressing"
	// ConditionBlocked is True while a pod refuses to leave a node.
	ConditionBlocked = "Blocked"
	// ConditionCapacityRestored is True when everything that was borrowed has
	// been given back, False when the update ended without, and Unknown before.
	ConditionCapacityRestored = "CapacityRestored"
)

// UpdateStatus is EKS's word for how an update stands: InProgress, Successful,
// Failed or Cancelled.
// +kubebuilder:validation:MaxLength=16
// +kubebuilder:validation:XValidation:rule="self in ['InProgress', 'Successful', 'Failed', 'Cancelled']",message="a status is InProgress, Successful, Failed or Cancelled"
type UpdateStatus string

// EKS's words.
const (
	UpdateInProgress UpdateStatus = "InProgress"
	UpdateSuccessful UpdateStatus = "Successful"
	UpdateFailed     UpdateStatus = "Failed"
	UpdateCancelled  UpdateStatus = "Cancelled"
)

// PhaseDone is the phase of an update that has ended.
const PhaseDone = "Done"

// NodeGroupUpdateStatus is what an update has got to. Only nodes in flight are
// listed; the rest is counts, and Events.
type NodeGroupUpdateStatus struct {
	// Status is EKS's word. It is InProgress until all is given back.
	// +optional
	Status UpdateStatus `json:"status,omitempty"`
	// Type is EKS's word for what it changes: VersionUpdate, or ConfigUpdate for the
	// group's sizes.
	// +optional
	Type string `json:"type,omitempty"`
	// Phase is Setup, ScaleUp, Upgrade, ScaleDown or, at the end, Done.
	// +optional
	// +kubebuilder:validation:MaxLength=16
	// +kubebuilder:validation:XValidation:rule="self in ['Setup', 'ScaleUp', 'Upgrade', 'ScaleDown', 'Done']",message="a phase is Setup, ScaleUp, Upgrade, ScaleDown or Done"
	Phase string `json:"phase,omitempty"`
	// Message says in a sentence what the update waits for now, why it stands still,
	// or why it has ended as it has.
	// +optional
	Message string `json:"message,omitempty"`
	// Settings are those that it goes by: its own, else those of its node group, else
	// EKS's values.
	// +optional
	Settings *SettingsInForce `json:"settings,omitempty"`
	// Target is what the nodes, or the sizes, become, in words.
	// +optional
	Target string `json:"target,omitempty"`
	// Progress is how many of the outdated nodes were replaced, or of the nodes that
	// are too many or too few drained or added: 4/12.
	// +optional
	Progress string `json:"progress,omitempty"`
	// Started is when an engine first looked at the update.
	// +optional
	Started *metav1.MicroTime `json:"started,omitempty"`
	// Strategy is the strategy that the update began with.
	// +optional
	Strategy string `json:"strategy,omitempty"`
	// Resolved is what the target means for this group. It does not change.
	// +optional
	Resolved *Resolved `json:"resolved,omitempty"`
	// Baseline is the group before anything was changed.
	// +optional
	Baseline *Baseline `json:"baseline,omitempty"`
	// Scaling is what spec.scaling means for this group. It does not change.
	// +optional
	Scaling *Scaled `json:"scaling,omitempty"`
	// NodesInFlight are the nodes between their first eviction and the end of
	// their instance.
	// +optional
	NodesInFlight []NodeInFlight `json:"nodesInFlight,omitempty"`
	// Soaked is how many nodes had been replaced when they had last run for as long
	// as soak or canary.soak say.
	// +optional
	Soaked int32 `json:"soaked,omitempty"`
	// SoakSince is when they began to the next time.
	// +optional
	SoakSince *metav1.MicroTime `json:"soakSince,omitempty"`
	// Health is what bad health is told by, where it stops the update.
	// +optional
	Health *Health `json:"health,omitempty"`
	// Stops is how many times the update has stopped for bad health.
	// +optional
	Stops int32 `json:"stops,omitempty"`
	// Stop is that it stands still for bad health, until people let it go on.
	// +optional
	Stop *Stop `json:"stop,omitempty"`
	// Quarantined are nodes that could not be drained and were put aside.
	// +optional
	Quarantined []QuarantinedNode `json:"quarantined,omitempty"`
	// Verdict is how the update ends. What was borrowed is given back after it.
	// +optional
	Verdict *Verdict `json:"verdict,omitempty"`
	// Landed are instances that were seen going lately.
	// +optional
	Landed []LandedInstance `json:"landed,omitempty"`
	// AutoscalerHeld: Cluster Autoscaler was seen suspended.
	// +optional
	AutoscalerHeld bool `json:"autoscalerHeld,omitempty"`
	// PendingTold is when people were last told of pods without room.
	// +optional
	PendingTold *metav1.MicroTime `json:"pendingTold,omitempty"`
	// Stuck are instances that could not be drained to give back a size.
	// +optional
	Stuck []string `json:"stuck,omitempty"`
	// SizesKept: the sizes cannot be given back now, whatever else can.
	// +optional
	SizesKept bool `json:"sizesKept,omitempty"`
	// Owing says what could not be given back.
	// +optional
	Owing []string `json:"owing,omitempty"`
	// LastPass is when an engine last looked.
	// +optional
	LastPass *metav1.MicroTime `json:"lastPass,omitempty"`
	// Gaps are the times in which no engine looked: no limit counts them.
	// +optional
	Gaps []Gap `json:"gaps,omitempty"`
	// Timers are when waits began. Their limits count from there.
	// +optional
	Timers []Timer `json:"timers,omitempty"`
	// FailedCalls are the calls to AWS or Kubernetes that fail and are tried again. One that fails
	// for longer than its limit ends the update.
	// +optional
	FailedCalls []FailedCall `json:"failedCalls,omitempty"`
	// ResumeRequested are the scaling processes that were resumed at the end of the update.
	// +optional
	ResumeRequested []string `json:"resumeRequested,omitempty"`
	// Waits is what the update waits for now.
	// +optional
	Waits []Wait `json:"waits,omitempty"`
	// Counts is what has happened so far.
	// +optional
	Counts *Counts `json:"counts,omitempty"`
	// Phases is when each phase began.
	// +optional
	Phases []PhaseTime `json:"phases,omitempty"`
	// Conditions are Succeeded, Progressing, Blocked and CapacityRestored.
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// ObservedGeneration is the generation of the spec that this status is of.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
}

// Verdict is how an update ends.
type Verdict struct {
	// Status is Successful, Failed or Cancelled.
	// +optional
	Status UpdateStatus `json:"status,omitempty"`
	// Errors are EKS's codes with messages.
	// +optional
	Errors []Issue `json:"errors,omitempty"`
	// At is when it was reached.
	// +optional
	At *metav1.MicroTime `json:"at,omitempty"`
	// PutTemplateBack: no node of the target ever became usable, or restoreTemplate
	// was set, so the group gets its template version back.
	// +optional
	PutTemplateBack bool `json:"putTemplateBack,omitempty"`
	// RollBack: the update failed, and another one is to undo it.
	// +optional
	RollBack bool `json:"rollBack,omitempty"`
}

// QuarantinedNode is an outdated node that could not be drained and was put aside.
type QuarantinedNode struct {
	// Instance is the id of its instance.
	Instance string `json:"instance"`
	// Node is its name, if it is a node.
	// +optional
	Node string `json:"node,omitempty"`
	// Why it could not be drained.
	// +optional
	Why string `json:"why,omitempty"`
	// Retried: it was tried again when no other was left.
	// +optional
	Retried bool `json:"retried,omitempty"`
}

// Gap is a time in which no engine looked.
type Gap struct {
	// +optional
	From *metav1.MicroTime `json:"from,omitempty"`
	// +optional
	To *metav1.MicroTime `json:"to,omitempty"`
}

// Timer is when a wait began.
type Timer struct {
	// Key is the key of the wait.
	// +optional
	Key string `json:"key,omitempty"`
	// Since is when it began.
	// +optional
	Since *metav1.MicroTime `json:"since,omitempty"`
}

// FailedCall is a call that fails and is tried again.
type FailedCall struct {
	// Reason is the reason of the event that says that the call was made.
	// +optional
	Reason string `json:"reason,omitempty"`
	// Code is what the update fails with: AccessDenied or Unknown.
	// +optional
	Code string `json:"code,omitempty"`
	// Message is what AWS or Kubernetes answered.
	// +optional
	Message string `json:"message,omitempty"`
	// Since is when the call first failed.
	// +optional
	Since *metav1.MicroTime `json:"since,omitempty"`
	// Limit is how long it may fail, absent for no limit.
	// +optional
	Limit *metav1.Duration `json:"limit,omitempty"`
}

// Wait is something that an update waits for.
type Wait struct {
	// Key is the same as long as it is the same wait.
	// +optional
	Key string `json:"key,omitempty"`
	// Message says what it waits for and what to do about it.
	// +optional
	Message string `json:"message,omitempty"`
	// Since is when it began.
	// +optional
	Since *metav1.MicroTime `json:"since,omitempty"`
	// Limit is how long it may last; none if it has no limit.
	// +optional
	Limit *metav1.Duration `json:"limit,omitempty"`
}

// Counts is what has happened in an update so far.
type Counts struct {
	// Replaced outdated nodes were drained and are gone.
	// +optional
	Replaced int32 `json:"replaced,omitempty"`
	// Shrunk nodes were drained to give back a size and are gone.
	// +optional
	Shrunk int32 `json:"shrunk,omitempty"`
	// Launched instances since the start.
	// +optional
	Launched int32 `json:"launched,omitempty"`
	// Evicted pods, from outdated nodes.
	// +optional
	Evicted int32 `json:"evicted,omitempty"`
	// MovedAgain are pods evicted from up to date nodes, in the scale down.
	// +optional
	MovedAgain int32 `json:"movedAgain,omitempty"`
	// Deleted pods, by force.
	// +optional
	Deleted int32 `json:"deleted,omitempty"`
	// Refusals are refused evictions by budget, namespace/name.
	// +optional
	Refusals map[string]int32 `json:"refusals,omitempty"`
}

// PhaseTime is when a phase began.
type PhaseTime struct {
	Phase string `json:"phase"`
	// +optional
	Began *metav1.MicroTime `json:"began,omitempty"`
}
