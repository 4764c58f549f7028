package workload

import (
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// An up with a single node has to get ready, too.
func TestSampleFitsOnOneNode(t *testing.T) {
	all, err := manifests()
	if err != nil {
		t.Fatal(err)
	}
	total := resource.MustParse("0")
	for _, o := range all {
		for range replicas(o) {
			total.Add(request(t, o, "cpu"))
		}
	}
	if room := resource.MustParse("3920m"); total.Cmp(room) > 0 {
		t.Errorf("the sample workload asks for %s of CPU, one node has %s", total.String(), room.String())
	}
}

func TestEveryProgramIsWaitedFor(t *testing.T) {
	all, err := manifests()
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range all {
		if readiness(o.GetKind()) == nil && o.GetKind() != "Service" {
			t.Errorf("nothing tells when %s %s is ready", o.GetKind(), o.GetName())
		}
	}
}

func replicas(o *unstructured.Unstructured) int64 {
	if n := number(o.Object, "spec", "replicas"); n > 0 {
		return n
	}
	return 1
}

// request is what one pod of an object asks for.
func request(t *testing.T, o *unstructured.Unstructured, name string) resource.Quantity {
	t.Helper()
	spec := []string{"spec", "template", "spec", "containers"}
	if o.GetKind() == "Pod" {
		spec = []string{"spec", "containers"}
	}
	containers, _, err := unstructured.NestedSlice(o.Object, spec...)
	if err != nil {
		t.Fatal(err)
	}
	total := resource.MustParse("0")
	for _, container := range containers {
		text, _, _ := unstructured.NestedString(container.(map[string]any), "resources", "requests", name)
		total.Add(resource.MustParse(text))
	}
	return total
}
