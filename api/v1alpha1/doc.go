// Package v1alpha1 holds the two resources in which Nodelift keeps all of its
// state, group nodelift.dev, both cluster-scoped:
//
//   - [NodeGroup] (ng): one for each Auto Scaling group. Its spec says which group it
//     is, and has the settings of its updates; its status shows what the group is now,
//     and has the ledger: what updates have borrowed from it.
//   - [NodeGroupUpdate] (ngu): one run of an update. Its spec is what people ask for, its
//     status is how far the update has come.
//
// Specs are written by people and GitOps; the schema refuses what is inconsistent, in
// words that help. Statuses are written by Nodelift alone and mirror what the engine
// remembers, field by field: whoever reads one can continue the update.
//
// The resource definitions are generated from these types. When they change, raise the
// number in the annotation nodelift.dev/version of both types, so that an older Nodelift
// never replaces newer definitions.
//
// The package imports k8s.io/apimachinery only.
//
// +groupName=nodelift.dev
// +kubebuilder:object:generate=true
package v1alpha1

//go:generate go run sigs.k8s.io/controller-tools/cmd/controller-gen@v0.23.0 object paths=.
//go:generate go run sigs.k8s.io/controller-tools/cmd/controller-gen@v0.23.0 crd paths=. output:crd:dir=../../internal/kube/crds
