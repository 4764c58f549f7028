package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Strategy is how an update replaces nodes.
// +kubebuilder:validation:XValidation:rule="self in ['DEFAULT', 'MINIMAL', 'LEAN']",message="a strategy is DEFAULT, MINIMAL or LEAN"
// +kubebuilder:validation:MaxLength=16
type Strategy string

// The strategies.
const (
	// StrategyDefault adds nodes first, replaces the outdated ones, and restores the
	// group's size, as Amazon EKS does for its managed node groups.
	StrategyDefault Strategy = "DEFAULT"
	// StrategyMinimal never adds nodes: it drains and terminates outdated nodes and waits
	// for their replacements.
	StrategyMinimal Strategy = "MINIMAL"
	// StrategyLean is DEFAULT, but never adds more nodes than are still outdated: the last
	// outdated nodes are terminated together with a lower desired size, and none is left to
	// scale down.
	StrategyLean Strategy = "LEAN"
)

// NodeOrder is the order in which outdated nodes are drained.
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

// The modes.
const (
	// AutoscalerSuspend scales it to 0 while the update runs, and restores its replicas
	// afterwards.
	AutoscalerSuspend AutoscalerMode = "suspend"
	// AutoscalerAnnotate annotates each of the group's nodes, so that it does not remove them, and
	// scales it to 0 only while nodes are added. MINIMAL adds none.
	AutoscalerAnnotate AutoscalerMode = "annotate"
	// AutoscalerIgnore leaves it running and changes nothing.
	AutoscalerIgnore AutoscalerMode = "ignore"
)

// Canary is how many nodes are replaced first, and how long their replacements run before
// the update continues.
type Canary struct {
	// Nodes is how many nodes are replaced first, from 1 to 100.
	// +kubebuilder:validation:XValidation:rule="self >= 1 && self <= 100",message="canary.nodes is a number of nodes from 1 to 100"
	Nodes int32 `json:"nodes"`

	// Soak is how long their replacements run before the other nodes are drained. Default:
	// 10m.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+([.][0-9]+)?(ms|s|m|h))+$') && duration(self) > duration('0s') && duration(self) <= duration('168h')",message="canary.soak is a time such as 10m or 1h, more than 0s and at most 168h"
	Soak *metav1.Duration `json:"soak,omitempty"`
}

// OnDrainTimeout says what happens to a node that is not empty at the drain timeout.
// +kubebuilder:validation:XValidation:rule="self in ['fail', 'quarantine', 'force']",message="onDrainTimeout is fail, quarantine or force"
// +kubebuilder:validation:MaxLength=16
type OnDrainTimeout string

// What happens to such a node.
const (
	OnDrainTimeoutFail       OnDrainTimeout = "fail"
	OnDrainTimeoutQuarantine OnDrainTimeout = "quarantine"
	OnDrainTimeoutForce      OnDrainTimeout = "force"
)

// SettingsInForce is the settings that an update goes by, with all defaults resolved.
type SettingsInForce struct {
	// Strategy is how nodes are replaced.
	// +optional
	Strategy Strategy `json:"strategy,omitempty"`
	// MaxUnavailable is how many nodes are drained at the same time: a number, or a
	// percentage of the group's nodes.
	// +optional
	// +kubebuilder:validation:XIntOrString
	MaxUnavailable *intstr.IntOrString `json:"maxUnavailable,omitempty"`

	Settings `json:",inline"`
}

// Settings say how an update works. An update takes a setting that it does not set from its
// node group, and one that neither sets is the default.
type Settings struct {
	// NodeOrder is the order in which outdated nodes are drained: Random (evenly over the
	// zones), Oldest (the oldest instances first), Zone (one zone after the other, by name;
	// not with strategy LEAN) or FewestPods (the nodes with the fewest pods to move first).
	// Nodes that are not usable come first in every order. Default: Random.
	// +optional
	NodeOrder NodeOrder `json:"nodeOrder,omitempty"`

	// DrainTimeout is how long the pods of one node may take to leave. A pod with a longer
	// grace period extends it. After that, onDrainTimeout says what happens. Default: 15m.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+([.][0-9]+)?(ms|s|m|h))+$') && duration(self) > duration('0s') && duration(self) <= duration('168h')",message="drainTimeout is a time such as 90s, 15m or 1h30m, more than 0s and at most 168h"
	DrainTimeout *metav1.Duration `json:"drainTimeout,omitempty"`

	// JoinTimeout is how long a new instance may take from its launch until its node is
	// Ready. After that, the update fails with NodeCreationFailure. Default: 15m.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+([.][0-9]+)?(ms|s|m|h))+$') && duration(self) > duration('0s') && duration(self) <= duration('168h')",message="joinTimeout is a time such as 90s, 15m or 1h30m, more than 0s and at most 168h"
	JoinTimeout *metav1.Duration `json:"joinTimeout,omitempty"`

	// CordonWait is how long load balancers have to drop an empty node, from its cordon
	// until its instance is terminated. Default: 60s.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+([.][0-9]+)?(ms|s|m|h))+$') && duration(self) <= duration('168h')",message="cordonWait is a time such as 0s, 60s or 5m, at most 168h"
	CordonWait *metav1.Duration `json:"cordonWait,omitempty"`

	// MinReady is how long a new node has to be Ready before it counts as usable. Default:
	// 10s.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+([.][0-9]+)?(ms|s|m|h))+$') && duration(self) <= duration('168h')",message="minReady is a time such as 0s, 10s or 2m, at most 168h"
	MinReady *metav1.Duration `json:"minReady,omitempty"`

	// Autoscaler says what to do about Cluster Autoscaler: annotate the group's nodes, so that it
	// does not remove them, and let it run except while nodes are added; suspend it until the update has
	// ended; or ignore it. Default: annotate; suspend for a scaling.
	// +optional
	Autoscaler AutoscalerMode `json:"autoscaler,omitempty"`

	// RespectSafeToEvict makes a drain wait for pods with the annotation
	// cluster-autoscaler.kubernetes.io/safe-to-evict: "false" or
	// karpenter.sh/do-not-disrupt: "true" until they have finished, at most until the drain
	// timeout. Otherwise they are evicted like other pods. Default: false.
	// +optional
	RespectSafeToEvict *bool `json:"respectSafeToEvict,omitempty"`

	// Adopt allows to upgrade a group that another tool has made and may change back, such as kops or
	// Cluster API. Default: false.
	// +optional
	Adopt *bool `json:"adopt,omitempty"`

	// OnDrainTimeout says what happens to a node that is not empty at the drain timeout:
	// the update fails with PodEvictionFailure (fail); the node is quarantined, the update
	// continues with the others and tries it once more at the end (quarantine); or its pods
	// are deleted, whatever their budgets (force). Default: fail.
	// +optional
	OnDrainTimeout OnDrainTimeout `json:"onDrainTimeout,omitempty"`

	// Canary makes the update replace some nodes first, and continue when their
	// replacements have run for some time.
	// +optional
	Canary *Canary `json:"canary,omitempty"`

	// Soak is how long new nodes run between two batches of maxUnavailable nodes, before
	// the next batch is drained. Default: 0s.
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+([.][0-9]+)?(ms|s|m|h))+$') && duration(self) <= duration('168h')",message="soak is a time such as 0s, 10m or 1h, at most 168h"
	Soak *metav1.Duration `json:"soak,omitempty"`

	// RollbackOnFailure makes a failed update be rolled back, unless somebody else has
	// changed the launch template. A rollback itself is never rolled back. Default: false.
	// +optional
	RollbackOnFailure *bool `json:"rollbackOnFailure,omitempty"`

	HealthSettings `json:",inline"`
}
