package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// OnBadHealth says what an update does that stops for bad health.
// +kubebuilder:validation:XValidation:rule="self in ['pause', 'cancel', 'rollback']",message="onBadHealth is pause, cancel or rollback"
// +kubebuilder:validation:MaxLength=16
type OnBadHealth string

// What it does.
const (
	// OnBadHealthPause makes it stand still until people let it go on.
	OnBadHealthPause OnBadHealth = "pause"
	// OnBadHealthCancel ends it. The group gets its launch template version back.
	OnBadHealthCancel OnBadHealth = "cancel"
	// OnBadHealthRollback has it fail, and rolled back.
	OnBadHealthRollback OnBadHealth = "rollback"
)

// HealthSettings say when an update stops for bad health, and what happens then. It
// does if maxUnreadyPods or onBadHealth is set; a rollback never does.
type HealthSettings struct {
	// MaxUnreadyPods is how many pods may not be Ready any more that were when the
	// update began: a number, or a percentage of them, rounded down. Pods count of
	// workloads that had some on the group's nodes, wherever they run now. While it is
	// more, no more nodes are drained, and the update stops if that lasts for
	// badHealthAfter. Pods are not looked at unless set.
	// +optional
	// +kubebuilder:validation:XIntOrString
	// +kubebuilder:validation:XValidation:rule="type(self) == int ? (self >= 0 && self <= 100000) : (size(self) <= 4 && self.matches('^([0-9]|[1-9][0-9]|100)%$'))",message="maxUnreadyPods is a number of pods from 0 to 100000 or a percentage from 0% to 100%"
	MaxUnreadyPods *intstr.IntOrString `json:"maxUnreadyPods,omitempty"`

	// OnBadHealth is what an update does when too many pods are not Ready any more, or a
	// new node that had been usable is not Ready any more: it stands still until people
	// resume it (pause), ends (cancel), or is rolled back (rollback). pause unless set.
	// +optional
	OnBadHealth OnBadHealth `json:"onBadHealth,omitempty"`

	// BadHealthAfter is how long a pod or a node has not been Ready when that is
	// believed. 10m unless set.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+([.][0-9]+)?(ms|s|m|h))+$') && duration(self) > duration('0s') && duration(self) <= duration('168h')",message="badHealthAfter is a time such as 90s, 10m or 1h, more than 0s and at most 168h"
	BadHealthAfter *metav1.Duration `json:"badHealthAfter,omitempty"`
}

// Health is how things were before an update, by which bad health is told.
type Health struct {
	// At is when that was measured.
	// +optional
	At *metav1.MicroTime `json:"at,omitempty"`
	// Workloads are those that had pods on the group's nodes.
	// +optional
	Workloads []WorkloadHealth `json:"workloads,omitempty"`
	// Starting are the instances launched since that have not been usable yet.
	// +optional
	Starting []string `json:"starting,omitempty"`
}

// WorkloadHealth is how many pods of a workload were Ready, and how many were not.
type WorkloadHealth struct {
	// Name is its kind, namespace and name.
	Name string `json:"name"`
	// +optional
	Ready int32 `json:"ready,omitempty"`
	// +optional
	Unready int32 `json:"unready,omitempty"`
}

// Stop is that an update stands still for bad health.
type Stop struct {
	// At is when it stopped.
	// +optional
	At *metav1.MicroTime `json:"at,omitempty"`
	// Why is what was bad, with what to do.
	// +optional
	Why string `json:"why,omitempty"`
}

// Stopped reports whether the update stands still for bad health and people have not
// let it go on.
func (u *NodeGroupUpdate) Stopped() bool {
	return u.Status.Stop != nil && u.Status.Verdict == nil && u.Spec.AcceptedStops < u.Status.Stops
}
