package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Ledger is what updates have borrowed from a group and have to restore, whichever update
// that was. A debt is written here before anything is changed. An empty ledger owes
// nothing.
type Ledger struct {
	// Sizes are set while the group's sizes may differ from the owner's.
	// +optional
	Sizes *SizeDebt `json:"sizes,omitempty"`
	// Template is set while the group may use another launch template version than its
	// owner chose.
	// +optional
	Template *TemplateDebt `json:"template,omitempty"`
	// Processes are the scaling processes that an update has suspended.
	// +optional
	Processes []string `json:"processes,omitempty"`
	// Unevenness is how many more instances the fullest zone had than the emptiest one when
	// the processes were suspended.
	// +optional
	Unevenness int32 `json:"unevenness,omitempty"`
	// Autoscaler is true while the group may be listed as one for which Cluster Autoscaler
	// is suspended.
	// +optional
	Autoscaler bool `json:"autoscaler,omitempty"`
	// Marks is true while nodes may carry taints, cordons, labels or annotations that an
	// update has set.
	// +optional
	Marks bool `json:"marks,omitempty"`
}

// Size is a group's maximum and desired size, in instances.
// +kubebuilder:validation:XValidation:rule="self.desired >= 0 && self.max >= self.desired",message="desired must be 0 or more, and max no less than desired"
type Size struct {
	Max     int32 `json:"max"`
	Desired int32 `json:"desired"`
}

// SizeDebt is what is known about the sizes of a group while they are borrowed.
type SizeDebt struct {
	// User is the owner's sizes: those that are restored at the end.
	User Size `json:"user"`
	// Expected is the sizes that the group was last seen to have.
	Expected Size `json:"expected"`
	// Pending is the sizes that are being set, if any.
	// +optional
	Pending *Size `json:"pending,omitempty"`
	// ShrinkInstance is the instance whose termination lowers the desired size to the
	// pending one; empty if the pending sizes are set without a termination.
	// +optional
	ShrinkInstance string `json:"shrinkInstance,omitempty"`
	// Strange is a reading of the sizes that is neither expected nor pending. It is adopted
	// when a second reading confirms it.
	// +optional
	Strange *Size `json:"strange,omitempty"`
	// StrangeSince is when the unexpected sizes were first read.
	// +optional
	StrangeSince *metav1.MicroTime `json:"strangeSince,omitempty"`
	// StrangeStandby is how many instances were in Standby when they were first read.
	// +optional
	// +kubebuilder:validation:Minimum=0
	StrangeStandby int32 `json:"strangeStandby,omitempty"`
	// Standby is how many instances were in Standby when the expected sizes were read. One that
	// enters Standby may lower the desired size, and raises it again when it leaves.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Standby int32 `json:"standby,omitempty"`
	// Removing is how many nodes Cluster Autoscaler was removing when the expected sizes were read, which are
	// without them.
	// +optional
	// +kubebuilder:validation:Minimum=0
	Removing int32 `json:"removing,omitempty"`
}

// TemplateDebt is the launch template version that the group used before the update.
type TemplateDebt struct {
	// Before is the reference as the group had it: a number, $Latest or $Default.
	Before LaunchTemplate `json:"before"`
	// Pinned is the version that the reference stood for.
	Pinned TemplateVersion `json:"pinned"`
}

// TemplateVersion is one version of a launch template. Versions cannot be changed.
type TemplateVersion struct {
	// ID is the id of the launch template, such as lt-0123456789abcdef0.
	// +optional
	ID string `json:"id,omitempty"`
	// Name is the name of the launch template, for people.
	// +optional
	Name string `json:"name,omitempty"`
	// Number is the number of the version.
	// +optional
	Number int64 `json:"number,omitempty"`
	// Image is the machine image in the version, or the one that its parameter named; empty if it has
	// none.
	// +optional
	Image string `json:"image,omitempty"`
	// Parameter is what stands in the version in place of an image, such as
	// resolve:ssm:/golden/image; empty for a version with an image.
	// +optional
	Parameter string `json:"parameter,omitempty"`
}
