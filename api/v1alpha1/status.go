package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// The conditions of a NodeGroupUpdate.
const (
	// ConditionSucceeded is True when the update has reached its target, False when it has
	// failed or was cancelled, and Unknown until then.
	ConditionSucceeded = "Succeeded"
	// ConditionProgressing is True while the update is under way, False when it is paused,
	// was left by the last process that worked on it, or has ended, and Unknown while no pass
	// over it can be made.
	ConditionProgressing = "Progressing"
	// ConditionBlocked is True while a pod blocks the drain of a node.
	ConditionBlocked = "Blocked"
	// ConditionCapacityRestored is True when everything that was borrowed has been
	// restored, False when the update has ended and something is still owed, and Unknown
	// until then.
	ConditionCapacityRestored = "CapacityRestored"
)

// ReasonNobodyWorks is the reason of Progressing=False when the last process that worked on the
// update has left it. A process that was killed cannot write that.
const ReasonNobodyWorks = "NobodyWorks"

// UpdateStatus is the state of an update in EKS's words: InProgress, Successful, Failed or
// Cancelled.
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

// NodeGroupUpdateStatus is how far an update has come. Of the nodes, only those in flight
// are listed; the rest is counts, and Events.
type NodeGroupUpdateStatus struct {
	// Status is the state of the update in EKS's words. It is InProgress until everything
	// is restored.
	// +optional
	Status UpdateStatus `json:"status,omitempty"`
	// Type is EKS's word for what the update changes: VersionUpdate (the nodes' image) or
	// ConfigUpdate (the group's sizes).
	// +optional
	Type string `json:"type,omitempty"`
	// Phase is Setup, ScaleUp, Upgrade, ScaleDown or, when the update has ended, Done.
	// +optional
	// +kubebuilder:validation:MaxLength=16
	// +kubebuilder:validation:XValidation:rule="self in ['Setup', 'ScaleUp', 'Upgrade', 'ScaleDown', 'Done']",message="a phase is Setup, ScaleUp, Upgrade, ScaleDown or Done"
	Phase string `json:"phase,omitempty"`
	// Message says in a sentence what the update is waiting for, why it is paused, or why
	// it ended as it did.
	// +optional
	Message string `json:"message,omitempty"`
	// Settings are those in force: the update's own, else those of its node group, else the
	// defaults.
	// +optional
	Settings *SettingsInForce `json:"settings,omitempty"`
	// Target says in words what the nodes or the sizes become.
	// +optional
	Target string `json:"target,omitempty"`
	// Progress is how many of the outdated nodes have been replaced, such as 4/12. Of an
	// update of sizes, it is how many nodes have been added or drained.
	// +optional
	Progress string `json:"progress,omitempty"`
	// Started is when the first pass over the update was made.
	// +optional
	Started *metav1.MicroTime `json:"started,omitempty"`
	// Strategy is the strategy that the update began with. It does not change.
	// +optional
	Strategy string `json:"strategy,omitempty"`
	// Resolved is what the target means for this group. It does not change.
	// +optional
	Resolved *Resolved `json:"resolved,omitempty"`
	// Baseline is the group as it was before the update changed anything.
	// +optional
	Baseline *Baseline `json:"baseline,omitempty"`
	// Scaling is what spec.scaling means for this group. It does not change.
	// +optional
	Scaling *Scaled `json:"scaling,omitempty"`
	// MostUsable is the most nodes that were usable at the same time since the update began,
	// without those that it has added. As many have to stay usable when a node is drained, or
	// the group's desired size if that is smaller.
	// +optional
	MostUsable int32 `json:"mostUsable,omitempty"`
	// NodesInFlight are the nodes from the start of their drain until their instance is
	// terminating.
	// +optional
	NodesInFlight []NodeInFlight `json:"nodesInFlight,omitempty"`
	// Soaked is how many nodes had been replaced when the last soak (soak or canary.soak)
	// was over.
	// +optional
	Soaked int32 `json:"soaked,omitempty"`
	// SoakSince is when the present soak began.
	// +optional
	SoakSince *metav1.MicroTime `json:"soakSince,omitempty"`
	// Health is what bad health is compared with, if it is checked.
	// +optional
	Health *Health `json:"health,omitempty"`
	// Stops is how many times bad health has paused the update.
	// +optional
	Stops int32 `json:"stops,omitempty"`
	// Stop is set while bad health has paused the update, until people resume it.
	// +optional
	Stop *Stop `json:"stop,omitempty"`
	// Quarantined are the nodes that could not be drained in time. The update continued
	// with the others.
	// +optional
	Quarantined []QuarantinedNode `json:"quarantined,omitempty"`
	// Verdict is how the update ends. After it, sizes, processes, autoscaler and marks are
	// restored.
	// +optional
	Verdict *Verdict `json:"verdict,omitempty"`
	// Landed are the instances that were recently seen terminating.
	// +optional
	Landed []LandedInstance `json:"landed,omitempty"`
	// WithoutNode are the instances that had no node when the engine last looked, at most 500.
	// +optional
	WithoutNode []InstanceWithoutNode `json:"withoutNode,omitempty"`
	// AutoscalerHeld is true once Cluster Autoscaler was seen to be suspended.
	// +optional
	AutoscalerHeld bool `json:"autoscalerHeld,omitempty"`
	// PendingTold is when pods that have no room were last reported.
	// +optional
	PendingTold *metav1.MicroTime `json:"pendingTold,omitempty"`
	// Stuck are the instances that could not be drained to restore the group's size.
	// +optional
	Stuck []string `json:"stuck,omitempty"`
	// SizesKept is true if the sizes cannot be restored now. The other debts are restored
	// nevertheless.
	// +optional
	SizesKept bool `json:"sizesKept,omitempty"`
	// Owing says what could not be restored.
	// +optional
	Owing []string `json:"owing,omitempty"`
	// LastPass is when the last pass over the update was made.
	// +optional
	LastPass *metav1.MicroTime `json:"lastPass,omitempty"`
	// Gaps are the times in which nobody was working on the update. They count against no
	// limit.
	// +optional
	Gaps []Gap `json:"gaps,omitempty"`
	// Timers are when waits began. Their limits count from there.
	// +optional
	Timers []Timer `json:"timers,omitempty"`
	// FailedCalls are the calls to AWS or Kubernetes that fail and are retried. One that fails
	// for longer than its limit ends the update.
	// +optional
	FailedCalls []FailedCall `json:"failedCalls,omitempty"`
	// ResumeRequested are the scaling processes that were resumed at the end of the update.
	// +optional
	ResumeRequested []string `json:"resumeRequested,omitempty"`
	// Waits are what the update is waiting for now.
	// +optional
	Waits []Wait `json:"waits,omitempty"`
	// Counts is what the update has done so far.
	// +optional
	Counts *Counts `json:"counts,omitempty"`
	// Phases are the phases so far, with the time when each began.
	// +optional
	Phases []PhaseTime `json:"phases,omitempty"`
	// Conditions are Succeeded, Progressing, Blocked and CapacityRestored.
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// ObservedGeneration is the generation of the spec that this status belongs to.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
}

// Verdict is how an update ends.
type Verdict struct {
	// Status is Successful, Failed or Cancelled.
	// +optional
	Status UpdateStatus `json:"status,omitempty"`
	// Errors say why the update failed, with EKS's error codes.
	// +optional
	Errors []Issue `json:"errors,omitempty"`
	// At is when the verdict was reached.
	// +optional
	At *metav1.MicroTime `json:"at,omitempty"`
	// PutTemplateBack is true if the group's launch template version is restored: no node
	// of the target ever became usable, or restoreTemplate was set.
	// +optional
	PutTemplateBack bool `json:"putTemplateBack,omitempty"`
	// RollBack is true if the update failed and another one is to roll it back.
	// +optional
	RollBack bool `json:"rollBack,omitempty"`
}

// QuarantinedNode is an outdated node that could not be drained in time.
type QuarantinedNode struct {
	// Instance is the id of the node's instance.
	Instance string `json:"instance"`
	// Node is the name of the node; empty if the instance never joined.
	// +optional
	Node string `json:"node,omitempty"`
	// Why says what kept the node from being drained.
	// +optional
	Why string `json:"why,omitempty"`
	// Retried is true once the node was tried again, after all others.
	// +optional
	Retried bool `json:"retried,omitempty"`
}

// Gap is a time in which nobody was working on the update.
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
	// Reason is the reason of the event that says that the call was made, or names a read, such
	// as GroupRead.
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

// Wait is something that an update is waiting for.
type Wait struct {
	// Key stays the same as long as the update is waiting for the same thing.
	// +optional
	Key string `json:"key,omitempty"`
	// Message says what the update is waiting for, and what to do about it.
	// +optional
	Message string `json:"message,omitempty"`
	// Since is when the wait began.
	// +optional
	Since *metav1.MicroTime `json:"since,omitempty"`
	// Limit is how long the wait may last; not set if there is no limit.
	// +optional
	Limit *metav1.Duration `json:"limit,omitempty"`
}

// Counts is what an update has done so far.
type Counts struct {
	// Replaced is how many outdated nodes were drained and are gone.
	// +optional
	Replaced int32 `json:"replaced,omitempty"`
	// Shrunk is how many nodes were drained to lower the group's size and are gone.
	// +optional
	Shrunk int32 `json:"shrunk,omitempty"`
	// Launched is how many instances were launched since the update began.
	// +optional
	Launched int32 `json:"launched,omitempty"`
	// Evicted is how many pods were evicted from outdated nodes.
	// +optional
	Evicted int32 `json:"evicted,omitempty"`
	// MovedAgain is how many pods were evicted from nodes that are up to date, during the
	// scale down.
	// +optional
	MovedAgain int32 `json:"movedAgain,omitempty"`
	// Deleted is how many pods were deleted by force.
	// +optional
	Deleted int32 `json:"deleted,omitempty"`
	// Refusals is how many evictions each disruption budget refused, by its namespace and
	// name.
	// +optional
	Refusals map[string]int32 `json:"refusals,omitempty"`
}

// PhaseTime is when a phase began.
type PhaseTime struct {
	Phase string `json:"phase"`
	// +optional
	Began *metav1.MicroTime `json:"began,omitempty"`
}
