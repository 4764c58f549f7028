package v1alpha1

// Resolved is what the target of an update means for its group.
type Resolved struct {
	// Image is the image that the nodes get.
	Image Image `json:"image"`
	// Template is the launch template version that the group gets.
	// +optional
	Template *TemplateVersion `json:"template,omitempty"`
	// From is the image that the group launched before.
	From Image `json:"from"`
	// Before is the launch template version that the group used before. A rollback restores
	// it, with the image that most nodes ran if a parameter names the version's image.
	// +optional
	Before *TemplateVersion `json:"before,omitempty"`
	// Followed is $Latest or $Default if the group named that instead of a number.
	// +optional
	Followed string `json:"followed,omitempty"`
	// ByTemplate is true if nodes are outdated by their launch template version instead of
	// their image.
	// +optional
	ByTemplate bool `json:"byTemplate,omitempty"`
	// MadeFrom is the launch template version that Template is made from, if that is not the one that
	// the group used: a rollback makes one from that of before the other update.
	// +optional
	MadeFrom *TemplateVersion `json:"madeFrom,omitempty"`
	// Copy is a launch template version like Before, with its parameter, that was made at the end
	// so that $Latest means that again.
	// +optional
	Copy *TemplateVersion `json:"copy,omitempty"`
	// Unlaunchable is true if nothing can be launched by Before any more, because its image or the
	// parameter that names it is gone or private.
	// +optional
	Unlaunchable bool `json:"unlaunchable,omitempty"`
}

// Image is a machine image.
type Image struct {
	// ID is the id of the image, such as ami-0123456789abcdef0.
	// +optional
	ID string `json:"id,omitempty"`
	// Name is the name of the image in EC2.
	// +optional
	Name string `json:"name,omitempty"`
	// Arch is x86_64 or arm64.
	// +optional
	Arch string `json:"arch,omitempty"`
	// Family is the image family in eksctl's words, such as AmazonLinux2023; empty if it is
	// not known.
	// +optional
	Family string `json:"family,omitempty"`
	// Version is the Kubernetes minor version of the kubelet in the image, such as 1.37;
	// empty if it is not known.
	// +optional
	Version string `json:"version,omitempty"`
	// Release is the release version of the image, such as 1.37.1-20260915; empty if it is
	// not known.
	// +optional
	Release string `json:"release,omitempty"`
	// Variant is what the image is made for, such as nvidia; empty for the standard variant, and if
	// it is not known.
	// +optional
	Variant string `json:"variant,omitempty"`
}

// Baseline is a group as it was before the update changed anything.
type Baseline struct {
	// Nodes is how many members the group had.
	Nodes int32 `json:"nodes"`
	// Zones is in how many availability zones the group may launch instances.
	// +optional
	Zones int32 `json:"zones,omitempty"`
	// Outdated is how many members were outdated.
	Outdated int32 `json:"outdated"`
	// Usable is how many members were usable.
	Usable int32 `json:"usable"`
	// Taints are those that at least one outdated node had. A new node is usable with them,
	// too.
	// +optional
	Taints []string `json:"taints,omitempty"`
	// Extended are the extended resources that every outdated node offered. A new node is
	// usable only with them.
	// +optional
	Extended []string `json:"extended,omitempty"`
}
