package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// OnBadHealth says what an update does when bad health has lasted for badHealthAfter.
// +kubebuilder:validation:XValidation:rule="self in ['pause', 'cancel', 'rollback']",message="onBadHealth is pause, cancel or rollback"
// +kubebuilder:validation:MaxLength=16
type OnBadHealth string

// The actions.
const (
	// OnBadHealthPause pauses the update until people resume it.
	OnBadHealthPause OnBadHealth = "pause"
	// OnBadHealthCancel cancels the update and restores the group's launch template
	// version.
	OnBadHealthCancel OnBadHealth = "cancel"
	// OnBadHealthRollback makes the update fail and be rolled back.
	OnBadHealthRollback OnBadHealth = "rollback"
)

// HealthSettings say what bad health is, and what happens then. Nothing is checked unless
// maxUnreadyPods or onBadHealth is set, and never in a rollback.
type HealthSettings struct {
	// MaxUnreadyPods is how many pods that were Ready when the update began may now be not
	// Ready: a number, or a percentage of them, rounded down. Counted are the pods of
	// workloads that had pods on the group's nodes, wherever they run now. While more are
	// not Ready, no further node is drained; when that has lasted for badHealthAfter,
	// onBadHealth says what happens. Pods are not checked unless this is set.
	// +optional
	// +kubebuilder:validation:XIntOrString
	// +kubebuilder:validation:XValidation:rule="type(self) == int ? (self >= 0 && self <= 100000) : (size(self) <= 4 && self.matches('^([0-9]|[1-9][0-9]|100)%$'))",message="maxUnreadyPods is a number of pods from 0 to 100000 or a percentage from 0% to 100%"
	MaxUnreadyPods *intstr.IntOrString `json:"maxUnreadyPods,omitempty"`

	// OnBadHealth is what happens when too many pods have stopped being Ready, or a new
	// node that had been usable has: the update is paused until people resume it (pause),
	// cancelled (cancel) or rolled back (rollback). Default: pause.
	// +optional
	OnBadHealth OnBadHealth `json:"onBadHealth,omitempty"`

	// BadHealthAfter is how long a pod or a node has to be not Ready before it counts.
	// Default: 10m.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+([.][0-9]+)?(ms|s|m|h))+$') && duration(self) > duration('0s') && duration(self) <= duration('168h')",message="badHealthAfter is a time such as 90s, 10m or 1h, more than 0s and at most 168h"
	BadHealthAfter *metav1.Duration `json:"badHealthAfter,omitempty"`
}

// Health is what bad health is compared with: how the workloads were when the update began.
type Health struct {
	// At is when it was measured.
	// +optional
	At *metav1.MicroTime `json:"at,omitempty"`
	// Workloads are those that had pods on the group's nodes.
	// +optional
	Workloads []WorkloadHealth `json:"workloads,omitempty"`
	// Starting are the instances launched since the update began that have not been usable
	// yet.
	// +optional
	Starting []string `json:"starting,omitempty"`
}

// WorkloadHealth is how many pods of a workload were Ready, and how many were not.
type WorkloadHealth struct {
	// Name is the kind, namespace and name of the workload, as in Deployment shop/web.
	Name string `json:"name"`
	// +optional
	Ready int32 `json:"ready,omitempty"`
	// +optional
	Unready int32 `json:"unready,omitempty"`
}

// Stop says that bad health has paused an update.
type Stop struct {
	// At is when the update was paused.
	// +optional
	At *metav1.MicroTime `json:"at,omitempty"`
	// Why says what was bad, and what to do.
	// +optional
	Why string `json:"why,omitempty"`
}

// Stopped reports whether bad health has paused the update and people have not resumed it.
func (u *NodeGroupUpdate) Stopped() bool {
	return u.Status.Stop != nil && u.Status.Verdict == nil && u.Spec.AcceptedStops < u.Status.Stops
}
