package v1alpha1

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// NodeGroupUpdate is one run of an update of a node group. Deleting one that has not ended
// cancels it: it is gone when it has restored what it borrowed.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,shortName=ngu
// +kubebuilder:metadata:annotations="nodelift.dev/version=8"
// +kubebuilder:printcolumn:name="Node Group",type=string,JSONPath=`.spec.nodeGroup`
// +kubebuilder:printcolumn:name="Type",type=string,JSONPath=`.status.type`,description="EKS's word for what it changes"
// +kubebuilder:printcolumn:name="Target",type=string,JSONPath=`.status.target`,description="What the nodes, or the sizes, become"
// +kubebuilder:printcolumn:name="Status",type=string,JSONPath=`.status.status`,description="EKS's word"
// +kubebuilder:printcolumn:name="Phase",type=string,JSONPath=`.status.phase`
// +kubebuilder:printcolumn:name="Progress",type=string,JSONPath=`.status.progress`,description="Outdated nodes that were replaced, or nodes that were added or drained"
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Message",type=string,JSONPath=`.status.message`,description="What it is waiting for, or why it ended as it did"
type NodeGroupUpdate struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   NodeGroupUpdateSpec   `json:"spec"`
	Status NodeGroupUpdateStatus `json:"status,omitempty"`
}

// Ended reports whether the update has ended: everything that can be restored is.
func (u *NodeGroupUpdate) Ended() bool { return u.Status.Phase == PhaseDone }

// HasChanged reports whether the update has changed anything that a rollback would undo.
func (u *NodeGroupUpdate) HasChanged() bool {
	r := u.Status.Resolved
	return r != nil && r.Before != nil && (r.Template == nil || r.Template.ID != r.Before.ID || r.Template.Number != r.Before.Number)
}

// NodeGroupUpdateList is a list of updates.
//
// +kubebuilder:object:root=true
type NodeGroupUpdateList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []NodeGroupUpdate `json:"items"`
}

// NodeGroupUpdateSpec is what people ask for.
// +kubebuilder:validation:XValidation:rule="!(has(self.strategy) && self.strategy == 'LEAN' && has(self.nodeOrder) && self.nodeOrder == 'Zone')",message="strategy LEAN takes nodes evenly from the zones, so nodeOrder must not be Zone"
// +kubebuilder:validation:XValidation:rule="self.nodeGroup == oldSelf.nodeGroup",message="nodeGroup cannot be changed: create another update"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.target) || (has(self.target) && self.target == oldSelf.target)",message="target cannot be changed: cancel this update and create another one"
// +kubebuilder:validation:XValidation:rule="!(has(self.force) && self.force) || !has(self.onDrainTimeout) || self.onDrainTimeout == 'force'",message="force: true requires onDrainTimeout: force"
// +kubebuilder:validation:XValidation:rule="!has(self.rollbackOf) || !has(self.target)",message="a rollback restores what the update in rollbackOf replaced, so target must not be set"
// +kubebuilder:validation:XValidation:rule="!has(self.scaling) || !(has(self.target) || has(self.rollbackOf) || has(self.strategy) || has(self.nodeOrder) || has(self.canary) || has(self.soak) || has(self.rollbackOnFailure))",message="scaling changes only sizes, so target, rollbackOf, strategy, nodeOrder, canary, soak and rollbackOnFailure must not be set"
// +kubebuilder:validation:XValidation:rule="!has(self.scaling) || !has(self.onBadHealth) || self.onBadHealth != 'rollback'",message="a scaling cannot be rolled back, so onBadHealth must be pause or cancel"
// +kubebuilder:validation:XValidation:rule="!has(self.scaling) || !(has(self.restoreTemplate) && self.restoreTemplate)",message="scaling does not change the launch template, so restoreTemplate must not be set"
// +kubebuilder:validation:XValidation:rule="has(self.scaling) == has(oldSelf.scaling) && (!has(self.scaling) || self.scaling == oldSelf.scaling)",message="scaling cannot be changed: cancel this update and create another one"
// +kubebuilder:validation:XValidation:rule="has(self.rollbackOf) == has(oldSelf.rollbackOf) && (!has(self.rollbackOf) || self.rollbackOf == oldSelf.rollbackOf)",message="rollbackOf cannot be changed: create another update"
// +kubebuilder:validation:XValidation:rule="!has(self.pausedUntil) || (has(self.paused) && self.paused)",message="pausedUntil requires paused: true"
// +kubebuilder:validation:XValidation:rule="!(has(self.restoreTemplate) && self.restoreTemplate) || (has(self.cancelled) && self.cancelled)",message="restoreTemplate requires cancelled: true"
// +kubebuilder:validation:XValidation:rule="!(has(oldSelf.cancelled) && oldSelf.cancelled) || (has(self.cancelled) && self.cancelled)",message="a cancelled update stays cancelled: create another one"
type NodeGroupUpdateSpec struct {
	// NodeGroup is the name of the NodeGroup. It cannot be changed.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	NodeGroup string `json:"nodeGroup"`

	// Target is what the nodes become. Without target (and without scaling and rollbackOf)
	// it is the newest image of the API server's own minor version. Once set, it cannot be
	// changed.
	// +optional
	Target *Target `json:"target,omitempty"`

	// Scaling changes the group's sizes and no node's image: missing nodes are added at
	// once, and those that are too many are drained one by one. If the update is cancelled,
	// or fails because a node cannot be drained, the size reached so far stays. It cannot
	// be changed.
	// +optional
	Scaling *ScalingConfig `json:"scaling,omitempty"`

	// Strategy is how nodes are replaced: DEFAULT, MINIMAL or LEAN. An update keeps the
	// strategy that it began with. Default: that of the node group's updateConfig, else
	// DEFAULT.
	// +optional
	Strategy Strategy `json:"strategy,omitempty"`

	// MaxUnavailable is how many nodes are drained at the same time: a number from 1 to
	// 100, or a percentage of the group's nodes from 1% to 100%, rounded down. Default:
	// that of the node group's updateConfig, else 1.
	// +optional
	// +kubebuilder:validation:XIntOrString
	// +kubebuilder:validation:XValidation:rule="type(self) == int ? (self >= 1 && self <= 100) : (size(self) <= 4 && self.matches('^([1-9][0-9]?|100)%$'))",message="maxUnavailable is a number of nodes from 1 to 100 or a percentage from 1% to 100%"
	MaxUnavailable *intstr.IntOrString `json:"maxUnavailable,omitempty"`

	// Force is EKS's word for onDrainTimeout: force. Pods that have not left a node by the
	// drain timeout are deleted, whatever their budgets.
	// +optional
	Force bool `json:"force,omitempty"`

	Settings `json:",inline"`

	// Paused pauses the update: nothing new starts.
	// +optional
	Paused bool `json:"paused,omitempty"`

	// PausedUntil is when a paused update continues by itself.
	// +optional
	PausedUntil *metav1.Time `json:"pausedUntil,omitempty"`

	// AcceptedStops is how many of the update's pauses for bad health (status.stops) people
	// have accepted; resume raises it. The update then continues, and compares health with
	// how things were at that moment.
	// +optional
	// +kubebuilder:validation:Minimum=0
	AcceptedStops int32 `json:"acceptedStops,omitempty"`

	// Cancelled ends the update and restores what it borrowed. It cannot be undone.
	// +optional
	Cancelled bool `json:"cancelled,omitempty"`

	// RestoreTemplate also restores the group's launch template version when the update is
	// cancelled. Otherwise the group keeps the new version.
	// +optional
	RestoreTemplate bool `json:"restoreTemplate,omitempty"`

	// RollbackOf is the name of the update that this one rolls back: its target is what the
	// nodes were before that update, and it takes over everything that update has borrowed.
	// It cannot be changed.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	RollbackOf string `json:"rollbackOf,omitempty"`
}

// PausedAt reports whether the update is paused by people at a time.
func (s *NodeGroupUpdateSpec) PausedAt(now time.Time) bool {
	return s.Paused && (s.PausedUntil == nil || now.Before(s.PausedUntil.Time))
}

// Target is what the nodes of a group become.
// +kubebuilder:validation:XValidation:rule="!has(self.amiFamily) || !has(self.launchTemplateVersion)",message="a launch template version has an image of its own, so amiFamily must not be set"
// +kubebuilder:validation:XValidation:rule="[has(self.version), has(self.releaseVersion), has(self.imageID), has(self.launchTemplateVersion)].filter(x, x).size() == 1",message="set exactly one of version, releaseVersion, imageID and launchTemplateVersion"
type Target struct {
	// Version is a Kubernetes minor version, such as 1.37, and means its newest image.
	// +optional
	// +kubebuilder:validation:MaxLength=16
	// +kubebuilder:validation:XValidation:rule="self.matches('^1[.][0-9]+$')",message="version is a Kubernetes minor version such as 1.37"
	Version string `json:"version,omitempty"`

	// ReleaseVersion is one release of an image, such as 1.37.1-20260915.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	ReleaseVersion string `json:"releaseVersion,omitempty"`

	// ImageID is one image, such as ami-0123456789abcdef0.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches('^ami-[0-9a-f]+$')",message="imageID is the id of a machine image such as ami-0123456789abcdef0"
	ImageID string `json:"imageID,omitempty"`

	// LaunchTemplateVersion is a version of the group's own launch template: a number,
	// $Latest or $Default.
	// +optional
	// +kubebuilder:validation:MaxLength=20
	// +kubebuilder:validation:XValidation:rule="self.matches('^([1-9][0-9]*|[$]Latest|[$]Default)$')",message="launchTemplateVersion is a number, $Latest or $Default"
	LaunchTemplateVersion string `json:"launchTemplateVersion,omitempty"`

	// AMIFamily is the image family that the nodes get, in eksctl's words, such as
	// AmazonLinux2023. Default: that of their present image.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	AMIFamily string `json:"amiFamily,omitempty"`
}
