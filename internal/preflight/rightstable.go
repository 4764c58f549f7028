package preflight

import "strings"

// The namespaces in which an upgrade works, besides those of the pods.
const (
	namespaceOwn        = "nodelift-system" // Leases
	namespaceNodeLeases = "kube-node-lease" // the kubelets' heartbeats
)

// row is some verbs on one resource.
type row struct {
	purpose   Purpose
	group     string
	resource  string
	namespace string
	verbs     []string
	command   bool // the controller in the cluster does not need it
}

// table is everything that an upgrade does in a cluster. docs/rbac.yaml grants it row by
// row.
func table() []row {
	const own, leases, definitions = "nodelift.dev", "coordination.k8s.io", "apiextensions.k8s.io"
	watch := []string{"list", "watch"}
	read := []string{"get", "list", "watch"}
	return []row{
		{purpose: Look, resource: "nodes", verbs: read},
		{purpose: Look, resource: "pods", verbs: read},
		{purpose: Look, resource: "namespaces", verbs: watch},
		{purpose: Look, resource: "namespaces", verbs: []string{"get"}, command: true},
		{purpose: Look, resource: "persistentvolumes", verbs: watch},
		{purpose: Look, group: "policy", resource: "poddisruptionbudgets", verbs: watch},
		{purpose: Look, group: "storage.k8s.io", resource: "volumeattachments", verbs: watch},
		{purpose: Look, group: "apps", resource: "deployments", verbs: watch}, // Cluster Autoscaler's
		{purpose: Look, group: leases, resource: "leases", namespace: namespaceNodeLeases, verbs: watch},
		{purpose: Look, group: leases, resource: "leases", namespace: namespaceOwn, verbs: []string{"get"}}, // whether a controller works
		{purpose: Look, group: definitions, resource: "customresourcedefinitions", verbs: []string{"get"}, command: true},
		{purpose: Look, group: own, resource: "nodegroups", verbs: read},
		{purpose: Look, group: own, resource: "nodegroupupdates", verbs: read},

		{purpose: FindBalancers, resource: "services", verbs: []string{"list"}, command: true},
		{purpose: FindBalancers, group: "elbv2.k8s.aws", resource: "targetgroupbindings", verbs: []string{"list"}, command: true},

		{purpose: Ask, group: own, resource: "nodegroups", verbs: []string{"create"}, command: true},
		{purpose: Ask, group: own, resource: "nodegroupupdates", verbs: []string{"create", "patch"}},

		{purpose: Watch, group: "events.k8s.io", resource: "events", verbs: watch},

		{purpose: Work, resource: "nodes", verbs: []string{"patch"}},
		{purpose: Work, resource: "pods/eviction", verbs: []string{"create"}},
		{purpose: Work, group: "events.k8s.io", resource: "events", verbs: []string{"create"}},
		{purpose: Work, group: "apps", resource: "deployments", verbs: []string{"get", "patch"}},
		{purpose: Work, group: leases, resource: "leases", namespace: namespaceOwn, verbs: []string{"create", "update"}},
		{purpose: Work, group: own, resource: "nodegroups", verbs: []string{"patch"}},
		{purpose: Work, group: own, resource: "nodegroups/status", verbs: []string{"update", "patch"}},
		{purpose: Work, group: own, resource: "nodegroupupdates/status", verbs: []string{"update"}},

		{purpose: Force, resource: "pods", verbs: []string{"delete"}},

		{purpose: Install, resource: "namespaces", verbs: []string{"create"}},
		{purpose: Install, group: definitions, resource: "customresourcedefinitions", verbs: []string{"create", "update"}},
	}
}

// split returns the resource and its subresource.
func (r Right) split() (resource, sub string) {
	resource, sub, _ = strings.Cut(r.Resource, "/")
	return resource, sub
}
