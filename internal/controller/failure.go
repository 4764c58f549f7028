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
	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

const (
	// failureInterval is the least time between two reports of passes that could not be
	// made.
	failureInterval = time.Minute
	// conditionLimit is the API server's limit of a condition's message, in bytes.
	conditionLimit = 32768
)

// reportFailure says why no pass over an update can be made, once for each reason. Without
// it, people would see that nothing happens, and no reason.
func (r *reconciler) reportFailure(ctx context.Context, update *v1alpha1.NodeGroupUpdate, why error) {
	passing := errors.Is(why, upgrade.ErrConflict) || errors.Is(why, upgrade.ErrFenced) || errors.Is(why, upgrade.ErrCredentialsChanged)
	if update == nil || passing || ctx.Err() != nil || why.Error() == r.lastFailure || time.Since(r.failureReported) < failureInterval {
		return
	}
	r.lastFailure, r.failureReported = why.Error(), time.Now()
	_ = ReportFailure(ctx, r.Cluster.Live, r.Identity, update, why) // if that fails, too, Observe was told
}

// ReportFailure says why nothing can be done for an update now: in an Event, for people who
// watch it, and in its status, for people who list it. The next pass replaces the latter.
func ReportFailure(ctx context.Context, live client.Client, identity string, update *v1alpha1.NodeGroupUpdate, why error) error {
	r := reconciler{Options: Options{Cluster: Cluster{Live: live}, Identity: identity}}
	message := why.Error() + " (retrying)"
	return errors.Join(
		r.publish(ctx, update, upgrade.Phase(update.Status.Phase), upgrade.Event{
			Time: time.Now(), Warning: true, Reason: "NothingDone", Message: message,
		}),
		r.writeFailure(ctx, update, message))
}

// writeFailure writes into the status of an update that has not ended why nothing is done
// for it.
func (r *reconciler) writeFailure(ctx context.Context, update *v1alpha1.NodeGroupUpdate, message string) error {
	fresh := &v1alpha1.NodeGroupUpdate{}
	if err := r.Cluster.Live.Get(ctx, client.ObjectKeyFromObject(update), fresh); err != nil || fresh.Ended() {
		return client.IgnoreNotFound(err)
	}
	changed := meta.SetStatusCondition(&fresh.Status.Conditions, metav1.Condition{
		Type: v1alpha1.ConditionProgressing, Status: metav1.ConditionUnknown, Reason: "NoPass",
		Message: text.Shorten(message, conditionLimit), ObservedGeneration: fresh.Generation,
	})
	if !changed && fresh.Status.Message == message {
		return nil
	}
	fresh.Status.Message = message
	if err := r.Cluster.Live.Status().Update(ctx, fresh); err != nil && !apierrors.IsConflict(err) { // on a conflict a pass was made
		return fmt.Errorf("write why nothing is done for update %s: %w", update.Name, err)
	}
	return nil
}
