package controller

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// cloudWithin is how long a process that leaves waits for the cloud. It does without, then.
const cloudWithin = 5 * time.Second

// graceful returns a context that ends a grace period after its parent, so that calls in
// flight can finish.
func graceful(parent context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(parent))
	stop := context.AfterFunc(parent, func() { time.AfterFunc(grace, cancel) })
	return ctx, func() { stop(); cancel() }
}

// Leave makes the last passes of a process that ends before its update does, and after which
// nobody works on it: they let Cluster Autoscaler run, and write into the status that nobody
// works. What is stored otherwise stays as it is, so that another process may continue. Only the
// cluster is needed for that; see upgrade.Update.Leaving. It is called after [Run] has returned,
// and makes passes until the result says Paused, nothing more can be done, or ctx ends.
func Leave(ctx context.Context, o Options) (upgrade.Result, error) {
	o.Cloud = leavingCloud(o.Cloud)
	r := newReconciler(o, func() {})
	for {
		result, err := r.leave(ctx)
		if err == nil && hasLeft(result) {
			return result, nil
		}
		pause := r.paces.passed(o.Update, result, 0)
		if err != nil {
			pause = r.paces.failed(o.Update, err)
		}
		select {
		case <-ctx.Done():
			return result, err
		case <-time.After(pause):
		}
	}
}

// hasLeft reports whether another pass would change nothing: only calls that fail are made again.
func hasLeft(result upgrade.Result) bool {
	return result.Paused || result.Done || !wantsNextPass(result) && len(result.Record.Run.FailedCalls) == 0
}

// leave makes one such pass. An update that is gone is left.
func (r *reconciler) leave(ctx context.Context) (upgrade.Result, error) {
	update, group, err := r.subject(ctx, r.Update)
	if apierrors.IsNotFound(err) {
		return upgrade.Result{Done: true}, nil
	}
	var result upgrade.Result
	if err == nil {
		result, err = r.pass(ctx, update, group, leavingRecords{r.records(r.Update, group)})
	}
	if err != nil {
		r.Observe(r.Update, upgrade.Result{}, err)
		return result, err
	}
	r.Observe(r.Update, result, errors.Join(r.publishAll(ctx, update, result), r.reportLeft(ctx, group, result)))
	return result, nil
}

// reportLeft writes into the status of a node group that its update is paused, or that nobody works
// on it. The cloud is not asked.
func (r *reconciler) reportLeft(ctx context.Context, group *v1alpha1.NodeGroup, result upgrade.Result) error {
	if group == nil || !result.Paused || result.Record.Update.QueuedBehind != "" {
		return nil
	}
	before := group.DeepCopy()
	if !meta.SetStatusCondition(&group.Status.Conditions, updating(group, r.Update, result)) {
		return nil
	}
	err := r.Cluster.Live.Status().Patch(ctx, group, client.MergeFrom(before))
	if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("update the status of node group %s: %w", group.Name, err)
	}
	return nil
}

// leavingRecords are the records of a process that leaves its update.
type leavingRecords struct{ upgrade.Records }

func (l leavingRecords) Load(ctx context.Context) (upgrade.Record, error) {
	record, err := l.Records.Load(ctx)
	record.Update.Leaving = true
	return record, err
}

// leavingCloud is a cloud that may be unreachable. Only reading the group fails then, and waits once.
func leavingCloud(reach func(*v1alpha1.NodeGroup) (Cloud, error)) func(*v1alpha1.NodeGroup) (Cloud, error) {
	var unreachable error
	return func(group *v1alpha1.NodeGroup) (Cloud, error) {
		if unreachable != nil {
			return Cloud{Groups: &leavingGroups{err: &unreachable}}, nil
		}
		cloud, err := reach(group)
		unreachable = err
		cloud.Groups = &leavingGroups{cloud.Groups, &unreachable}
		return cloud, nil
	}
}

// leavingGroups reads the group in time or not at all.
type leavingGroups struct {
	upgrade.Groups
	err *error // why it cannot be read, nil while it can
}

func (l *leavingGroups) Group(ctx context.Context, name string, fresh bool) (group upgrade.Group, err error) {
	if *l.err != nil {
		return upgrade.Group{}, *l.err
	}
	ctx, cancel := context.WithTimeout(ctx, cloudWithin)
	defer cancel()
	group, err = l.Groups.Group(ctx, name, fresh)
	if !errors.Is(err, upgrade.ErrNotFound) {
		*l.err = err
	}
	return group, err
}
