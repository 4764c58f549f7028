package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// NodeInFlight is a node between its first eviction and the end of its instance.
type NodeInFlight struct {
	// Instance is its instance.
	// +optional
	Instance string `json:"instance,omitempty"`
	// Node is its name.
	// +optional
	Node string `json:"node,omitempty"`
	// Zone is its availability zone.
	// +optional
	Zone string `json:"zone,omitempty"`
	// Since is when it was chosen.
	// +optional
	Since *metav1.MicroTime `json:"since,omitempty"`
	// Surplus: it goes to give back a size, not because it is outdated.
	// +optional
	Surplus bool `json:"surplus,omitempty"`
	// Cordoned is when it was seen empty and cordoned.
	// +optional
	Cordoned *metav1.MicroTime `json:"cordoned,omitempty"`
	// Forced is when pods were first deleted past the drain timeout.
	// +optional
	Forced *metav1.MicroTime `json:"forced,omitempty"`
	// Asked is when the termination of its instance was last asked for.
	// +optional
	Asked *metav1.MicroTime `json:"asked,omitempty"`
	// Evicted is how many evictions were accepted.
	// +optional
	Evicted int32 `json:"evicted,omitempty"`
	// Held are the pods that could not be evicted at the first try: they block it.
	// +optional
	Held []HeldPod `json:"held,omitempty"`
}

// HeldPod is a pod whose eviction was refused, or not tried.
type HeldPod struct {
	// Pod is namespace/name.
	Pod string `json:"pod"`
	// UID tells it from a later pod of the same name.
	// +optional
	UID string `json:"uid,omitempty"`
	// Since is when it was first refused.
	// +optional
	Since *metav1.MicroTime `json:"since,omitempty"`
	// Tries is how many evictions were refused.
	// +optional
	Tries int32 `json:"tries,omitempty"`
	// Next is when it is tried again.
	// +optional
	Next *metav1.MicroTime `json:"next,omitempty"`
	// Why it is held, with the budget's numbers.
	// +optional
	Why string `json:"why,omitempty"`
	// Budget is the budget that refused, namespace/name.
	// +optional
	Budget string `json:"budget,omitempty"`
}

// LandedInstance is an instance that was seen going.
type LandedInstance struct {
	Instance string `json:"instance"`
	// At is when it was seen.
	// +optional
	At *metav1.MicroTime `json:"at,omitempty"`
}
