package controller

import (
	"context"
	"fmt"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// QueuedError says that another update of the same node group is worked on first.
type QueuedError struct{ Update, First string }

func (e QueuedError) Error() string {
	return fmt.Sprintf("update %s begins when update %s of the same node group has ended; 'nodelift resume update %[2]s' continues that one, 'nodelift cancel update %[2]s' cancels it", e.Update, e.First)
}

// isQueued reports whether an update is waiting for another one, and its status says so.
func isQueued(result upgrade.Result) bool {
	return result.Record.Update.QueuedBehind != "" && !result.Done && !wantsNextPass(result)
}

// reportQueued makes the updates that are waiting for this one say so, once each: it may
// take hours until somebody works on them.
func (r *reconciler) reportQueued(ctx context.Context, group *v1alpha1.NodeGroup) {
	var all v1alpha1.NodeGroupUpdateList
	if group == nil || r.Cluster.Cache.List(ctx, &all) != nil {
		return
	}
	for i := range all.Items {
		u := &all.Items[i]
		if u.Spec.NodeGroup != group.Name || u.Name == r.Update || u.Ended() || u.Status.Message != "" {
			continue
		}
		r.reportQueuedUpdate(ctx, u, group)
	}
}

// reportQueuedUpdate makes the passes that start an update and end in its wait.
func (r *reconciler) reportQueuedUpdate(ctx context.Context, update *v1alpha1.NodeGroupUpdate, group *v1alpha1.NodeGroup) {
	for range 2 {
		result, err := r.pass(ctx, update, group, queuedRecords{r.Cluster.Records(update.Name)})
		if err != nil { // the next pass tries again
			return
		}
		_ = r.publishAll(ctx, update, result) // the update continues without its Events
	}
}

// queuedRecords are the records of an update over which a pass is made only to say that it
// is waiting.
type queuedRecords struct{ upgrade.Records }

func (w queuedRecords) Load(ctx context.Context) (upgrade.Record, error) {
	record, err := w.Records.Load(ctx)
	if err == nil && record.Update.QueuedBehind == "" {
		return record, fmt.Errorf("update %s is no longer waiting: %w", record.Update.Name, upgrade.ErrConflict)
	}
	return record, err
}

// records returns the records of an update. Without a node group they are orphanRecords.
func (r *reconciler) records(update string, group *v1alpha1.NodeGroup) upgrade.Records {
	if group == nil {
		return orphanRecords{r.Cluster.Records(update)}
	}
	return r.Cluster.Records(update)
}

// orphanRecords are the records of an update whose node group did not exist a moment ago,
// so there is no cloud for a pass. If it exists by now, the next pass is the first.
type orphanRecords struct{ upgrade.Records }

func (o orphanRecords) Load(ctx context.Context) (upgrade.Record, error) {
	record, err := o.Records.Load(ctx)
	if err == nil && record.Update.Fault == nil {
		return record, fmt.Errorf("node group %s was created only now: %w", record.Update.NodeGroup, upgrade.ErrConflict)
	}
	return record, err
}
