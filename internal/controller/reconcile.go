package controller

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/engine"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// reconciler makes the passes.
type reconciler struct {
	Options
	paces paces
	end   context.CancelFunc // ends the work; last and err are its outcome
	last  upgrade.Result
	err   error
	// Why passes could not be made, as last reported, and when.
	passed          time.Time // when the last pass ended without an error
	lastFailure     string
	failureReported time.Time
}

func newReconciler(o Options, end context.CancelFunc) *reconciler {
	if o.Observe == nil {
		o.Observe = func(string, upgrade.Result, error) {}
	}
	if o.Grace == 0 {
		o.Grace = usualGrace
	}
	return &reconciler{Options: o, end: end}
}

// Reconcile makes one pass over an update, unless it is too early for it.
func (r *reconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	if ctx.Err() != nil {
		return reconcile.Result{}, nil
	}
	name := request.Name
	if early := r.paces.early(name); early > 0 {
		return reconcile.Result{RequeueAfter: early}, nil
	}
	ctx, cancel := graceful(ctx, r.Grace)
	defer cancel()
	began := time.Now()
	result, err := r.visit(ctx, name)
	switch {
	case err != nil:
		return reconcile.Result{RequeueAfter: r.paces.failed(name, err)}, nil
	case result.Done, r.left(result):
		r.paces.forget(name)
		return reconcile.Result{}, nil
	default:
		return reconcile.Result{RequeueAfter: r.paces.passed(name, result, time.Since(began))}, nil
	}
}

// visit makes the pass, reports it, and concludes an update that has ended. Every error is
// passed to Observe here; the one that is returned only says that the pass has to be made
// again.
func (r *reconciler) visit(ctx context.Context, name string) (upgrade.Result, error) {
	update, group, err := r.subject(ctx, name)
	if apierrors.IsNotFound(err) {
		return r.gone(err), nil
	}
	if err == nil {
		err = r.addFinalizers(ctx, update, group)
	}
	var result upgrade.Result
	if err == nil {
		result, err = r.pass(ctx, update, group, r.records(name, group))
	}
	if err != nil {
		r.Observe(name, upgrade.Result{}, err)
		r.reportFailure(ctx, update, err)
		return result, err
	}
	r.lastFailure = ""
	r.Observe(name, result, r.reportPass(ctx, update, group, result))
	if !wantsNextPass(result) {
		r.reportQueued(ctx, group)
	}
	return result, r.conclude(ctx, update, group, result)
}

// subject returns an update and its node group, nil if that does not exist. It reads the
// watch, and the API server if the watch is behind.
func (r *reconciler) subject(ctx context.Context, name string) (*v1alpha1.NodeGroupUpdate, *v1alpha1.NodeGroup, error) {
	update, group := &v1alpha1.NodeGroupUpdate{}, &v1alpha1.NodeGroup{}
	if err := r.get(ctx, name, update); err != nil {
		return nil, nil, fmt.Errorf("get update %s: %w", name, err)
	}
	err := r.get(ctx, update.Spec.NodeGroup, group)
	if apierrors.IsNotFound(err) {
		return update, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("get node group %s of update %s: %w", update.Spec.NodeGroup, name, err)
	}
	return update, group, nil
}

func (r *reconciler) get(ctx context.Context, name string, into client.Object) error {
	key := client.ObjectKey{Name: name}
	err := r.Cluster.Cache.Get(ctx, key, into)
	if apierrors.IsNotFound(err) {
		return r.Cluster.Live.Get(ctx, key, into)
	}
	return err
}

// gone ends the work on an update that does not exist.
func (r *reconciler) gone(err error) upgrade.Result {
	r.err = err
	r.end()
	return upgrade.Result{Done: true}
}

// pass makes one pass of the engine. That an update is paused is saved even if the engine
// had nothing to save: it may be long until the next pass.
func (r *reconciler) pass(ctx context.Context, update *v1alpha1.NodeGroupUpdate, group *v1alpha1.NodeGroup, records upgrade.Records) (result upgrade.Result, err error) {
	defer recoverPanic(&err)
	cloud, err := r.cloudOf(group)
	if err != nil {
		return upgrade.Result{}, err
	}
	result, err = engine.Pass(ctx, upgrade.World{
		Groups:     cloud.Groups,
		WarmPools:  cloud.WarmPools,
		Identity:   cloud.Identity,
		Activities: cloud.Activities,
		Templates:  cloud.Templates,
		Images:     cloud.Images,
		Nodes:      r.Cluster.Nodes,
		Pods:       r.Cluster.Pods,
		Autoscaler: r.Cluster.Autoscaler,
		Workloads:  r.Cluster.Workloads,
		Records:    records,
		Parallel:   r.Cluster.Parallel,
		Check:      r.checks(update, group),
		Now:        time.Now,
		Passed:     r.passed,
	})
	if err == nil {
		r.passed = time.Now()
	}
	if err == nil && result.Paused {
		result.Record, err = records.SaveRun(ctx, result.Record)
	}
	return result, err
}

// cloudOf returns the cloud of a node group. Without a node group, the engine asks the
// cloud nothing.
func (r *reconciler) cloudOf(group *v1alpha1.NodeGroup) (Cloud, error) {
	if group == nil {
		return Cloud{}, nil
	}
	cloud, err := r.Cloud(group)
	if err != nil {
		return cloud, fmt.Errorf("connect to the cloud of node group %s: %w", group.Name, err)
	}
	return cloud, nil
}

// checks returns Options.Check for one update.
func (r *reconciler) checks(update *v1alpha1.NodeGroupUpdate, group *v1alpha1.NodeGroup) func(context.Context) ([]upgrade.Error, error) {
	if r.Check == nil {
		return nil
	}
	return func(ctx context.Context) ([]upgrade.Error, error) { return r.Check(ctx, update, group) }
}

// conclude removes the finalizers of an update that has ended, and ends the work on an
// update that has ended or is left.
func (r *reconciler) conclude(ctx context.Context, update *v1alpha1.NodeGroupUpdate, group *v1alpha1.NodeGroup, result upgrade.Result) error {
	if result.Done {
		if err := r.removeFinalizers(ctx, update, group, result.Record.Ledger.Owes()); err != nil {
			r.Observe(update.Name, result, err)
			return err
		}
	}
	r.last = result
	if isQueued(result) {
		r.err = QueuedError{Update: update.Name, First: result.Record.Update.QueuedBehind}
	}
	if result.Done || r.left(result) {
		r.end()
	}
	return nil
}

// left reports whether this process is to stop working on an update that is paused or
// queued.
func (r *reconciler) left(result upgrade.Result) bool {
	if isQueued(result) { // the update in front of it may need this process, or its Lease
		return true
	}
	return result.Paused && r.UntilPaused
}
