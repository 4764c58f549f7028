package v1alpha1

// EKS's types of an update.
const (
	// TypeVersionUpdate changes the nodes' image.
	TypeVersionUpdate = "VersionUpdate"
	// TypeConfigUpdate changes the group's sizes.
	TypeConfigUpdate = "ConfigUpdate"
)

// Type returns EKS's word for what the update changes.
func (u *NodeGroupUpdate) Type() string {
	if u.Spec.Scaling != nil {
		return TypeConfigUpdate
	}
	return TypeVersionUpdate
}

// ScalingConfig is the sizes that a group gets, in instances and in the fields of EKS's
// API. A size that is not set stays as it is. Nodes that are too many are drained.
// +kubebuilder:validation:XValidation:rule="has(self.minSize) || has(self.maxSize) || has(self.desiredSize)",message="set at least one of minSize, maxSize and desiredSize"
// +kubebuilder:validation:XValidation:rule="!has(self.minSize) || !has(self.desiredSize) || self.minSize <= self.desiredSize",message="desiredSize cannot be less than minSize"
// +kubebuilder:validation:XValidation:rule="!has(self.maxSize) || !has(self.desiredSize) || self.desiredSize <= self.maxSize",message="desiredSize cannot be more than maxSize"
// +kubebuilder:validation:XValidation:rule="!has(self.minSize) || !has(self.maxSize) || self.minSize <= self.maxSize",message="minSize cannot be more than maxSize"
type ScalingConfig struct {
	// MinSize is the group's minimum size.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self >= 0",message="minSize is a number of nodes, 0 or more"
	MinSize *int32 `json:"minSize,omitempty"`

	// MaxSize is the group's maximum size.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self >= 0",message="maxSize is a number of nodes, 0 or more"
	MaxSize *int32 `json:"maxSize,omitempty"`

	// DesiredSize is the number of nodes that the group gets.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self >= 0",message="desiredSize is a number of nodes, 0 or more"
	DesiredSize *int32 `json:"desiredSize,omitempty"`
}

// Scaled is what spec.scaling means for the group.
type Scaled struct {
	// From is the sizes before the update.
	From Scaling `json:"from"`
	// To is the sizes that the update sets.
	To Scaling `json:"to"`
}
