package controller

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

// pauseBetween is the time between the work on one update of a node group and the next. It
// doubles while the work fails.
const pauseBetween = time.Second

// Service works on all updates of a cluster.
type Service struct {
	// Cache is watched for updates. The caller starts it.
	Cache cache.Cache
	// Work works on one update until it has ended, or until ctx ends. It is called for one
	// update of a node group at a time, in the engine's order
	// ([v1alpha1.NodeGroupUpdate.GoesBefore]), and for several node groups at the same
	// time. After an error, which OnError is told, it is called again.
	Work    func(ctx context.Context, update *v1alpha1.NodeGroupUpdate) error
	OnError func(update *v1alpha1.NodeGroupUpdate, err error)
}

// Serve works on every update that has not ended or still has its finalizer, until ctx ends
// and all work has returned. It is an error if updates cannot be watched.
func Serve(ctx context.Context, s Service) error {
	informer, err := s.Cache.GetInformer(ctx, &v1alpha1.NodeGroupUpdate{})
	if err != nil {
		return fmt.Errorf("watch the updates: %w", err)
	}
	w := &workers{Service: s, busy: map[string]bool{}}
	look := func(object any) {
		if update, ok := object.(*v1alpha1.NodeGroupUpdate); ok && unfinished(update) {
			w.look(ctx, update.Spec.NodeGroup)
		}
	}
	registration, err := informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		AddFunc:    look,
		UpdateFunc: func(_, after any) { look(after) },
	})
	if err != nil {
		return fmt.Errorf("watch the updates: %w", err)
	}
	<-ctx.Done()
	_ = informer.RemoveEventHandler(registration)
	w.end()
	return nil
}

// workers are the goroutines that work, one for each node group with something to do.
type workers struct {
	Service
	mu     sync.Mutex
	busy   map[string]bool // by node group
	closed bool            // no new work starts
	all    sync.WaitGroup
}

// look makes sure that a goroutine works on a node group.
func (w *workers) look(ctx context.Context, group string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || w.busy[group] {
		return
	}
	w.busy[group] = true
	w.all.Go(func() { w.work(ctx, group) })
}

// end waits until all goroutines have returned, and lets no new one start.
func (w *workers) end() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.all.Wait()
}

// work works on the updates of a node group, one after the other.
func (w *workers) work(ctx context.Context, group string) {
	pause := pauseBetween
	for {
		update, err := w.next(ctx, group)
		if err == nil && update == nil {
			return
		}
		if err == nil {
			err = w.Work(ctx, update)
		}
		if ctx.Err() != nil {
			return
		}
		switch {
		case err == nil:
			pause = pauseBetween
		case update != nil:
			w.OnError(update, err)
			fallthrough
		default:
			pause = min(2*pause, longestPause)
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause): // the watch may be behind
		}
	}
}

// next returns the update of a node group that is worked on first; all others would only
// wait for it. If there is nothing to do, the goroutine is no longer busy under the same
// lock, so an update that comes now starts a new one.
func (w *workers) next(ctx context.Context, group string) (*v1alpha1.NodeGroupUpdate, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var updates v1alpha1.NodeGroupUpdateList
	if err := w.Cache.List(ctx, &updates); err != nil {
		return nil, err
	}
	todo := slices.DeleteFunc(updates.Items, func(u v1alpha1.NodeGroupUpdate) bool {
		return u.Spec.NodeGroup != group || !unfinished(&u)
	})
	if len(todo) == 0 {
		delete(w.busy, group)
		return nil, nil
	}
	first := slices.MinFunc(todo, func(a, b v1alpha1.NodeGroupUpdate) int {
		if a.GoesBefore(&b) {
			return -1
		}
		return 1
	})
	return &first, nil
}

// unfinished reports whether there is something to do for an update. A process that died
// after the end of an update may have left the finalizer.
func unfinished(u *v1alpha1.NodeGroupUpdate) bool {
	return !u.Ended() || controllerutil.ContainsFinalizer(u, v1alpha1.Finalizer)
}
