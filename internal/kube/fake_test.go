package kube

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

// clusterWith is an API server in memory that holds some objects.
func clusterWith(t *testing.T, objects ...client.Object) client.WithWatch {
	t.Helper()
	scheme, err := newScheme()
	if err != nil {
		t.Fatal(err)
	}
	return fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).
		WithStatusSubresource(&v1alpha1.NodeGroup{}, &v1alpha1.NodeGroupUpdate{}).
		WithIndex(&corev1.Pod{}, fieldNode, nodeOfPod).
		WithIndex(&corev1.Pod{}, fieldUnschedulable, isUnschedulable).
		WithIndex(&corev1.Pod{}, fieldWorkload, workloadOfPod).
		WithIndex(&corev1.PersistentVolume{}, fieldClaim, claimOfVolume).
		Build()
}

// get reads an object again.
func get[T client.Object](t *testing.T, read client.Reader, object T) T {
	t.Helper()
	if err := read.Get(t.Context(), client.ObjectKeyFromObject(object), object); err != nil {
		t.Fatal(err)
	}
	return object
}

func named(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Name: name} }

func in(namespace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: name}
}
