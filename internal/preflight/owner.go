package preflight

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
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
