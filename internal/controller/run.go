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
	// syncTimeout is how long the watches may take to start.
	syncTimeout = time.Minute
	// usualGrace is the default of Options.Grace.
	usualGrace = 15 * time.Second
)

// Cloud is what the engine needs from the cloud, for the groups of one region.
type Cloud struct {
	Groups     upgrade.Groups
	WarmPools  upgrade.WarmPools
	Identity   upgrade.Identity
	Activities upgrade.Activities
	Templates  upgrade.Templates
	Images     upgrade.Images
}

// Cluster is what the engine and the controller need from the cluster.
type Cluster struct {
	Nodes      upgrade.Nodes
	Pods       upgrade.Pods
	Autoscaler upgrade.Autoscaler
	Workloads  upgrade.Workloads
	// Parallel makes calls about several nodes at the same time; see upgrade.World.
	Parallel func(n int, call func(int))
	// Records keeps the record of one update, by name.
	Records func(update string) upgrade.Records
	// Cache is watched for changes. The caller starts it.
	Cache cache.Cache
	// Live reads from and writes to the API server, without a cache.
	Live client.Client
}

// Options says which update to work on, with what, and when to stop.
type Options struct {
	// Update is the name of the update to work on.
	Update string
	// Cloud returns the cloud of a node group, by its region.
	Cloud   func(*v1alpha1.NodeGroup) (Cloud, error)
	Cluster Cluster
	// Check finds what speaks against beginning an update, which anybody may have created.
	// It is called before anything is changed. It may be nil if the caller has checked
	// already.
	Check func(context.Context, *v1alpha1.NodeGroupUpdate, *v1alpha1.NodeGroup) ([]upgrade.Error, error)
	// Identity names this process in Events, in at most 128 characters.
	Identity string
	// Observe is told about every pass: its result, or why it could not be made, or both if
	// only reporting it failed. [upgrade.ErrConflict] is nothing to worry about: the next
	// pass reads again. It may be nil.
	Observe func(update string, result upgrade.Result, err error)
	// UntilPaused makes Run return when somebody has paused the update. Otherwise Run waits
	// until it is resumed.
	UntilPaused bool
	// Grace is how long calls in flight may take after the context has ended; 15 s if zero.
	Grace time.Duration
}

// Run works on an update until ctx ends, or the update has ended, or, with UntilPaused, is
// paused. It returns the result of the last pass, which is not Done if ctx ended first; a
// process that nobody follows calls [Leave] then. It is an error if the update does not exist,
// if it is queued behind another one ([QueuedError]), or if the cluster cannot be watched.
// Before it returns it removes what it has registered with the cluster's watches.
func Run(ctx context.Context, o Options) (upgrade.Result, error) {
	ctx, end := context.WithCancel(ctx)
	defer end()
	r := newReconciler(o, end)
	c, err := controller.NewUnmanaged("nodelift", controller.Options{
		Reconciler:              r,
		MaxConcurrentReconciles: 1, // passes of one update never overlap
		CacheSyncTimeout:        syncTimeout,
		Logger:                  logr.Discard(), // Observe is told everything
		RecoverPanic:            ptr.To(false),  // the next process continues
		SkipNameValidation:      ptr.To(true),   // a process may host several, one after another
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
	return r.last, r.err
}

// watchRecords starts the watches of updates and node groups at the same time. The
// controller would start with one and the first pass with the other, and look only ten
// times a second whether they have synced. If they cannot be watched, the controller
// returns the error.
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
