package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Strategy says in which way an update replaces nodes.
// +kubebuilder:validation:XValidation:rule="self in ['DEFAULT', 'MINIMAL', 'LEAN']",message="a strategy is DEFAULT, MINIMAL or LEAN"
// +kubebuilder:validation:MaxLength=16
type Strategy string

// The strategies.
const (
	// StrategyDefault raises the group's size first, replaces its nodes, and
	// lowers the size again, as Amazon EKS does for its managed node groups.
	StrategyDefault Strategy = "DEFAULT"
	// StrategyMinimal never raises it: nodes are drained and terminated before
	// those in their place are launched.
	StrategyMinimal Strategy = "MINIMAL"
	// StrategyLean is DEFAULT, but launches no node for which no outdated one is
	// left: the last of these go with their place.
	StrategyLean Strategy = "LEAN"
)

// NodeOrder says in which order outdated nodes are drained.
// +kubebuilder:validation:XValidation:rule="self in ['Random', 'Oldest', 'Zone', 'FewestPods']",message="a node order is Random, Oldest, Zone or FewestPods"
// +kubebuilder:validation:MaxLength=16
type NodeOrder string

// The orders. Nodes that are not usable go first in each of them.
const (
	NodeOrderRandom     NodeOrder = "Random"
	NodeOrderOldest     NodeOrder = "Oldest"
	NodeOrderZone       NodeOrder = "Zone"
	NodeOrderFewestPods NodeOrder = "FewestPods"
)

// AutoscalerMode says what an update does about Cluster Autoscaler.
// +kubebuilder:validation:XValidation:rule="self in ['suspend', 'annotate', 'ignore']",message="autoscaler is suspend, annotate or ignore"
// +kubebuilder:validation:MaxLength=16
type AutoscalerMode string

// What an update may do about Cluster Autoscaler.
const (
	// AutoscalerSuspend scales it to 0 while the update runs, and back after.
	AutoscalerSuspend AutoscalerMode = "suspend"
	// AutoscalerAnnotate lets it run, but keeps it from removing the group's
	// nodes, by an annotation on each.
	AutoscalerAnnotate AutoscalerMode = "annotate"
	// AutoscalerIgnore lets it run.
	AutoscalerIgnore AutoscalerMode = "ignore"
)

// Canary is how many nodes are replaced first, and how long the new ones run then.
type Canary struct {
	// Nodes is how many, 1 to 100.
	// +kubebuilder:validation:XValidation:rule="self >= 1 && self <= 100",message="canary.nodes is a number of nodes from 1 to 100"
	Nodes int32 `json:"nodes"`

	// Soak is how long the new ones run before the others are drained. 10m unless
	// set.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+([.][0-9]+)?(ms|s|m|h))+$') && duration(self) > duration('0s') && duration(self) <= duration('168h')",message="canary.soak is a time such as 10m or 1h, more than 0s and at most 168h"
	Soak *metav1.Duration `json:"soak,omitempty"`
}

// OnDrainTimeout says what becomes of a node that is not empty at the drain timeout.
// +kubebuilder:validation:XValidation:rule="self in ['fail', 'quarantine', 'force']",message="onDrainTimeout is fail, quarantine or force"
// +kubebuilder:validation:MaxLength=16
type OnDrainTimeout string

// What becomes of such a node.
const (
	OnDrainTimeoutFail       OnDrainTimeout = "fail"
	OnDrainTimeoutQuarantine OnDrainTimeout = "quarantine"
	OnDrainTimeoutForce      OnDrainTimeout = "force"
)

// SettingsInForce is what the settings of an update come to.
type SettingsInForce struct {
	// Strategy is in which way nodes are replaced.
	// +optional
	Strategy Strategy `json:"strategy,omitempty"`
	// MaxUnavailable is how many nodes are drained at once: a number, or a percentage
	// of the group's nodes.
	// +optional
	// +kubebuilder:validation:XIntOrString
	MaxUnavailable *intstr.IntOrString `json:"maxUnavailable,omitempty"`

	Settings `json:",inline"`
}

// Settings is how an update goes about its work. What an update leaves out it
// takes from its node group, and what that leaves out is EKS's value.
type Settings struct {
	// NodeOrder is in which order outdated nodes are drained: at Random, evenly
	// over the zones; the Oldest first; one Zone after the other, by name, which
	// LEAN refuses; or those with the FewestPods to move first. Random unless set.
	// +optional
	NodeOrder NodeOrder `json:"nodeOrder,omitempty"`

	// DrainTimeout is how long the pods of one node may take to leave. After
	// it the update fails with PodEvictionFailure or, with force, deletes them.
	// A pod's own longer grace period prolongs it. 15m unless set.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+([.][0-9]+)?(ms|s|m|h))+$') && duration(self) > duration('0s') && duration(self) <= duration('168h')",message="drainTimeout is a time such as 90s, 15m or 1h30m, more than 0s and at most 168h"
	DrainTimeout *metav1.Duration `json:"drainTimeout,omitempty"`

	// JoinTimeout is how long a new instance may take from its launch to a
	// Ready node. After it the update fails with NodeCreationFailure. 15m
	// unless set.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+([.][0-9]+)?(ms|s|m|h))+$') && duration(self) > duration('0s') && duration(self) <= duration('168h')",message="joinTimeout is a time such as 90s, 15m or 1h30m, more than 0s and at most 168h"
	JoinTimeout *metav1.Duration `json:"joinTimeout,omitempty"`

	// CordonWait is how long load balancers get to drop an empty node, from its
	// cordon to the termination of its instance. 60s unless set.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+([.][0-9]+)?(ms|s|m|h))+$') && duration(self) <= duration('168h')",message="cordonWait is a time such as 0s, 60s or 5m, at most 168h"
	CordonWait *metav1.Duration `json:"cordonWait,omitempty"`

	// MinReady is how long a new node has to be Ready before it counts as
	// usable. 10s unless set.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+([.][0-9]+)?(ms|s|m|h))+$') && duration(self) <= duration('168h')",message="minReady is a time such as 0s, 10s or 2m, at most 168h"
	MinReady *metav1.Duration `json:"minReady,omitempty"`

	// Autoscaler says what to do about Cluster Autoscaler: suspend it while the
	// update runs, annotate the group's nodes so that it does not remove them, or
	// ignore it. suspend unless set.
	// +optional
	Autoscaler AutoscalerMode `json:"autoscaler,omitempty"`

	// RespectSafeToEvict lets pods with the annotation
	// cluster-autoscaler.kubernetes.io/safe-to-evict: "false" or
	// karpenter.sh/do-not-disrupt: "true" hold their node until they have
	// finished, at most for the drain timeout. They are evicted as others unless set.
	// +optional
	RespectSafeToEvict *bool `json:"respectSafeToEvict,omitempty"`

	// OnDrainTimeout is what becomes of a node that is not empty at the drain
	// timeout: the update fails, or the node is put aside (quarantine), so that the
	// others go on, and tried once more at the end, or its pods are deleted past every
	// budget (force). fail unless set.
	// +optional
	OnDrainTimeout OnDrainTimeout `json:"onDrainTimeout,omitempty"`

	// Canary has some nodes replaced first. The others follow when the new ones have
	// run for a while.
	// +optional
	Canary *Canary `json:"canary,omitempty"`

	// Soak is how long new nodes run between two batches of maxUnavailable nodes,
	// before the next ones are drained. 0s unless set.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+([.][0-9]+)?(ms|s|m|h))+$') && duration(self) <= duration('168h')",message="soak is a time such as 0s, 10m or 1h, at most 168h"
	Soak *metav1.Duration `json:"soak,omitempty"`

	// RollbackOnFailure has an update that fails rolled back, unless somebody else
	// has changed the launch template. A rollback itself is not rolled back. Not
	// unless set.
	// +optional
	RollbackOnFailure *bool `json:"rollbackOnFailure,omitempty"`

	HealthSettings `json:",inline"`
}
