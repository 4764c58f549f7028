package preflight

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Tags that name the cluster of a group.
const (
	tagClusterPrefix = "kubernetes.io/cluster/"
	tagEksctlCluster = "alpha.eksctl.io/cluster-name"
)

// membership refuses a group whose instances are not nodes of this cluster. An instance
// without a node counts as empty and is terminated without a drain, so it has to be certain
// that it is not a node under another name.
func membership(f Facts) []Finding {
	if clusters := clustersOf(f.Traits.Tags); len(clusters) > 0 && !slices.Contains(clusters, f.Cluster.Name) {
		return one(Finding{
			Rule:   "OtherCluster",
			What:   fmt.Sprintf("the tags of group %s name another cluster than %s", f.Group.Name, f.Cluster.Name),
			Next:   "check --cluster and the context of your kubeconfig",
			Things: clusters,
		})
	}
	instances, nodes := f.instances(), f.nodes()
	switch foreign := f.foreign(); {
	case len(instances) == 0:
		return emptyGroup(f)
	case len(missing(instances, nodes)) > 0 && len(foreign) > 0:
		return one(Finding{
			Rule: "ProviderNotAWS",
			What: fmt.Sprintf("group %s has instances without a matching node, "+
				"and the cluster has nodes whose providerID is not of AWS", f.Group.Name),
			Why:    "nodes are matched to instances by spec.providerID (aws:///ZONE/INSTANCE), so these nodes may be those instances",
			Next:   "run the AWS cloud controller manager, which sets providerID, or check that this is the right cluster",
			Things: foreign,
		})
	case len(nodes) == 0:
		return one(Finding{
			Rule: "NotInCluster",
			What: fmt.Sprintf("none of the %d instances of group %s is a node of cluster %s", len(instances), f.Group.Name, f.Cluster.Name),
			Next: "check --name, --region and the context of your kubeconfig",
		})
	}
	return nil
}

// emptyGroup accepts a group without instances if its tags name the cluster.
func emptyGroup(f Facts) []Finding {
	if len(clustersOf(f.Traits.Tags)) > 0 {
		return nil // for this cluster, or membership had refused it
	}
	return one(Finding{
		Rule: "NotInCluster",
		What: fmt.Sprintf("group %s has no instances, and no tag says that it belongs to cluster %s", f.Group.Name, f.Cluster.Name),
		Next: fmt.Sprintf("if it does, tag it %s%s=owned", tagClusterPrefix, f.Cluster.Name),
	})
}

// clustersOf returns the clusters that tags name, sorted.
func clustersOf(tags map[string]string) []string {
	var clusters []string
	for key, value := range tags {
		if name, found := strings.CutPrefix(key, tagClusterPrefix); found {
			clusters = append(clusters, name)
		} else if key == tagEksctlCluster {
			clusters = append(clusters, value)
		}
	}
	slices.Sort(clusters)
	return slices.Compact(clusters)
}

// foreign returns the nodes whose providerID is neither of AWS nor of EKS hybrid nodes,
// which are never instances.
func (f Facts) foreign() []string {
	var foreign []string
	for _, node := range f.Cluster.Nodes {
		id := node.Spec.ProviderID
		if !strings.HasPrefix(id, "aws://") && !strings.HasPrefix(id, "eks-hybrid://") {
			foreign = append(foreign, fmt.Sprintf("%s has %q", node.Name, id))
		}
	}
	slices.Sort(foreign)
	return foreign
}

// withoutNode warns about instances in service that are not nodes: they never joined, or
// left, and are replaced as if they were empty.
func withoutNode(f Facts) []Finding {
	ids := missing(f.instances(), f.nodes())
	if len(ids) == 0 {
		return nil
	}
	return one(Finding{
		Rule:   "Strays",
		What:   fmt.Sprintf("instances of group %s are not nodes of the cluster", f.Group.Name),
		Why:    "they count as empty and are terminated without a drain",
		Next:   "find out why they have not joined",
		Things: ids,
	})
}

// missing returns the IAM action that was denied. It is mostly that of the operation, but
// using another launch template also needs ec2:RunInstances: AWS then names it.
func missing[N any](instances []upgrade.Instance, nodes map[string]N) []string {
	var ids []string
	for _, i := range instances {
		if _, ok := nodes[i.ID]; !ok && i.Lifecycle == upgrade.InService {
			ids = append(ids, i.ID)
		}
	}
	return ids
}
