package workload

import (
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// A sandbox with a single node must become ready, too.
func TestSampleFitsOnOneNode(t *testing.T) {
	all, err := manifests("sample")
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

// The variants differ only in what their names say.
func TestVariants(t *testing.T) {
	pods, spared, hard := map[string]int64{}, map[string]int64{}, map[string]int{}
	for _, name := range Names() {
		all, err := manifests(name)
		if err != nil {
			t.Fatal(err)
		}
		replicas := map[string]int64{}
		for _, o := range all {
			replicas[o.GetName()] = max(replicas[o.GetName()], number(o.Object, "spec", "replicas"))
		}
		for _, o := range all {
			pods[name] += number(o.Object, "spec", "replicas")
			switch needed := number(o.Object, "spec", "minAvailable"); {
			case needed > 0:
				spared[name] += replicas[o.GetName()] - needed
			case o.GetKind() == "PodDisruptionBudget":
				spared[name] += number(o.Object, "spec", "maxUnavailable")
			}
			constraints, _, _ := unstructured.NestedSlice(o.Object, "spec", "template", "spec", "topologySpreadConstraints")
			for _, c := range constraints {
				if c.(map[string]any)["whenUnsatisfiable"] == "DoNotSchedule" {
					hard[name]++
				}
			}
		}
	}
	if pods["sample-x3"]-1 != 3*(pods["sample"]-1) || pods["hard-spread"] != pods["sample"] { // there is one autoscaler
		t.Errorf("replicas: %v", pods)
	}
	if spared["sample"] != 3 || spared["sample-x3"] != 3 || spared["hard-spread"] != 3 {
		t.Errorf("pods that the budgets allow to be disrupted: %v", spared)
	}
	if hard["hard-spread"] != 2 || hard["sample"]+hard["sample-x3"] != 0 {
		t.Errorf("hard spreads: %v", hard)
	}
}

func TestEveryProgramIsWaitedFor(t *testing.T) {
	all, err := manifests("sample")
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range all {
		if readiness(o.GetKind()) == nil && o.GetKind() != "Service" {
			t.Errorf("there is no readiness test for %s %s", o.GetKind(), o.GetName())
		}
	}
}

func replicas(o *unstructured.Unstructured) int64 {
	if n := number(o.Object, "spec", "replicas"); n > 0 {
		return n
	}
	return 1
}

// request is the CPU that one pod of an object requests.
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
