package controller

import (
	"context"
	"fmt"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// BehindError says that another update of the same node group goes first.
type BehindError struct{ Update, First string }

func (e BehindError) Error() string {
	return fmt.Sprintf("update %s begins when update %s of the same node group has ended; 'nodelift resume update %[2]s' continues that one, 'nodelift cancel update %[2]s' cancels it", e.Update, e.First)
}

// isBehind reports whether an update waits for another one, and has said so.
func isBehind(result upgrade.Result) bool {
	return result.Record.Update.QueuedBehind != "" && !result.Done && !inHurry(result)
}

// tellBehind has the updates of the node group that wait for this one say so, once: it
// may be hours until somebody works on them.
func (r *reconciler) tellBehind(ctx context.Context, group *v1alpha1.NodeGroup) {
	select {
	case <-r.Halt: // only this process stands still, and the others do not
		return
	default:
	}
	var all v1alpha1.NodeGroupUpdateList
	if group == nil || r.Cluster.Cache.List(ctx, &all) != nil {
		return
	}
	for i := range all.Items {
		u := &all.Items[i]
		if u.Spec.NodeGroup != group.Name || u.Name == r.Update || u.Ended() || u.Status.Message != "" {
			continue
		}
		r.tellTurn(ctx, u, group)
	}
}

// tellTurn makes the passes that begin an update as far as its wait.
func (r *reconciler) tellTurn(ctx context.Context, update *v1alpha1.NodeGroupUpdate, group *v1alpha1.NodeGroup) {
	for range 2 {
		result, err := r.pass(ctx, update, group, waiting{r.Cluster.Records(update.Name)})
		if err != nil { // it is told after the next pass
			return
		}
		_ = r.publishAll(ctx, update, result) // an account, without which its work goes on
	}
}

// waiting are the records of an update that is looked at only to say that it waits.
type waiting struct{ upgrade.Records }

func (w waiting) Load(ctx context.Context) (upgrade.Record, error) {
	record, err := w.Records.Load(ctx)
	if err == nil && record.Update.QueuedBehind == "" {
		return record, fmt.Errorf("update %s does not wait any more: %w", record.Update.Name, upgrade.ErrConflict)
	}
	return record, err
}

// records are those of an update whose node group is this one, nil if there is none.
func (r *reconciler) records(update string, group *v1alpha1.NodeGroup) upgrade.Records {
	if group == nil {
		return orphaned{r.Cluster.Records(update)}
	}
	return r.Cluster.Records(update)
}

// orphaned are the records of an update whose node group was not there a moment ago,
// so that there is no cloud to look at. One that has come since is for the next pass.
type orphaned struct{ upgrade.Records }

func (o orphaned) Load(ctx context.Context) (upgrade.Record, error) {
	record, err := o.Records.Load(ctx)
	if err == nil && record.Update.Fault == nil {
		return record, fmt.Errorf("node group %s has come only now: %w", record.Update.NodeGroup, upgrade.ErrConflict)
	}
	return record, err
}
