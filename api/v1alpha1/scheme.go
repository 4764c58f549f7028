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
	// LabelName with the value ControllerName is on the controller's pods, which are
	// in that namespace.
	LabelName      = "app.kubernetes.io/name"
	ControllerName = "nodelift"
	// AnnotationVersion carries the revision of the schema on both resource
	// definitions: a whole number that only grows.
	AnnotationVersion = "nodelift.dev/version"
	// AnnotationBy says who has begun an update, as the API server knows people.
	AnnotationBy = "nodelift.dev/by"
	// Finalizer keeps an update that is deleted until it has given back what it
	// borrowed: deleting an update cancels it.
	Finalizer = "nodelift.dev/give-back"
)

// GroupVersion returns nodelift.dev/v1alpha1.
func GroupVersion() schema.GroupVersion {
	return schema.GroupVersion{Group: Group, Version: Version}
}

// AddToScheme teaches a scheme the two resources.
func AddToScheme(s *runtime.Scheme) error {
	s.AddKnownTypes(GroupVersion(), &NodeGroup{}, &NodeGroupList{}, &NodeGroupUpdate{}, &NodeGroupUpdateList{})
	metav1.AddToGroupVersion(s, GroupVersion())
	return nil
}
