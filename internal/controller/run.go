package controller

import (
	"context"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	toolscache "k8s.io/client-go/tools/cache"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

const (
	// syncTimeout is how long the watches may take to begin.
	syncTimeout = time.Minute
	// usualGrace is how long the calls under way may take after the context
	// has ended.
	usualGrace = 20 * time.Second
)

// Cloud is the engine's side of the cloud, for the groups of one region.
type Cloud struct {
	Groups     upgrade.Groups
	Activities upgrade.Activities
	Templates  upgrade.Templates
	Images     upgrade.Images
}

// Cluster is the engine's side of the cluster.
type Cluster struct {
	Nodes      upgrade.Nodes
	Pods       upgrade.Pods
	Autoscaler upgrade.Autoscaler
	Workloads  upgrade.Workloads
	// Parallel makes calls about several nodes at the same time; see upgrade.World.
	Parallel func(n int, call func(int))
	// Records keeps the record of one update, by name.
	Records func(update string) upgrade.Records
	// Cache is watched for changes. Its owner starts it.
	Cache cache.Cache
	// Live reads and writes at the API server.
	Live client.Client
}

// Options is what a controller works with.
type Options struct {
	// Update is the name of the update to work on.
	Update string
	// Cloud returns the cloud of a node group, by its region.
	Cloud   func(*v1alpha1.NodeGroup) (Cloud, error)
	Cluster Cluster
	// Check says what speaks against beginning an update, for one that anybody may
	// have written: nothing is changed before it was asked. It may be nil where
	// somebody has asked before.
	Check func(context.Context, *v1alpha1.NodeGroupUpdate, *v1alpha1.NodeGroup) ([]upgrade.Error, error)
	// Identity names this process in Events, in at most 128 characters.
	Identity string
	// Observe is told of every pass: its result, or why there was none, or
	// both when only the account of it could not be written.
	// [upgrade.ErrConflict] is no trouble: the next pass looks again. It may
	// be nil.
	Observe func(update string, result upgrade.Result, err error)
	// Halt is closed to make the update stand still in this process only: its
	// result then says Halted. It may be nil.
	Halt <-chan struct{}
	// UntilStill ends the work on the update when it stands still because
	// somebody has paused it. Else it is waited for until it goes on.
	UntilStill bool
	// Grace is how long the calls under way may take after the context has
	// ended; 20 s if zero.
	Grace time.Duration
}

// Run works on an update until ctx ends, until it is done or, after Halt was closed
// or with UntilStill, stands still. It returns the result of the last pass, which is
// neither Done nor Halted if ctx ended first. It is an error if the update does not
// exist, if another one goes before it ([BehindError]), or if the cluster cannot be
// watched. What it registers with the cluster's watches it takes back.
func Run(ctx context.Context, o Options) (upgrade.Result, error) {
	ctx, end := context.WithCancel(ctx)
	defer end()
	r := newReconciler(o, end)
	c, err := controller.NewUnmanaged("nodelift", controller.Options{
		Reconciler:              r,
		MaxConcurrentReconciles: 1, // passes of one update never overlap
		CacheSyncTimeout:        syncTimeout,
		Logger:                  logr.Discard(), // all that there is to say goes to Observe
		RecoverPanic:            ptr.To(false),  // whoever starts again goes on
		SkipNameValidation:      ptr.To(true),   // a process may host one after another
		UsePriorityQueue:        ptr.To(false),
	})
	if err != nil {
		return upgrade.Result{}, fmt.Errorf("build the controller: %w", err)
	}
	if err := r.watchRecords(ctx); err != nil {
		return upgrade.Result{}, fmt.Errorf("watch the cluster: %w", err)
	}
	for _, source := range r.sources() {
		if err := c.Watch(source); err != nil {
			return upgrade.Result{}, fmt.Errorf("watch the cluster: %w", err)
		}
	}
	if err := c.Start(ctx); err != nil && ctx.Err() == nil {
		return upgrade.Result{}, fmt.Errorf("watch the cluster: %w", err)
	}
	return r.last, r.trouble
}

// watchRecords begins to watch updates and node groups, both at once: the
// controller would begin with one and the first pass with the other, and look
// ten times a second only whether they are there. Where they cannot be watched
// the controller says so.
func (r *reconciler) watchRecords(ctx context.Context) error {
	var synced []toolscache.DoneChecker
	for _, kind := range []client.Object{&v1alpha1.NodeGroupUpdate{}, &v1alpha1.NodeGroup{}} {
		informer, err := r.Cluster.Cache.GetInformer(ctx, kind, cache.BlockUntilSynced(false))
		if err != nil {
			return err
		}
		synced = append(synced, informer.HasSyncedChecker())
	}
	ctx, cancel := context.WithTimeout(ctx, syncTimeout)
	defer cancel()
	toolscache.WaitFor(ctx, "", synced...)
	return nil
}
