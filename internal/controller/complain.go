package controller

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

const (
	// complainEvery is how often people are told of passes that cannot be made.
	complainEvery = time.Minute
	// conditionLimit is the API's limit of a condition's message, in bytes.
	conditionLimit = 32768
)

// complain says why no pass over an update can be made, once for each reason: whoever
// looks at it from elsewhere would see nothing happen and no reason.
func (r *reconciler) complain(ctx context.Context, update *v1alpha1.NodeGroupUpdate, why error) {
	passing := errors.Is(why, upgrade.ErrConflict) || errors.Is(why, upgrade.ErrFenced)
	if update == nil || passing || ctx.Err() != nil || why.Error() == r.complaint || time.Since(r.complained) < complainEvery {
		return
	}
	r.complaint, r.complained = why.Error(), time.Now()
	_ = Complain(ctx, r.Cluster.Live, r.Identity, update, why) // where that cannot be written either, it is observed
}

// Complain says why nothing can be done for an update now: in an Event, for who watches
// it, and in its status, for who lists it. The next pass that is made takes the latter
// back.
func Complain(ctx context.Context, live client.Client, identity string, update *v1alpha1.NodeGroupUpdate, why error) error {
	r := reconciler{Options: Options{Cluster: Cluster{Live: live}, Identity: identity}}
	message := why.Error() + " (retrying)"
	return errors.Join(
		r.publish(ctx, update, upgrade.Phase(update.Status.Phase), upgrade.Event{
			Time: time.Now(), Warning: true, Reason: "NothingDone", Message: message,
		}),
		r.writeDown(ctx, update, message))
}

// writeDown writes into the status of an update that has not ended why nothing is done.
func (r *reconciler) writeDown(ctx context.Context, update *v1alpha1.NodeGroupUpdate, message string) error {
	fresh := &v1alpha1.NodeGroupUpdate{}
	if err := r.Cluster.Live.Get(ctx, client.ObjectKeyFromObject(update), fresh); err != nil || fresh.Ended() {
		return client.IgnoreNotFound(err)
	}
	changed := meta.SetStatusCondition(&fresh.Status.Conditions, metav1.Condition{
		Type: v1alpha1.ConditionProgressing, Status: metav1.ConditionUnknown, Reason: "NoPass",
		Message: shorten(message, conditionLimit), ObservedGeneration: fresh.Generation,
	})
	if !changed && fresh.Status.Message == message {
		return nil
	}
	fresh.Status.Message = message
	if err := r.Cluster.Live.Status().Update(ctx, fresh); err != nil && !apierrors.IsConflict(err) { // else a pass was made
		return fmt.Errorf("write down why nothing is done for update %s: %w", update.Name, err)
	}
	return nil
}
