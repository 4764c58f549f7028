// Package install holds the manifests of the chart nodelift, for people who do not
// use Helm.
//
// `make generate` renders the chart to manifests.yaml, and with force to
// manifests-force.yaml. What people have to set is set on the decoded objects.
// The definitions of the two resources are not among them: the chart takes those
// from internal/kube.
package install
