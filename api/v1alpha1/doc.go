// Package v1alpha1 holds the two resources in which Nodelift keeps all of its
// state, group nodelift.dev, both cluster-scoped:
//
//   - [NodeGroup] (ng): one for each Auto Scaling group. Its spec says which
//     group it is and how updates of it go about their work; its status shows
//     what the group is now, and holds the ledger: what the group is owed.
//   - [NodeGroupUpdate] (ngu): one run of an update. Its spec is what people
//     asked for, its status is what the update has got to.
//
// The specs are for people and may be written by GitOps; the schema refuses
// what makes no sense in words that help. The statuses are written by Nodelift
// alone and mirror what the engine remembers, field by field: whoever reads one
// can carry on with it.
//
// The resource definitions are generated from these types. When they change,
// raise the number in the nodelift.dev/version annotation of both types, so
// that an older Nodelift never installs its definitions over newer ones.
//
// The package imports k8s.io/apimachinery only.
//
// +groupName=nodelift.dev
// +kubebuilder:object:generate=true
package v1alpha1

//go:generate go run sigs.k8s.io/controller-tools/cmd/controller-gen@v0.23.0 object paths=.
//go:generate go run sigs.k8s.io/controller-tools/cmd/controller-gen@v0.23.0 crd paths=. output:crd:dir=../../internal/kube/crds
