package kube

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// The annotations on Cluster Autoscaler's Deployment while it is suspended.
const (
	// annotationReplicas is how many replicas the Deployment had before.
	annotationReplicas = "nodelift.dev/autoscaler-replicas"
	// annotationHolders are the node groups for which it is suspended, comma separated.
	annotationHolders = "nodelift.dev/autoscaler-holders"
)

// autoscaler implements upgrade.Autoscaler.
type autoscaler struct {
	watched client.Reader
	live    client.Client
}

func (a *autoscaler) State(ctx context.Context) (upgrade.AutoscalerState, error) {
	deployments, err := findAutoscalers(ctx, a.watched)
	var state upgrade.AutoscalerState
	for _, d := range deployments {
		before, _ := notedReplicas(d) // without them it is not known whether it will run
		state = append(state, upgrade.AutoscalerDeployment{Name: nameOf(d), Replicas: int(replicasOf(d)), SuspendedBy: holdersOf(d), Before: before})
	}
	return state, err
}

// Suspend notes the replicas only if it is running or nobody has suspended it yet: one that
// its owner had scaled to 0 stays at 0 at the end.
func (a *autoscaler) Suspend(ctx context.Context, holder string) error {
	return a.patch(ctx, func(d *appsv1.Deployment) error {
		holders := holdersOf(d)
		if len(holders) == 0 || replicasOf(d) > 0 {
			metav1.SetMetaDataAnnotation(&d.ObjectMeta, annotationReplicas, strconv.Itoa(int(replicasOf(d))))
		}
		if !slices.Contains(holders, holder) {
			holders = append(holders, holder)
		}
		slices.Sort(holders)
		metav1.SetMetaDataAnnotation(&d.ObjectMeta, annotationHolders, strings.Join(holders, ","))
		d.Spec.Replicas = ptr.To[int32](0)
		return nil
	})
}

// Resume restores the replicas that were noted, unless somebody has scaled it up meanwhile:
// that is newer.
func (a *autoscaler) Resume(ctx context.Context, holder string) error {
	return a.patch(ctx, func(d *appsv1.Deployment) error {
		holders := holdersOf(d)
		if !slices.Contains(holders, holder) {
			return nil
		}
		holders = slices.DeleteFunc(holders, func(h string) bool { return h == holder })
		if len(holders) > 0 {
			d.Annotations[annotationHolders] = strings.Join(holders, ",")
			return nil
		}
		return restore(d)
	})
}

// restore gives the Deployment its replicas again and removes our annotations.
func restore(d *appsv1.Deployment) error {
	noted, err := notedReplicas(d)
	if err != nil {
		return fmt.Errorf("the replicas of Cluster Autoscaler (%s/%s) before it was suspended are not known, its annotation %s is %q: scale it by hand, then remove its annotations %s and %s",
			d.Namespace, d.Name, annotationReplicas, d.Annotations[annotationReplicas], annotationReplicas, annotationHolders)
	}
	if replicasOf(d) == 0 {
		d.Spec.Replicas = ptr.To(int32(noted))
	}
	delete(d.Annotations, annotationReplicas)
	delete(d.Annotations, annotationHolders)
	return nil
}

// patch changes each Deployment in one patch that the API server accepts only if nobody has changed it since
// it was read. Without a Deployment it does nothing. If one cannot be changed, the others are.
func (a *autoscaler) patch(ctx context.Context, change func(*appsv1.Deployment) error) error {
	deployments, err := findAutoscalers(ctx, a.watched)
	for _, d := range deployments {
		err = errors.Join(err, a.patchOne(ctx, client.ObjectKeyFromObject(d), change))
	}
	return err
}

func (a *autoscaler) patchOne(ctx context.Context, key client.ObjectKey, change func(*appsv1.Deployment) error) (err error) {
	for range patchTries {
		if err = a.try(ctx, key, change); !apierrors.IsConflict(err) {
			break
		}
	}
	return explain(err, "patch deployments/%s in namespace %s", key.Name, key.Namespace)
}

func (a *autoscaler) try(ctx context.Context, key client.ObjectKey, change func(*appsv1.Deployment) error) error {
	var deployment appsv1.Deployment
	if err := a.live.Get(ctx, key, &deployment); err != nil {
		return client.IgnoreNotFound(err)
	}
	before := deployment.DeepCopy()
	if err := change(&deployment); err != nil {
		return err
	}
	return a.live.Patch(ctx, &deployment, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
}

// notedReplicas are the replicas from before it was suspended.
func notedReplicas(d *appsv1.Deployment) (int, error) {
	n, err := strconv.ParseInt(d.Annotations[annotationReplicas], 10, 32)
	return int(n), err
}

func replicasOf(d *appsv1.Deployment) int32 { return ptr.Deref(d.Spec.Replicas, 1) }

func holdersOf(d *appsv1.Deployment) []string {
	return strings.FieldsFunc(d.Annotations[annotationHolders], func(r rune) bool { return r == ',' })
}
