package preflight

import "strings"

// The namespaces that an upgrade works in beside those of the pods.
const (
	namespaceOwn        = "nodelift-system" // Leases
	namespaceNodeLeases = "kube-node-lease" // the kubelets' heartbeats
)

// row is some verbs on one kind of resource.
type row struct {
	purpose   Purpose
	group     string
	resource  string
	namespace string
	verbs     []string
}

// table is all that an upgrade does in a cluster.
func table() []row {
	read, write := []string{"get", "list", "watch"}, []string{"create", "update", "patch"}
	const own = "nodelift.dev"
	return []row{
		{purpose: Look, resource: "nodes", verbs: read},
		{purpose: Look, resource: "pods", verbs: read},
		{purpose: Look, resource: "namespaces", verbs: read},
		{purpose: Look, resource: "persistentvolumes", verbs: read},
		{purpose: Look, group: "policy", resource: "poddisruptionbudgets", verbs: read},
		{purpose: Look, group: "storage.k8s.io", resource: "volumeattachments", verbs: read},
		{purpose: Look, group: "apps", resource: "deployments", verbs: read}, // Cluster Autoscaler's
		{purpose: Look, group: "coordination.k8s.io", resource: "leases", namespace: namespaceNodeLeases, verbs: read},

		{purpose: Work, resource: "nodes", verbs: []string{"patch"}},
		{purpose: Work, resource: "pods/eviction", verbs: []string{"create"}},
		{purpose: Work, resource: "events", verbs: []string{"create", "patch"}},
		{purpose: Work, group: "apps", resource: "deployments", verbs: []string{"patch"}},
		{purpose: Work, group: "coordination.k8s.io", resource: "leases", namespace: namespaceOwn, verbs: append(read, write...)},
		{purpose: Work, group: own, resource: "nodegroups", verbs: append(read, write...)},
		{purpose: Work, group: own, resource: "nodegroups/status", verbs: []string{"update", "patch"}},
		{purpose: Work, group: own, resource: "nodegroupupdates", verbs: append(read, write...)},
		{purpose: Work, group: own, resource: "nodegroupupdates/status", verbs: []string{"update", "patch"}},

		{purpose: Force, resource: "pods", verbs: []string{"delete"}},

		{purpose: Install, resource: "namespaces", verbs: []string{"create"}},
		{purpose: Install, group: "apiextensions.k8s.io", resource: "customresourcedefinitions", verbs: []string{"get", "create", "update"}},
	}
}

// split separates a resource from its subresource.
func (r Right) split() (resource, sub string) {
	resource, sub, _ = strings.Cut(r.Resource, "/")
	return resource, sub
}
