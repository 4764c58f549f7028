package controller

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

// hold makes sure that an update and its node group, with the ledger, stay
// until what was borrowed is given back. Without a node group nothing is.
func (r *reconciler) hold(ctx context.Context, update *v1alpha1.NodeGroupUpdate, group *v1alpha1.NodeGroup) error {
	if update.Ended() || group == nil {
		return nil
	}
	for _, object := range []client.Object{group, update} {
		if object.GetDeletionTimestamp() != nil || controllerutil.ContainsFinalizer(object, v1alpha1.Finalizer) {
			continue // to what is being deleted none can be added
		}
		if err := r.finalizer(ctx, object, controllerutil.AddFinalizer); err != nil {
			return fmt.Errorf("hold %s: %w", object.GetName(), err)
		}
	}
	return nil
}

// release lets an update that has ended go, and its node group, too, unless
// that is owed something still.
func (r *reconciler) release(ctx context.Context, update *v1alpha1.NodeGroupUpdate, group *v1alpha1.NodeGroup, owed bool) error {
	objects := []client.Object{update}
	if !owed && group != nil {
		objects = append(objects, group)
	}
	for _, object := range objects {
		if err := r.finalizer(ctx, object, controllerutil.RemoveFinalizer); err != nil {
			return fmt.Errorf("let %s go: %w", object.GetName(), err)
		}
	}
	return nil
}

// finalizer adds or removes ours in a patch of what is there now, leaving those
// of others. What is gone is no error.
func (r *reconciler) finalizer(ctx context.Context, object client.Object, change func(client.Object, string) bool) error {
	if err := r.Cluster.Live.Get(ctx, client.ObjectKeyFromObject(object), object); err != nil {
		return client.IgnoreNotFound(err)
	}
	before := object.DeepCopyObject().(client.Object)
	if !change(object, v1alpha1.Finalizer) {
		return nil
	}
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	return client.IgnoreNotFound(r.Cluster.Live.Patch(ctx, object, patch))
}
