package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// NodeInFlight is a node from the start of its drain until its instance is terminating.
type NodeInFlight struct {
	// Instance is the id of the node's instance.
	// +optional
	Instance string `json:"instance,omitempty"`
	// Node is the name of the node; empty if the instance never joined.
	// +optional
	Node string `json:"node,omitempty"`
	// Zone is the availability zone of the instance.
	// +optional
	Zone string `json:"zone,omitempty"`
	// Since is when the drain started.
	// +optional
	Since *metav1.MicroTime `json:"since,omitempty"`
	// Surplus is true if the node is removed to restore the group's size, not because it is
	// outdated.
	// +optional
	Surplus bool `json:"surplus,omitempty"`
	// Cordoned is when the node was found empty and cordoned.
	// +optional
	Cordoned *metav1.MicroTime `json:"cordoned,omitempty"`
	// Forced is when the first pod was deleted after the drain timeout.
	// +optional
	Forced *metav1.MicroTime `json:"forced,omitempty"`
	// Asked is when the termination of the instance was last requested.
	// +optional
	Asked *metav1.MicroTime `json:"asked,omitempty"`
	// Evicted is how many evictions the API server has accepted.
	// +optional
	Evicted int32 `json:"evicted,omitempty"`
	// GraceEnds is when the grace periods of all pods evicted so far are over. The drain limit
	// counts from there.
	// +optional
	GraceEnds *metav1.MicroTime `json:"graceEnds,omitempty"`
	// Held are the blocked pods: those whose first eviction was refused, or that cannot be
	// evicted.
	// +optional
	Held []HeldPod `json:"held,omitempty"`
}

// HeldPod is a pod that blocks the drain of its node.
type HeldPod struct {
	// Pod is the pod's namespace and name, as in shop/web-0.
	Pod string `json:"pod"`
	// UID tells the pod from a later one of the same name.
	// +optional
	UID string `json:"uid,omitempty"`
	// Since is when the pod was found to be blocked.
	// +optional
	Since *metav1.MicroTime `json:"since,omitempty"`
	// Tries is how many of the pod's evictions were refused.
	// +optional
	Tries int32 `json:"tries,omitempty"`
	// Next is when the next eviction is tried.
	// +optional
	Next *metav1.MicroTime `json:"next,omitempty"`
	// Why says what blocks the pod, with the numbers of its disruption budget. It is not set where
	// so many pods are blocked that the status has no room for every reason.
	// +optional
	Why string `json:"why,omitempty"`
	// Budget is the namespace and name of the disruption budget that refused the eviction.
	// +optional
	Budget string `json:"budget,omitempty"`
}

// InstanceWithoutNode is an instance of the group that has no node: it has not joined yet, or its
// Node object was deleted.
type InstanceWithoutNode struct {
	Instance string `json:"instance"`
	// Since is when no node was first found.
	// +optional
	Since *metav1.MicroTime `json:"since,omitempty"`
	// Lost is true if it had a node before.
	// +optional
	Lost bool `json:"lost,omitempty"`
	// Back is true if it has a node now: it was launched a moment ago, or has lost a node before,
	// whose pods may still be ending.
	// +optional
	Back bool `json:"back,omitempty"`
	// Grace is the longest grace period of the pods that were found there since.
	// +optional
	Grace *metav1.Duration `json:"grace,omitempty"`
}

// LandedInstance is an instance that was seen terminating.
type LandedInstance struct {
	Instance string `json:"instance"`
	// At is when that was first seen.
	// +optional
	At *metav1.MicroTime `json:"at,omitempty"`
}
