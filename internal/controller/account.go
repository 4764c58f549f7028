package controller

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/workqueue"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

const (
	// reporter is who writes the Events.
	reporter = "nodelift.dev/nodelift"
	// noteLimit is the API server's limit of an Event's note, in bytes.
	noteLimit = 1024
	// eventsAtOnce is how many Events are being written at the same time.
	eventsAtOnce = 10
)

// account writes down what a pass did and saw: Events, and the status of the
// node group, which waits for the last of several passes in a row. The upgrade
// goes on without it, so nothing is tried twice.
func (r *reconciler) account(ctx context.Context, update *v1alpha1.NodeGroupUpdate, group *v1alpha1.NodeGroup, result upgrade.Result) error {
	err := r.publishAll(ctx, update, result)
	if asked := result.Record.Update; inHurry(result) || group == nil || asked.Fault != nil || asked.QueuedBehind != "" {
		return err // another update has more to say of the group, or nothing was looked at
	}
	return errors.Join(err, r.report(ctx, update, group, result))
}

// inHurry reports whether the engine wants the next pass at once.
func inHurry(result upgrade.Result) bool {
	return result.After == 0 && !result.Done && !result.Paused
}

// publishAll writes the Events of a pass, some at the same time: a pass over a
// large group has one for each node. They are a microsecond apart, so that whoever
// reads them has them in the engine's order.
func (r *reconciler) publishAll(ctx context.Context, update *v1alpha1.NodeGroupUpdate, result upgrade.Result) error {
	troubles := make([]error, len(result.Events))
	workqueue.ParallelizeUntil(ctx, eventsAtOnce, len(result.Events), func(i int) {
		e := result.Events[i]
		e.Time = e.Time.Add(time.Duration(i) * time.Microsecond)
		troubles[i] = r.publish(ctx, update, result.Record.Run.Phase, e)
	})
	return errors.Join(troubles...)
}

// publish writes one Event, directly: a recorder would drop some of many.
func (r *reconciler) publish(ctx context.Context, update *v1alpha1.NodeGroupUpdate, phase upgrade.Phase, e upgrade.Event) error {
	event := &eventsv1.Event{
		ObjectMeta: metav1.ObjectMeta{
			Namespace:    metav1.NamespaceDefault, // where those of cluster-scoped things are
			GenerateName: update.Name + "-",
		},
		EventTime:           metav1.NewMicroTime(e.Time),
		ReportingController: reporter,
		ReportingInstance:   r.Identity,
		Action:              string(cmp.Or(phase, upgrade.Setup)), // required
		Reason:              e.Reason,
		Note:                shorten(e.Message, noteLimit),
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

// shorten cuts a sentence that is longer than so many bytes, between characters.
func shorten(s string, limit int) string {
	const more = "…"
	if len(s) <= limit {
		return s
	}
	s = s[:limit-len(more)]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return strings.TrimSpace(s) + more
}
