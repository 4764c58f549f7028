package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Ledger is what a node group is owed: what updates borrowed from it and have
// to give back, whichever update that was. It is written before anything is
// borrowed. An empty one owes nothing.
type Ledger struct {
	// Sizes is owed while the sizes are not the owner's.
	// +optional
	Sizes *SizeDebt `json:"sizes,omitempty"`
	// Template is owed while the group may name another template version than
	// its owner chose.
	// +optional
	Template *TemplateDebt `json:"template,omitempty"`
	// Processes are the scaling processes that an update suspended.
	// +optional
	Processes []string `json:"processes,omitempty"`
	// Unevenness is the difference in instances between the fullest and the
	// emptiest zone when the processes were suspended.
	// +optional
	Unevenness int32 `json:"unevenness,omitempty"`
	// Autoscaler: the group may stand among those that hold Cluster Autoscaler.
	// +optional
	Autoscaler bool `json:"autoscaler,omitempty"`
	// Marks: nodes may carry taints, cordons, labels or annotations of ours.
	// +optional
	Marks bool `json:"marks,omitempty"`
}

// Size is a group's maximum and desired size, in instances.
// +kubebuilder:validation:XValidation:rule="self.desired >= 0 && self.max >= self.desired",message="a desired size is 0 or more, and a maximum size no less than that"
type Size struct {
	Max     int32 `json:"max"`
	Desired int32 `json:"desired"`
}

// SizeDebt is what is known about a group's sizes while they are borrowed.
type SizeDebt struct {
	// User is what the owner wants.
	User Size `json:"user"`
	// Expected is what was last seen to be applied.
	Expected Size `json:"expected"`
	// Pending is what is on its way, if anything is.
	// +optional
	Pending *Size `json:"pending,omitempty"`
	// ShrinkInstance is the instance whose termination lowers the desired size
	// to the pending one; empty if pending is a plain change of sizes.
	// +optional
	ShrinkInstance string `json:"shrinkInstance,omitempty"`
	// Strange is a reading that is neither expected nor pending.
	// +optional
	Strange *Size `json:"strange,omitempty"`
	// StrangeSince is when it was first read.
	// +optional
	StrangeSince *metav1.MicroTime `json:"strangeSince,omitempty"`
}

// TemplateDebt is the launch template reference as it was before.
type TemplateDebt struct {
	// Before is the reference itself.
	Before LaunchTemplate `json:"before"`
	// Pinned is the version that it stood for.
	Pinned TemplateVersion `json:"pinned"`
}

// TemplateVersion is one immutable version of a launch template.
type TemplateVersion struct {
	// ID is lt-0123456789abcdef0.
	// +optional
	ID string `json:"id,omitempty"`
	// Name is the template's name, for people.
	// +optional
	Name string `json:"name,omitempty"`
	// Number is the version's number.
	// +optional
	Number int64 `json:"number,omitempty"`
	// Image is the machine image that it names; empty if it names none.
	// +optional
	Image string `json:"image,omitempty"`
}
