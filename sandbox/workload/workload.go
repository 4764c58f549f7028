// Package workload applies the sample workload, or a variant of it, to a cluster
// and waits until it is ready.
//
// Each file in sample/ holds one program. Together they are examples of what an
// upgrade meets: budgets of both kinds, a StatefulSet, a DaemonSet, a Job that
// loses its work when it is evicted, a pod without a controller, Cluster
// Autoscaler. All of it fits on one node, and takes a third of three nodes.
package workload

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
)

//go:embed sample/*.yaml
var sample embed.FS

// Workload is a set of objects in a cluster.
type Workload struct{ objects []object }

// object is one of them, with the client for its kind.
type object struct {
	client   dynamic.ResourceInterface
	manifest *unstructured.Unstructured
}

func (o object) String() string {
	return strings.ToLower(o.manifest.GetKind()) + "/" + o.manifest.GetName()
}

// Apply creates the objects of a workload. Applying it again changes nothing.
func Apply(ctx context.Context, conf *rest.Config, name string) (*Workload, error) {
	manifests, err := manifests(name)
	if err != nil {
		return nil, fmt.Errorf("read the sample workload: %w", err)
	}
	bind, err := binder(conf)
	if err != nil {
		return nil, fmt.Errorf("apply the workload: %w", err)
	}
	w := &Workload{}
	for _, manifest := range manifests {
		o, err := bind(manifest)
		if err == nil {
			_, err = o.client.Apply(ctx, manifest.GetName(), manifest, metav1.ApplyOptions{FieldManager: "nodelift-sandbox", Force: true})
		}
		if err != nil {
			return nil, fmt.Errorf("apply %s: %w", o, err)
		}
		w.objects = append(w.objects, o)
	}
	return w, nil
}

// Wait returns when every object is ready. After patience it returns an error that
// names the objects that are not.
func (w *Workload) Wait(ctx context.Context, patience time.Duration) error {
	var missing []string
	err := wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		var err error
		missing, err = w.missing(ctx)
		return len(missing) == 0, err
	})
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return fmt.Errorf("the workload was not ready after %s: %s; kubectl get events -A says why", patience, strings.Join(missing, ", "))
	}
	return err
}

func (w *Workload) missing(ctx context.Context) ([]string, error) {
	var missing []string
	for _, o := range w.objects {
		ready := readiness(o.manifest.GetKind())
		if ready == nil {
			continue
		}
		now, err := o.client.Get(ctx, o.manifest.GetName(), metav1.GetOptions{})
		if err != nil {
			return nil, err
		}
		if !ready(now.Object) {
			missing = append(missing, o.String())
		}
	}
	return missing, nil
}
