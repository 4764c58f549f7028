package preflight

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/metadata"
)

// podsPerPage limits how many pods of a large cluster are in memory at the same time.
const podsPerPage = 1000

// WorkloadID names a workload: namespace/Kind/name. owner is Kind/name, as in upgrade.Pod.
func WorkloadID(namespace, owner string) string { return namespace + "/" + owner }

// Replicas counts the pods of each workload in the cluster that have not finished, by
// WorkloadID. It reads only metadata, and needs no permission except to list pods; reading
// the replicas of each kind of controller would need more.
func Replicas(ctx context.Context, client metadata.Interface) (map[string]int, error) {
	count := map[string]int{}
	options := metav1.ListOptions{Limit: podsPerPage, FieldSelector: "status.phase!=Succeeded,status.phase!=Failed"}
	for {
		page, err := client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "pods"}).List(ctx, options)
		if err != nil {
			return nil, fmt.Errorf("count the pods of each workload: %w", err)
		}
		for i := range page.Items {
			if owner := metav1.GetControllerOf(&page.Items[i]); owner != nil {
				count[WorkloadID(page.Items[i].Namespace, owner.Kind+"/"+owner.Name)]++
			}
		}
		if options.Continue = page.Continue; options.Continue == "" {
			return count, nil
		}
	}
}
