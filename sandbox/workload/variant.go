package workload

import (
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// None is the name for no workload.
const None = "none"

// Names are the names of the workloads: the sample, the sample with three times
// its pods, the sample with required instead of preferred spreads over zones, and
// None.
func Names() []string { return []string{"sample", "sample-x3", "hard-spread", None} }

// variant changes an object of the sample into that of a workload.
func variant(name string, o *unstructured.Unstructured) {
	switch name {
	case "sample-x3":
		triple(o)
	case "hard-spread":
		harden(o)
	}
}

// triple triples the pods. The number of pods that may be disrupted stays the
// same, so a budget with minAvailable requires all the additional pods.
func triple(o *unstructured.Unstructured) {
	switch n := number(o.Object, "spec", "replicas"); o.GetKind() {
	case "Deployment", "StatefulSet":
		if o.GetNamespace() == "default" {
			set(o, 3*n, "spec", "replicas")
		}
	case "PodDisruptionBudget":
		if needed := number(o.Object, "spec", "minAvailable"); needed > 0 {
			set(o, 3*(needed+1)-1, "spec", "minAvailable") // the sample's spare one
		}
	}
}

// harden makes preferred spreads over zones required (DoNotSchedule).
func harden(o *unstructured.Unstructured) {
	at := []string{"spec", "template", "spec", "topologySpreadConstraints"}
	constraints, found, _ := unstructured.NestedSlice(o.Object, at...)
	if !found {
		return
	}
	for _, c := range constraints {
		c.(map[string]any)["whenUnsatisfiable"] = "DoNotSchedule"
	}
	set(o, constraints, at...)
}

func set(o *unstructured.Unstructured, value any, at ...string) {
	if err := unstructured.SetNestedField(o.Object, value, at...); err != nil {
		panic(err) // only if one of our own files was changed
	}
}

// Exists tells whether there is a workload with that name.
func Exists(name string) bool { return slices.Contains(Names(), name) }
