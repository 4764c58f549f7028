package v1alpha1

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// NodeGroupUpdate is one run of an update of a node group. Deleting one that
// runs cancels it: it stays until it has given back what it borrowed.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,shortName=ngu
// +kubebuilder:metadata:annotations="nodelift.dev/version=5"
// +kubebuilder:printcolumn:name="Node Group",type=string,JSONPath=`.spec.nodeGroup`
// +kubebuilder:printcolumn:name="Type",type=string,JSONPath=`.status.type`,description="EKS's word for what it changes"
// +kubebuilder:printcolumn:name="Target",type=string,JSONPath=`.status.target`,description="What the nodes, or the sizes, become"
// +kubebuilder:printcolumn:name="Status",type=string,JSONPath=`.status.status`,description="EKS's word"
// +kubebuilder:printcolumn:name="Phase",type=string,JSONPath=`.status.phase`
// +kubebuilder:printcolumn:name="Progress",type=string,JSONPath=`.status.progress`,description="Outdated nodes that were replaced, or nodes that were added or drained"
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Message",type=string,JSONPath=`.status.message`,description="What it waits for, or why it has ended so"
type NodeGroupUpdate struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	Spec   NodeGroupUpdateSpec   `json:"spec"`
	Status NodeGroupUpdateStatus `json:"status,omitempty"`
}

// Ended reports whether nothing more will be done about the update.
func (u *NodeGroupUpdate) Ended() bool { return u.Status.Phase == PhaseDone }

// NodeGroupUpdateList is a list of updates.
//
// +kubebuilder:object:root=true
type NodeGroupUpdateList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []NodeGroupUpdate `json:"items"`
}

// NodeGroupUpdateSpec is what people ask for.
// +kubebuilder:validation:XValidation:rule="!(has(self.strategy) && self.strategy == 'LEAN' && has(self.nodeOrder) && self.nodeOrder == 'Zone')",message="strategy LEAN takes its nodes evenly from the zones: it cannot go in the node order Zone"
// +kubebuilder:validation:XValidation:rule="self.nodeGroup == oldSelf.nodeGroup",message="nodeGroup cannot be changed: create another update"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.target) || (has(self.target) && self.target == oldSelf.target)",message="target cannot be changed: cancel this update and create another one"
// +kubebuilder:validation:XValidation:rule="!(has(self.force) && self.force) || !has(self.onDrainTimeout) || self.onDrainTimeout == 'force'",message="force is onDrainTimeout force: it does not go with another one"
// +kubebuilder:validation:XValidation:rule="!has(self.rollbackOf) || !has(self.target)",message="a rollback goes back to what was there before the update in rollbackOf, so it goes without target"
// +kubebuilder:validation:XValidation:rule="!has(self.scaling) || !(has(self.target) || has(self.rollbackOf) || has(self.strategy) || has(self.nodeOrder) || has(self.canary) || has(self.soak) || has(self.rollbackOnFailure))",message="scaling changes the group's sizes and no node's image: it goes without target, rollbackOf, strategy, nodeOrder, canary, soak and rollbackOnFailure"
// +kubebuilder:validation:XValidation:rule="!has(self.scaling) || !has(self.onBadHealth) || self.onBadHealth != 'rollback'",message="scaling is not rolled back, it is scaled back: its onBadHealth is pause or cancel"
// +kubebuilder:validation:XValidation:rule="!has(self.scaling) || !(has(self.restoreTemplate) && self.restoreTemplate)",message="scaling leaves the launch template alone, so it goes without restoreTemplate"
// +kubebuilder:validation:XValidation:rule="has(self.scaling) == has(oldSelf.scaling) && (!has(self.scaling) || self.scaling == oldSelf.scaling)",message="scaling cannot be changed: cancel this update and create another one"
// +kubebuilder:validation:XValidation:rule="has(self.rollbackOf) == has(oldSelf.rollbackOf) && (!has(self.rollbackOf) || self.rollbackOf == oldSelf.rollbackOf)",message="rollbackOf cannot be changed: create another update"
// +kubebuilder:validation:XValidation:rule="!has(self.pausedUntil) || (has(self.paused) && self.paused)",message="pausedUntil says until when a paused update stands still: it goes with paused"
// +kubebuilder:validation:XValidation:rule="!(has(self.restoreTemplate) && self.restoreTemplate) || (has(self.cancelled) && self.cancelled)",message="restoreTemplate says what becomes of the launch template when an update is cancelled: it goes with cancelled"
// +kubebuilder:validation:XValidation:rule="!(has(oldSelf.cancelled) && oldSelf.cancelled) || (has(self.cancelled) && self.cancelled)",message="an update that is cancelled stays cancelled: create another one"
type NodeGroupUpdateSpec struct {
	// NodeGroup is the name of the NodeGroup. It does not change.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	NodeGroup string `json:"nodeGroup"`

	// Target is what the nodes become. Without one it is the newest image of
	// the API server's own minor version. Once set it does not change.
	// +optional
	Target *Target `json:"target,omitempty"`

	// Scaling changes the group's sizes and no node's image: nodes are added at once,
	// and those that are too many are drained one by one. An update that is cancelled,
	// or that fails over a node that cannot be drained, leaves the size where it has
	// come to. It does not change.
	// +optional
	Scaling *ScalingConfig `json:"scaling,omitempty"`

	// Strategy is in which way nodes are replaced: DEFAULT, MINIMAL or LEAN. That of
	// the node group's updateConfig unless set, and DEFAULT without. What it is when
	// the update begins it stays.
	// +optional
	Strategy Strategy `json:"strategy,omitempty"`

	// MaxUnavailable is how many nodes are drained at once: a number from 1 to
	// 100, or a percentage of the group's nodes from 1% to 100%, rounded down.
	// The node group's updateConfig unless set.
	// +optional
	// +kubebuilder:validation:XIntOrString
	// +kubebuilder:validation:XValidation:rule="type(self) == int ? (self >= 1 && self <= 100) : (size(self) <= 4 && self.matches('^([1-9][0-9]?|100)%$'))",message="maxUnavailable is a number of nodes from 1 to 100 or a percentage from 1% to 100%"
	MaxUnavailable *intstr.IntOrString `json:"maxUnavailable,omitempty"`

	// Force deletes pods that have not left a node within the drain timeout,
	// past every budget: EKS's word for onDrainTimeout force.
	// +optional
	Force bool `json:"force,omitempty"`

	Settings `json:",inline"`

	// Paused makes the update stand still: nothing new starts.
	// +optional
	Paused bool `json:"paused,omitempty"`

	// PausedUntil is when a paused update goes on by itself.
	// +optional
	PausedUntil *metav1.Time `json:"pausedUntil,omitempty"`

	// AcceptedStops is how many of the update's stops for bad health (status.stops)
	// people have let pass: resume raises it. The update goes on from such a stop, and the
	// health of that moment is what bad health is told by from then on.
	// +optional
	// +kubebuilder:validation:Minimum=0
	AcceptedStops int32 `json:"acceptedStops,omitempty"`

	// Cancelled ends the update and gives back what it borrowed. It cannot be
	// taken back.
	// +optional
	Cancelled bool `json:"cancelled,omitempty"`

	// RestoreTemplate gives the group its launch template version back when the
	// update is cancelled. It stays on the new one unless set.
	// +optional
	RestoreTemplate bool `json:"restoreTemplate,omitempty"`

	// RollbackOf is the name of the update that this one undoes: its target is what
	// was there before that one, and it takes over what that one has borrowed. It
	// does not change.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	RollbackOf string `json:"rollbackOf,omitempty"`
}

// PausedAt reports whether the update is to stand still at a time.
func (s *NodeGroupUpdateSpec) PausedAt(now time.Time) bool {
	return s.Paused && (s.PausedUntil == nil || now.Before(s.PausedUntil.Time))
}

// Target is what the nodes of a group become.
// +kubebuilder:validation:XValidation:rule="!has(self.amiFamily) || !has(self.launchTemplateVersion)",message="a launchTemplateVersion names its image itself, so it goes without amiFamily"
// +kubebuilder:validation:XValidation:rule="[has(self.version), has(self.releaseVersion), has(self.imageID), has(self.launchTemplateVersion)].filter(x, x).size() == 1",message="a target is exactly one of version, releaseVersion, imageID and launchTemplateVersion"
type Target struct {
	// Version is a Kubernetes minor version, 1.37: the newest image of it.
	// +optional
	// +kubebuilder:validation:MaxLength=16
	// +kubebuilder:validation:XValidation:rule="self.matches('^1[.][0-9]+$')",message="version is a Kubernetes minor version such as 1.37"
	Version string `json:"version,omitempty"`

	// ReleaseVersion is one release of an image, 1.37.1-20260915.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	ReleaseVersion string `json:"releaseVersion,omitempty"`

	// ImageID is one image, ami-0123456789abcdef0.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches('^ami-[0-9a-f]+$')",message="imageID is the id of a machine image such as ami-0123456789abcdef0"
	ImageID string `json:"imageID,omitempty"`

	// LaunchTemplateVersion is a version of the group's own launch template: a
	// number, $Latest or $Default.
	// +optional
	// +kubebuilder:validation:MaxLength=20
	// +kubebuilder:validation:XValidation:rule="self.matches('^([1-9][0-9]*|[$]Latest|[$]Default)$')",message="launchTemplateVersion is a number, $Latest or $Default"
	LaunchTemplateVersion string `json:"launchTemplateVersion,omitempty"`

	// AMIFamily is the image family that the nodes move to, in eksctl's words:
	// AmazonLinux2023. That of their present image unless set.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	AMIFamily string `json:"amiFamily,omitempty"`
}
