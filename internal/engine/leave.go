package engine

import "github.com/nodelift/nodelift/internal/upgrade"

// A process that is about to end (upgrade.Update.Leaving) pauses the update, so that Cluster Autoscaler
// runs while nobody works. That needs only the cluster. It happens as well when the cloud does not
// answer, for example because the credentials have expired.

// markedInstances are the instances behind the nodes that carry marks of a node group: what the cluster
// alone knows of the members. A node without any of our marks is missing, so Cluster Autoscaler may
// remove it if it is empty, as it may without an update.
func markedInstances(nodes []upgrade.Node, nodeGroup string) []upgrade.Instance {
	var marked []upgrade.Instance
	for _, n := range nodes {
		if id := n.Instance(); id != "" && n.Owner == nodeGroup {
			marked = append(marked, upgrade.Instance{ID: id, Lifecycle: upgrade.InService})
		}
	}
	return marked
}
