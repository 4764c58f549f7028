package preflight

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/metadata/fake"
)

func TestReplicas(t *testing.T) {
	pod := func(namespace, name string, owners ...metav1.OwnerReference) runtime.Object {
		return &metav1.PartialObjectMetadata{
			TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, OwnerReferences: owners},
		}
	}
	controlled := func(kind, name string) metav1.OwnerReference {
		yes := true
		return metav1.OwnerReference{APIVersion: "apps/v1", Kind: kind, Name: name, Controller: &yes}
	}
	scheme := fake.NewTestScheme()
	if err := metav1.AddMetaToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	client := fake.NewSimpleMetadataClient(scheme,
		pod("shop", "web-1", controlled("ReplicaSet", "web")), pod("shop", "web-2", controlled("ReplicaSet", "web")),
		pod("shop", "db-0", controlled("StatefulSet", "db")), pod("bank", "db-0", controlled("StatefulSet", "db")),
		pod("shop", "bare"), pod("shop", "owned", metav1.OwnerReference{APIVersion: "v1", Kind: "Node", Name: "node-1"}),
	)
	got, err := Replicas(context.Background(), client)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"shop/ReplicaSet/web": 2, "shop/StatefulSet/db": 1, "bank/StatefulSet/db": 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
