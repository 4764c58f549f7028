package workload

import (
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// None is the name of no workload at all.
const None = "none"

// Names are those of the workloads that there are, None among them: the sample, with
// three times its pods, and with zones that have to be even where the sample would
// rather have them so.
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

// triple triples the pods. As many of them may be away as before: a budget that asks
// for a number of pods asks for what that leaves.
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

// harden makes a spread over zones that pods prefer one that they insist on.
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
		panic(err) // our own files have another shape
	}
}

// Exists reports whether there is a workload of a name.
func Exists(name string) bool { return slices.Contains(Names(), name) }
