package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// NodeGroup is an Auto Scaling group whose instances are nodes of this cluster. The first
// update of a group creates its NodeGroup.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,shortName=ng
// +kubebuilder:metadata:annotations="nodelift.dev/version=8"
// +kubebuilder:printcolumn:name="Group",type=string,JSONPath=`.spec.autoScalingGroup`,description="The Auto Scaling group"
// +kubebuilder:printcolumn:name="Version",type=string,JSONPath=`.status.version`,description="The Kubernetes version of its nodes"
// +kubebuilder:printcolumn:name="Image",type=string,JSONPath=`.status.image`,description="The machine image of its new nodes"
// +kubebuilder:printcolumn:name="Desired",type=integer,JSONPath=`.status.scaling.desiredSize`,description="Its desired size"
// +kubebuilder:printcolumn:name="Nodes",type=integer,JSONPath=`.status.nodes.total`,description="The number of its nodes"
// +kubebuilder:printcolumn:name="Up To Date",type=integer,JSONPath=`.status.nodes.upToDate`,description="The number of its nodes with that image"
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

// NodeGroupSpec says which group it is, and holds the settings of updates that do not set
// them.
// +kubebuilder:validation:XValidation:rule="!(has(self.updateConfig) && has(self.updateConfig.updateStrategy) && self.updateConfig.updateStrategy == 'LEAN' && has(self.nodeOrder) && self.nodeOrder == 'Zone')",message="strategy LEAN takes nodes evenly from the zones, so nodeOrder must not be Zone"
type NodeGroupSpec struct {
	// AutoScalingGroup is the name of the Auto Scaling group. It cannot be changed.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="autoScalingGroup cannot be changed: another group is another NodeGroup"
	AutoScalingGroup string `json:"autoScalingGroup"`

	// Region is the AWS region of the group, such as us-west-2. It cannot be changed.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="region cannot be changed: a group in another region is another NodeGroup"
	Region string `json:"region"`

	// ClusterName is the cluster's name in AWS, as in the tag kubernetes.io/cluster/NAME of
	// its resources.
	// +optional
	// +kubebuilder:validation:MaxLength=100
	ClusterName string `json:"clusterName,omitempty"`

	// NodegroupName is the name of the node group in the group's tags
	// (alpha.eksctl.io/nodegroup-name or nodelift.dev/nodegroup) when this NodeGroup was
	// created. Commands accept it as a name of this NodeGroup.
	// +optional
	// +kubebuilder:validation:MaxLength=256
	NodegroupName string `json:"nodegroupName,omitempty"`

	// ImageOwners are AWS accounts whose images may become nodes of this group, besides the group's own
	// account, the publishers of images for EKS, and the owner of the group's present image. Updates
	// to an image of another account are refused.
	// +optional
	// +kubebuilder:validation:MaxItems=20
	// +kubebuilder:validation:items:Pattern=`^[0-9]{12}$`
	// +listType=set
	ImageOwners []string `json:"imageOwners,omitempty"`

	// UpdateConfig says how many nodes updates drain at the same time and by which
	// strategy, in the fields of EKS's API.
	// +optional
	UpdateConfig *UpdateConfig `json:"updateConfig,omitempty"`

	Settings `json:",inline"`
}

// UpdateConfig says how many nodes updates drain at the same time and by which strategy, in
// the fields of EKS's API.
// +kubebuilder:validation:XValidation:rule="!(has(self.maxUnavailable) && has(self.maxUnavailablePercentage))",message="set maxUnavailable or maxUnavailablePercentage, not both"
type UpdateConfig struct {
	// MaxUnavailable is a number of nodes, from 1 to 100. Default: 1.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self >= 1 && self <= 100",message="maxUnavailable is a number of nodes from 1 to 100"
	MaxUnavailable *int32 `json:"maxUnavailable,omitempty"`

	// MaxUnavailablePercentage is a percentage of the group's nodes, from 1 to 100. It is
	// rounded down, to at least 1 and at most 100 nodes.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self >= 1 && self <= 100",message="maxUnavailablePercentage is a percentage from 1 to 100"
	MaxUnavailablePercentage *int32 `json:"maxUnavailablePercentage,omitempty"`

	// UpdateStrategy is the strategy of updates that set none: DEFAULT, MINIMAL or LEAN.
	// Default: DEFAULT.
	// +optional
	UpdateStrategy Strategy `json:"updateStrategy,omitempty"`
}

// The conditions of a NodeGroup. The other one is CapacityRestored.
const (
	// ConditionUpdating is True while an update of the group is under way.
	ConditionUpdating = "Updating"
)

// NodeGroupStatus is what the group is now, and what updates owe it.
type NodeGroupStatus struct {
	// Version is the Kubernetes minor version of the group's image, such as 1.37; empty if
	// it is not known.
	// +optional
	Version string `json:"version,omitempty"`
	// ReleaseVersion is the release of the group's image, such as 1.37.1-20260915; empty if
	// it is not known.
	// +optional
	ReleaseVersion string `json:"releaseVersion,omitempty"`
	// Image is the id of the machine image that new instances of the group are launched
	// with.
	// +optional
	Image string `json:"image,omitempty"`
	// LaunchTemplate is the launch template version that the group uses, as the group names
	// it.
	// +optional
	LaunchTemplate *LaunchTemplate `json:"launchTemplate,omitempty"`
	// AutoScalingGroupARN is the ARN of the Auto Scaling group, which holds its account and
	// its region, and changes when the group is deleted and made again. Updates change
	// nothing in another account, and nothing of a group with another ARN as long as
	// anything is owed. It stays when nothing is owed.
	// +optional
	// +kubebuilder:validation:MaxLength=2048
	AutoScalingGroupARN string `json:"autoScalingGroupARN,omitempty"`
	// ClusterUID is the UID of the namespace kube-system of the cluster whose nodes the
	// group's instances are. Where it is another one, the node group is a copy, for example
	// of a restored backup, and nothing is changed.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	ClusterUID string `json:"clusterUID,omitempty"`
	// Scaling is the sizes that the group has now, including what an update has added.
	// +optional
	Scaling *Scaling `json:"scaling,omitempty"`
	// Nodes counts the nodes of the group at the last pass.
	// +optional
	Nodes *NodeCounts `json:"nodes,omitempty"`
	// Update is the name of the newest update of the group.
	// +optional
	Update string `json:"update,omitempty"`
	// Ledger is what updates have borrowed from the group and not restored yet.
	// +optional
	Ledger *Ledger `json:"ledger,omitempty"`
	// Health lists what is wrong with the group, with EKS's error codes.
	// +optional
	Health []Issue `json:"health,omitempty"`
	// Conditions are Updating and CapacityRestored.
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// ObservedGeneration is the generation of the spec that this status belongs to.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
}

// LaunchTemplate names a launch template version as an Auto Scaling group does.
type LaunchTemplate struct {
	// ID is the id of the launch template, such as lt-0123456789abcdef0.
	// +optional
	ID string `json:"id,omitempty"`
	// Name is the name of the launch template, for people.
	// +optional
	Name string `json:"name,omitempty"`
	// Version is a number, $Latest or $Default.
	// +optional
	Version string `json:"version,omitempty"`
}

// Scaling is the sizes of a group in instances, in the fields of EKS's API.
type Scaling struct {
	MinSize     int32 `json:"minSize"`
	MaxSize     int32 `json:"maxSize"`
	DesiredSize int32 `json:"desiredSize"`
}

// NodeCounts counts the members of a group that are not terminating.
type NodeCounts struct {
	// Total is the number of all members.
	Total int32 `json:"total"`
	// UpToDate is the number of members with the target's image.
	UpToDate int32 `json:"upToDate"`
	// Outdated is the number of members with another image.
	Outdated int32 `json:"outdated"`
	// Usable is the number of members, outdated or not, that pods can run on: in service,
	// their node Ready and not cordoned.
	Usable int32 `json:"usable"`
	// InFlight is the number of members that are being drained.
	InFlight int32 `json:"inFlight"`
}

// Issue is something that is wrong with a group or an update, in the fields of EKS's API.
type Issue struct {
	// Code is one of EKS's error codes, such as NodeCreationFailure or PodEvictionFailure.
	Code string `json:"code"`
	// Message says what happened, why, and what to do.
	// +optional
	Message string `json:"message,omitempty"`
	// ResourceIDs are the instances, nodes or pods that the issue is about.
	// +optional
	ResourceIDs []string `json:"resourceIds,omitempty"`
}
