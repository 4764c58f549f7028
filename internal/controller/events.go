package controller

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/workqueue"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

const (
	// reporter names Nodelift as the writer of Events.
	reporter = "nodelift.dev/nodelift"
	// noteLimit is the API server's limit of an Event's note, in bytes.
	noteLimit = 1024
	// eventsAtOnce is how many Events are written at the same time.
	eventsAtOnce = 10
)

// reportPass writes down what a pass did and saw: its Events, and the status of the node
// group. Of several passes in a row, only the last one writes the status. The update
// continues if that fails, so nothing is retried.
func (r *reconciler) reportPass(ctx context.Context, update *v1alpha1.NodeGroupUpdate, group *v1alpha1.NodeGroup, result upgrade.Result) error {
	err := r.publishAll(ctx, update, result)
	if asked := result.Record.Update; wantsNextPass(result) || group == nil || asked.Fault != nil || asked.QueuedBehind != "" {
		return err // another update is responsible for the group, or nothing was read
	}
	return errors.Join(err, r.reportGroup(ctx, update, group, result))
}

// wantsNextPass reports whether the engine wants the next pass at once.
func wantsNextPass(result upgrade.Result) bool {
	return result.After == 0 && !result.Done && !result.Paused
}

// publishAll writes the Events of a pass, several at the same time, because a pass over a
// large group has one for each node. Their times are a microsecond apart, so that they are
// read in the engine's order.
func (r *reconciler) publishAll(ctx context.Context, update *v1alpha1.NodeGroupUpdate, result upgrade.Result) error {
	errs := make([]error, len(result.Events))
	workqueue.ParallelizeUntil(ctx, eventsAtOnce, len(result.Events), func(i int) {
		e := result.Events[i]
		e.Time = e.Time.Add(time.Duration(i) * time.Microsecond)
		errs[i] = r.publish(ctx, update, result.Record.Run.Phase, e)
	})
	return errors.Join(errs...)
}

// publish writes one Event, directly: a recorder would drop some if there are many.
func (r *reconciler) publish(ctx context.Context, update *v1alpha1.NodeGroupUpdate, phase upgrade.Phase, e upgrade.Event) error {
	event := &eventsv1.Event{
		ObjectMeta: metav1.ObjectMeta{
			Namespace:    metav1.NamespaceDefault, // where Events of cluster-scoped objects are
			GenerateName: update.Name + "-",
		},
		EventTime:           metav1.NewMicroTime(e.Time),
		ReportingController: reporter,
		ReportingInstance:   r.Identity,
		Action:              string(cmp.Or(phase, upgrade.Setup)), // required
		Reason:              e.Reason,
		Note:                text.Shorten(e.Message, noteLimit),
		Type:                corev1.EventTypeNormal,
		Regarding: corev1.ObjectReference{
			APIVersion: v1alpha1.GroupVersion().String(), Kind: "NodeGroupUpdate", Name: update.Name, UID: update.UID,
		},
	}
	if e.Warning {
		event.Type = corev1.EventTypeWarning
	}
	if e.Node != "" {
		event.Related = &corev1.ObjectReference{APIVersion: "v1", Kind: "Node", Name: e.Node}
	}
	if err := r.Cluster.Live.Create(ctx, event); err != nil {
		return fmt.Errorf("write the Event %s of update %s: %w", e.Reason, update.Name, err)
	}
	return nil
}
