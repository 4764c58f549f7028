package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// NodeGroup is an Auto Scaling group whose instances are nodes of this cluster.
// The first update of a group writes it.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,shortName=ng
// +kubebuilder:metadata:annotations="nodelift.dev/version=5"
// +kubebuilder:printcolumn:name="Group",type=string,JSONPath=`.spec.autoScalingGroup`,description="The Auto Scaling group"
// +kubebuilder:printcolumn:name="Version",type=string,JSONPath=`.status.version`,description="The Kubernetes version of its nodes"
// +kubebuilder:printcolumn:name="Image",type=string,JSONPath=`.status.image`,description="The machine image that its nodes are to have"
// +kubebuilder:printcolumn:name="Desired",type=integer,JSONPath=`.status.scaling.desiredSize`,description="The desired size"
// +kubebuilder:printcolumn:name="Nodes",type=integer,JSONPath=`.status.nodes.total`,description="The nodes that it has"
// +kubebuilder:printcolumn:name="Up To Date",type=integer,JSONPath=`.status.nodes.upToDate`,description="The nodes that have the image"
// +kubebuilder:printcolumn:name="Update",type=string,JSONPath=`.status.update`,description="The newest update",priority=1
// +kubebuilder:printcolumn:name="Region",type=string,JSONPath=`.spec.region`,priority=1
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type NodeGroup struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   NodeGroupSpec   `json:"spec"`
	Status NodeGroupStatus `json:"status,omitempty"`
}

// NodeGroupList is a list of node groups.
//
// +kubebuilder:object:root=true
type NodeGroupList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []NodeGroup `json:"items"`
}

// NodeGroupSpec says which group it is, and how updates of it go about their
// work unless they say otherwise.
// +kubebuilder:validation:XValidation:rule="!(has(self.updateConfig) && has(self.updateConfig.updateStrategy) && self.updateConfig.updateStrategy == 'LEAN' && has(self.nodeOrder) && self.nodeOrder == 'Zone')",message="strategy LEAN takes its nodes evenly from the zones: it cannot go in the node order Zone"
type NodeGroupSpec struct {
	// AutoScalingGroup is the name of the Auto Scaling group. It does not change.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="autoScalingGroup cannot be changed: another group is another NodeGroup"
	AutoScalingGroup string `json:"autoScalingGroup"`

	// Region is the AWS region of the group, us-west-2. It does not change.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="region cannot be changed: a group in another region is another NodeGroup"
	Region string `json:"region"`

	// ClusterName is the name by which AWS resources name this cluster, as in
	// their tag kubernetes.io/cluster/NAME.
	// +optional
	// +kubebuilder:validation:MaxLength=100
	ClusterName string `json:"clusterName,omitempty"`

	// NodegroupName is what the group's tags called the node group when it was
	// adopted (alpha.eksctl.io/nodegroup-name or nodelift.dev/nodegroup): people
	// may name it so, too.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	NodegroupName string `json:"nodegroupName,omitempty"`

	// UpdateConfig is how many nodes an update may take at once, as in EKS.
	// +optional
	UpdateConfig *UpdateConfig `json:"updateConfig,omitempty"`

	Settings `json:",inline"`
}

// UpdateConfig is how many nodes an update may take at once, in the fields of
// EKS's API.
// +kubebuilder:validation:XValidation:rule="!(has(self.maxUnavailable) && has(self.maxUnavailablePercentage))",message="set maxUnavailable or maxUnavailablePercentage, not both"
type UpdateConfig struct {
	// MaxUnavailable is a number of nodes, 1 to 100. 1 unless set.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self >= 1 && self <= 100",message="maxUnavailable is a number of nodes from 1 to 100"
	MaxUnavailable *int32 `json:"maxUnavailable,omitempty"`

	// MaxUnavailablePercentage is a percentage of the group's nodes, 1 to 100,
	// rounded down, and never fewer than 1 or more than 100 nodes.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self >= 1 && self <= 100",message="maxUnavailablePercentage is a percentage from 1 to 100"
	MaxUnavailablePercentage *int32 `json:"maxUnavailablePercentage,omitempty"`

	// UpdateStrategy is the strategy of updates that name none: DEFAULT, MINIMAL or
	// LEAN. DEFAULT unless set.
	// +optional
	UpdateStrategy Strategy `json:"updateStrategy,omitempty"`
}

// The conditions of a NodeGroup; CapacityRestored is the other.
const (
	// ConditionUpdating is True while an update of the group is under way.
	ConditionUpdating = "Updating"
)

// NodeGroupStatus is what the group is now, and what it is owed.
type NodeGroupStatus struct {
	// Version is the Kubernetes minor of the group's image, 1.37; empty for an
	// image whose version is not known.
	// +optional
	Version string `json:"version,omitempty"`
	// ReleaseVersion is the release of the image, 1.37.1-20260915, if known.
	// +optional
	ReleaseVersion string `json:"releaseVersion,omitempty"`
	// Image is the id of the machine image that the group launches.
	// +optional
	Image string `json:"image,omitempty"`
	// LaunchTemplate is the launch template version as the group names it.
	// +optional
	LaunchTemplate *LaunchTemplate `json:"launchTemplate,omitempty"`
	// Scaling is the group's sizes as they are now, with what an update added.
	// +optional
	Scaling *Scaling `json:"scaling,omitempty"`
	// Nodes counts the group's nodes at the last look.
	// +optional
	Nodes *NodeCounts `json:"nodes,omitempty"`
	// Update is the name of the newest update of the group.
	// +optional
	Update string `json:"update,omitempty"`
	// Ledger is what the group is owed by updates of it.
	// +optional
	Ledger *Ledger `json:"ledger,omitempty"`
	// Health lists what is wrong with the group, with EKS's codes.
	// +optional
	Health []Issue `json:"health,omitempty"`
	// Conditions are Updating and CapacityRestored.
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// ObservedGeneration is the generation of the spec that this status is of.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
}

// LaunchTemplate names a version of a launch template as a group does.
type LaunchTemplate struct {
	// ID is lt-0123456789abcdef0.
	// +optional
	ID string `json:"id,omitempty"`
	// Name is the template's name, for people.
	// +optional
	Name string `json:"name,omitempty"`
	// Version is a number, $Latest or $Default.
	// +optional
	Version string `json:"version,omitempty"`
}

// Scaling is a group's sizes in instances, in the fields of EKS's API.
type Scaling struct {
	MinSize     int32 `json:"minSize"`
	MaxSize     int32 `json:"maxSize"`
	DesiredSize int32 `json:"desiredSize"`
}

// NodeCounts counts the members of a group that are not going.
type NodeCounts struct {
	// Total is all of them.
	Total int32 `json:"total"`
	// UpToDate are those that have the target's image.
	UpToDate int32 `json:"upToDate"`
	// Outdated are those that have another.
	Outdated int32 `json:"outdated"`
	// Usable are those, of either kind, on which pods can run.
	Usable int32 `json:"usable"`
	// InFlight are those that are being drained.
	InFlight int32 `json:"inFlight"`
}

// Issue is something wrong with a group or an update, as in EKS's API.
type Issue struct {
	// Code is one of EKS's codes, NodeCreationFailure or PodEvictionFailure.
	Code string `json:"code"`
	// Message says what happened, why, and what to do.
	// +optional
	Message string `json:"message,omitempty"`
	// ResourceIDs are the instances, nodes or pods that it is about.
	// +optional
	ResourceIDs []string `json:"resourceIds,omitempty"`
}
