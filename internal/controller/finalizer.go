package controller

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

// addFinalizers makes sure that an update and its node group, which has the ledger, exist
// until everything that was borrowed is restored. Without a node group nothing is borrowed. An update
// that has ended gets none, nor does its group: nobody would remove them. The watch may not show its
// end yet, so what has to be added is decided by the update as it is now.
func (r *reconciler) addFinalizers(ctx context.Context, update *v1alpha1.NodeGroupUpdate, group *v1alpha1.NodeGroup) error {
	if update.Ended() || group == nil || !lacksFinalizer(update) && !lacksFinalizer(group) {
		return nil
	}
	if err := r.Cluster.Live.Get(ctx, client.ObjectKeyFromObject(update), update); err != nil || update.Ended() {
		return client.IgnoreNotFound(err)
	}
	for _, object := range []client.Object{update, group} {
		if !lacksFinalizer(object) {
			continue
		}
		if err := r.finalizer(ctx, object, addUnlessEnded); err != nil {
			return fmt.Errorf("add the finalizer to %s: %w", object.GetName(), err)
		}
	}
	return nil
}

// lacksFinalizer reports whether an object can be given our finalizer. One that is being deleted
// accepts none.
func lacksFinalizer(object client.Object) bool {
	return object.GetDeletionTimestamp() == nil && !controllerutil.ContainsFinalizer(object, v1alpha1.Finalizer)
}

func addUnlessEnded(object client.Object, finalizer string) bool {
	if update, ok := object.(*v1alpha1.NodeGroupUpdate); ok && update.Ended() {
		return false
	}
	return controllerutil.AddFinalizer(object, finalizer)
}

// removeFinalizers lets the cluster delete an update that has ended, and its node group if
// that is owed nothing. The update comes last: whoever finds its finalizer continues here.
func (r *reconciler) removeFinalizers(ctx context.Context, update *v1alpha1.NodeGroupUpdate, group *v1alpha1.NodeGroup, owed bool) error {
	var objects []client.Object
	if !owed && group != nil {
		objects = append(objects, group)
	}
	for _, object := range append(objects, update) {
		if err := r.finalizer(ctx, object, controllerutil.RemoveFinalizer); err != nil {
			return fmt.Errorf("remove the finalizer from %s: %w", object.GetName(), err)
		}
	}
	return nil
}

// finalizer adds or removes our finalizer in a patch of the object as it is now, and leaves
// other finalizers alone. An object that is gone is not an error.
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
