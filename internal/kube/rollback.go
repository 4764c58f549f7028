package kube

import (
	"context"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// RollbackOf returns the update that rolls another one back, with the same settings. It
// uses LEAN instead of DEFAULT, because DEFAULT would launch nodes only to remove them
// again at the end; but not if there are fewer nodes than zones, where LEAN may leave a
// zone without a node.
func RollbackOf(update *v1alpha1.NodeGroupUpdate) *v1alpha1.NodeGroupUpdate {
	back := &v1alpha1.NodeGroupUpdate{Spec: *update.Spec.DeepCopy()}
	back.Name = update.Name + "-rollback"
	back.Spec.Target, back.Spec.RollbackOf = nil, update.Name
	back.Spec.Paused, back.Spec.Cancelled, back.Spec.RestoreTemplate = false, false, false
	back.Spec.RollbackOnFailure, back.Spec.AcceptedStops = new(bool), 0
	base := update.Status.Baseline
	if update.Status.Strategy == string(v1alpha1.StrategyDefault) && base != nil && base.Nodes >= base.Zones {
		back.Spec.Strategy, back.Spec.NodeOrder = v1alpha1.StrategyLean, v1alpha1.NodeOrderRandom
	}
	return back
}

// RollBack creates the update that rolls another one back, or returns the existing one.
func (c *Cluster) RollBack(ctx context.Context, update *v1alpha1.NodeGroupUpdate) (*v1alpha1.NodeGroupUpdate, error) {
	back := RollbackOf(update)
	c.sign(ctx, back)
	return rollBack(ctx, c.live, back)
}

func rollBack(ctx context.Context, live client.Client, back *v1alpha1.NodeGroupUpdate) (*v1alpha1.NodeGroupUpdate, error) {
	controllerutil.AddFinalizer(back, v1alpha1.Finalizer)
	err := live.Create(ctx, back)
	if apierrors.IsAlreadyExists(err) {
		err = live.Get(ctx, client.ObjectKeyFromObject(back), back)
	}
	return back, explainCreate(ctx, live, err, "create nodegroupupdates/%s", back.Name)
}

// RollBack implements [upgrade.Records].
func (r *records) RollBack(ctx context.Context) error {
	if r.update == nil {
		return upgrade.ErrConflict
	}
	back := RollbackOf(r.update)
	by := "rollbackOnFailure"
	if v := r.update.Status.Verdict; v != nil && len(v.Errors) > 0 && strings.HasPrefix(v.Errors[0].Message, upgrade.BadHealth) {
		by = "onBadHealth"
	}
	metav1.SetMetaDataAnnotation(&back.ObjectMeta, v1alpha1.AnnotationBy, by)
	_, err := rollBack(ctx, r.live, back)
	return err
}

// rolledBackBy is the oldest of the other updates of the node group that rolls this one
// back, "" if none does. One whose settings are inconsistent does not count, because it
// could not take over.
func (r *records) rolledBackBy(others []v1alpha1.NodeGroupUpdate) string {
	if r.update.Spec.Scaling != nil { // which is not rolled back, so it does not hand over
		return ""
	}
	return firstOf(others, func(u *v1alpha1.NodeGroupUpdate) bool {
		return u.Spec.RollbackOf == r.name && toUpdate(u, r.group).Fault == nil
	})
}

// firstOf returns the name of the oldest update for which is holds, "" if there is none.
func firstOf(updates []v1alpha1.NodeGroupUpdate, is func(*v1alpha1.NodeGroupUpdate) bool) string {
	var first *v1alpha1.NodeGroupUpdate
	for i := range updates {
		if u := &updates[i]; is(u) && (first == nil || v1alpha1.Older(u, first)) {
			first = u
		}
	}
	if first == nil {
		return ""
	}
	return first.Name
}

// rollback is what this update rolls back, nil if nothing. What is remembered of the other
// update is read until this one has written it down itself.
func (r *records) rollback(ctx context.Context) (*upgrade.Rollback, error) {
	if r.update.Spec.RollbackOf == "" {
		return nil, nil
	}
	back := &upgrade.Rollback{Of: r.update.Spec.RollbackOf, Ended: true}
	if r.update.Status.Resolved != nil {
		return back, nil
	}
	var undone v1alpha1.NodeGroupUpdate
	err := r.live.Get(ctx, client.ObjectKey{Name: back.Of}, &undone)
	if apierrors.IsNotFound(err) || err == nil && undone.Spec.NodeGroup != r.update.Spec.NodeGroup {
		return back, nil
	}
	back.Ended, back.Scaling = undone.Ended(), undone.Spec.Scaling != nil
	back.Undone, back.Measured = ifSet(undone.Status.Resolved, toResolved), ifSet(undone.Status.Baseline, toBaseline)
	back.WithoutNode = each(undone.Status.WithoutNode, toWithoutNode)
	return back, explain(err, "get nodegroupupdates/%s", back.Of)
}
