package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// The names of the API group and of what belongs to it.
const (
	// Group is the API group of both resources.
	Group = "nodelift.dev"
	// Version is this package's version of it.
	Version = "v1alpha1"
	// Namespace is where Nodelift keeps its Leases.
	Namespace = "nodelift-system"
	// LabelName is the label of the controller's pods in that namespace. Its value is
	// ControllerName.
	LabelName      = "app.kubernetes.io/name"
	ControllerName = "nodelift"
	// AnnotationVersion is the annotation of both resource definitions that holds the
	// revision of the schema: a whole number that only grows.
	AnnotationVersion = "nodelift.dev/version"
	// AnnotationBy is the annotation that names who created an update, as the API server
	// knows them.
	AnnotationBy = "nodelift.dev/by"
	// Finalizer keeps a deleted update until it has restored what it borrowed: deleting an
	// update cancels it.
	Finalizer = "nodelift.dev/give-back"
)

// GroupVersion returns nodelift.dev/v1alpha1.
func GroupVersion() schema.GroupVersion {
	return schema.GroupVersion{Group: Group, Version: Version}
}

// AddToScheme adds the two resources to a scheme.
func AddToScheme(s *runtime.Scheme) error {
	s.AddKnownTypes(GroupVersion(), &NodeGroup{}, &NodeGroupList{}, &NodeGroupUpdate{}, &NodeGroupUpdateList{})
	metav1.AddToGroupVersion(s, GroupVersion())
	return nil
}
