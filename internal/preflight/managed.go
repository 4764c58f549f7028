package preflight

import (
	"cmp"
	"fmt"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// labelSourceTemplate is on the nodes of managed node groups with a launch template of their people's. The
// group itself uses another template, which EKS makes from that one.
// https://docs.aws.amazon.com/eks/latest/userguide/launch-templates.html
const labelSourceTemplate = "eks.amazonaws.com/sourceLaunchTemplateId"

func managedByEKS(f Facts, name string) Finding {
	return Finding{
		Rule: "ManagedByEKS",
		What: fmt.Sprintf("group %s belongs to the EKS managed node group %s", f.Group.Name, name),
		Why:  "EKS upgrades its managed node groups itself and reverts changes by others",
		Next: upgradeByEKS(f, name),
	}
}

// upgradeByEKS is how EKS upgrades a managed node group. With an image in the group's launch template it
// answers a version with "You cannot specify the field kubernetesVersion when using custom AMIs", and
// nothing at all with "Launch template details can't be null for Custom ami type node group"
// (eksctl issues 5748 and 5999): only another version of that template will do.
func upgradeByEKS(f Facts, name string) string {
	cluster, source := cmp.Or(f.Traits.Tags[tagManagedCluster], f.Cluster.Name), f.sourceTemplate()
	aws := fmt.Sprintf("aws eks update-nodegroup-version --cluster-name %s --nodegroup-name %s", cluster, name)
	eksctl := fmt.Sprintf("eksctl upgrade nodegroup --cluster %s --name %s", cluster, name)
	flag := versionFlag(f.Asked)
	byVersion := "run " + aws + flag + ", or " + eksctl + flag
	byTemplate := fmt.Sprintf("create a version of its launch template%s with the new image, and run %s --launch-template id=%s,version=VERSION, or %s --launch-template-version VERSION",
		inFront(" ", source), aws, cmp.Or(source, "TEMPLATE"), eksctl)
	switch ownImage := f.Present.Name != "" && f.Present.Family == ""; {
	case ownImage:
		return byTemplate + ": EKS takes no Kubernetes version for a group with an image of its own"
	case f.Asked.Image != "" || f.Asked.TemplateVersion != "":
		return byTemplate + ": EKS takes no image in another way"
	case source != "":
		return byVersion + "; if its launch template " + source + " names an image, EKS refuses that: " + byTemplate
	}
	return byVersion
}

// sourceTemplate is the id of the launch template that the people of a managed node group gave it, "" for
// none.
func (f Facts) sourceTemplate() string {
	for _, node := range f.nodes() {
		if id := node.Labels[labelSourceTemplate]; id != "" {
			return id
		}
	}
	return ""
}

func inFront(of, text string) string {
	if text == "" {
		return ""
	}
	return of + text
}

// versionFlag returns the target as the flag that both commands have.
func versionFlag(t upgrade.Target) string {
	switch {
	case t.Version != "":
		return " --kubernetes-version " + t.Version
	case t.Release != "":
		return " --release-version " + t.Release
	}
	return ""
}
