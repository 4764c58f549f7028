package workload

import "k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

// readiness returns the test for a kind, nil for kinds that are ready at once.
func readiness(kind string) func(map[string]any) bool {
	return map[string]func(map[string]any) bool{
		"Deployment": func(o map[string]any) bool {
			return number(o, "status", "availableReplicas") == number(o, "spec", "replicas")
		},
		"StatefulSet": func(o map[string]any) bool {
			return number(o, "status", "availableReplicas") == number(o, "spec", "replicas")
		},
		"DaemonSet": func(o map[string]any) bool {
			wanted := number(o, "status", "desiredNumberScheduled")
			return wanted > 0 && number(o, "status", "numberAvailable") == wanted
		},
		"Job": func(o map[string]any) bool {
			return number(o, "status", "ready") > 0 || number(o, "status", "succeeded") > 0
		},
		"Pod": func(o map[string]any) bool {
			phase, _, _ := unstructured.NestedString(o, "status", "phase")
			return phase == "Running"
		},
		// Evictions are refused until the disruption controller has counted the pods.
		"PodDisruptionBudget": func(o map[string]any) bool {
			return number(o, "status", "disruptionsAllowed") > 0
		},
	}[kind]
}

// number is a whole number of an object: the API server's are int64, those of a file
// float64.
func number(o map[string]any, path ...string) int64 {
	value, _, _ := unstructured.NestedFieldNoCopy(o, path...)
	if n, ok := value.(float64); ok {
		return int64(n)
	}
	n, _ := value.(int64)
	return n
}
