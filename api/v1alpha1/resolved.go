package v1alpha1

// Resolved is what a target means for a group.
type Resolved struct {
	// Image is the image that the nodes become.
	Image Image `json:"image"`
	// Template is the template version that the group is to use.
	// +optional
	Template *TemplateVersion `json:"template,omitempty"`
	// From is the image that the group launched before.
	From Image `json:"from"`
	// Before is the template version that the group used before: what a rollback
	// goes back to.
	// +optional
	Before *TemplateVersion `json:"before,omitempty"`
	// Followed is $Latest or $Default if that is what the group followed before.
	// +optional
	Followed string `json:"followed,omitempty"`
	// ByTemplate: nodes are outdated by their template version, not their image.
	// +optional
	ByTemplate bool `json:"byTemplate,omitempty"`
}

// Image is a machine image.
type Image struct {
	// ID is ami-0123456789abcdef0.
	// +optional
	ID string `json:"id,omitempty"`
	// Name is its name in EC2.
	// +optional
	Name string `json:"name,omitempty"`
	// Arch is x86_64 or arm64.
	// +optional
	Arch string `json:"arch,omitempty"`
	// Family is AmazonLinux2023 and so on, in eksctl's words, if known.
	// +optional
	Family string `json:"family,omitempty"`
	// Version is the Kubernetes minor version of its kubelet, 1.37, if known.
	// +optional
	Version string `json:"version,omitempty"`
	// Release is its release version, 1.37.1-20260915, if known.
	// +optional
	Release string `json:"release,omitempty"`
}

// Baseline is a group before anything was changed.
type Baseline struct {
	// Nodes is how many members it had.
	Nodes int32 `json:"nodes"`
	// Zones is in how many zones it may launch.
	// +optional
	Zones int32 `json:"zones,omitempty"`
	// Outdated is how many of them were outdated.
	Outdated int32 `json:"outdated"`
	// Usable is how many of them were usable.
	Usable int32 `json:"usable"`
	// Taints that some outdated node had: a new one may have them, too.
	// +optional
	Taints []string `json:"taints,omitempty"`
	// Extended resources that every outdated node offered.
	// +optional
	Extended []string `json:"extended,omitempty"`
}
