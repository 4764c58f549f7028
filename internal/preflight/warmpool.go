package preflight

import (
	corev1 "k8s.io/api/core/v1"
)

// warmNodes refuses a group with instances in its warm pool that are Ready nodes. Such nodes are not
// counted and not drained, and Auto Scaling may end them at any time. A stopped instance may have left a
// node that is not Ready, which does no harm.
func warmNodes(f Facts) []Finding {
	var names []string
	nodes := f.nodesOfCluster()
	for _, i := range f.Group.InWarmPool() {
		if node := nodes[i.ID]; i.Lifecycle == "Warmed:Running" && node != nil && isReady(node) {
			names = append(names, node.Name+" ("+i.ID+")")
		}
	}
	if len(names) == 0 {
		return nil
	}
	return one(Finding{
		Rule:   "WarmPoolNodes",
		What:   "instances in the warm pool of group " + f.Group.Name + " are Ready nodes of the cluster",
		Why:    "pods may run on them, although Auto Scaling counts them as reserve and may end them",
		Next:   "keep kubelets in the warm pool from starting (the instance metadata autoscaling/target-lifecycle-state says where an instance is), and drain these nodes",
		Things: names,
	})
}

func isReady(node *corev1.Node) bool {
	for _, c := range node.Status.Conditions {
		if c.Type == corev1.NodeReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}
