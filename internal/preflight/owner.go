package preflight

import (
	"cmp"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// The tags and labels of those who manage nodes themselves.
const (
	tagManagedGroup    = "eks:nodegroup-name"
	tagManagedCluster  = "eks:cluster-name"
	karpenterPrefix    = "karpenter.sh/"
	labelKarpenterPool = "karpenter.sh/nodepool"
)

// owned refuses a group whose nodes somebody else replaces.
func owned(f Facts) []Finding {
	if name := f.Traits.Tags[tagManagedGroup]; name != "" {
		return one(managedByEKS(f, name))
	}
	for key := range f.Traits.Tags {
		if strings.HasPrefix(key, karpenterPrefix) {
			return one(ownedByKarpenter("group " + f.Group.Name))
		}
	}
	for _, node := range f.nodes() {
		if pool := node.Labels[labelKarpenterPool]; pool != "" {
			return one(ownedByKarpenter(fmt.Sprintf("node %s of group %s", node.Name, f.Group.Name)))
		}
	}
	if f.Traits.Operator != "" {
		return one(Finding{
			Rule: "OperatedByService",
			What: fmt.Sprintf("group %s is operated by %s", f.Group.Name, f.Traits.Operator),
			Why:  "AWS does not allow others to change it",
			Next: "upgrade it with that service",
		})
	}
	return nil
}

func managedByEKS(f Facts, name string) Finding {
	cluster := cmp.Or(f.Traits.Tags[tagManagedCluster], f.Cluster.Name)
	aws := fmt.Sprintf("aws eks update-nodegroup-version --cluster-name %s --nodegroup-name %s", cluster, name)
	eksctl := fmt.Sprintf("eksctl upgrade nodegroup --cluster %s --name %s", cluster, name)
	flag := versionFlag(f.Asked)
	return Finding{
		Rule: "ManagedByEKS",
		What: fmt.Sprintf("group %s belongs to the EKS managed node group %s", f.Group.Name, name),
		Why:  "EKS upgrades its managed node groups itself and reverts changes by others",
		Next: "run " + aws + flag + ", or " + eksctl + flag,
	}
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

func ownedByKarpenter(what string) Finding {
	return Finding{
		Rule: "OwnedByKarpenter",
		What: what + " belongs to Karpenter",
		Why:  "Karpenter launches and replaces its nodes itself",
		Next: "change the image in amiSelectorTerms of its EC2NodeClass: Karpenter then replaces the nodes that differ",
	}
}

// KarpenterPool reports whether a name that is no Auto Scaling group is that of a Karpenter
// node pool, and returns the refusal.
func KarpenterPool(name string, nodes []corev1.Node) (Finding, bool) {
	for _, node := range nodes {
		if node.Labels[labelKarpenterPool] == name {
			return ownedByKarpenter("node pool " + name), true
		}
	}
	return Finding{}, false
}
