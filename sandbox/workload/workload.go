// Package workload puts the sample workload, or a variant of it, into a cluster and
// waits for it.
//
// The files in sample/ hold one program each, and together a bit of everything
// that an upgrade meets: budgets of both kinds, pods with names, a pod on every
// node, a job that loses its work, a pod that nobody brings back, an autoscaler.
// All of it fits on one node, and fills a third of three.
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

// Apply puts a workload into the cluster. Doing it again is harmless.
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

// Wait returns when everything is available, or says what is not when patience
// is over.
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
