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

// between lies between the work on one update of a node group and the next, and
// is what is doubled when the work comes to nothing.
const between = time.Second

// Service is the work on all updates of a cluster.
type Service struct {
	// Cache is watched for updates. Its owner starts it.
	Cache cache.Cache
	// Work works on one update until it has ended, or until ctx ends. It is called
	// for one update of a node group at a time, in the order in which the engine takes
	// them ([v1alpha1.NodeGroupUpdate.GoesBefore]), and for several
	// node groups at once. It is called again after an error, which Trouble is told.
	Work    func(ctx context.Context, update *v1alpha1.NodeGroupUpdate) error
	Trouble func(update *v1alpha1.NodeGroupUpdate, err error)
}

// Serve works on every update that has not ended, or of which somebody was to let
// go still, until ctx ends and the work that is under way has returned. It is an
// error if the updates cannot be watched.
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

// workers are those that work, one for each node group with something to do.
type workers struct {
	Service
	mu     sync.Mutex
	busy   map[string]bool // by node group
	closed bool            // nobody begins any more
	all    sync.WaitGroup
}

// look sees to it that somebody works on a node group.
func (w *workers) look(ctx context.Context, group string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || w.busy[group] {
		return
	}
	w.busy[group] = true
	w.all.Go(func() { w.work(ctx, group) })
}

// end waits until nobody works any more.
func (w *workers) end() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.all.Wait()
}

// work works on the updates of a node group, one after the other.
func (w *workers) work(ctx context.Context, group string) {
	pause := between
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
			pause = between
		case update != nil:
			w.Trouble(update, err)
			fallthrough
		default:
			pause = min(2*pause, longestPause)
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause): // the watch may lag behind what was written
		}
	}
}

// next returns that update of a node group which goes first of those that there is
// something to do for: any other one would only wait for it.
// If there is none, the worker is not busy any more: an update that comes is looked
// at after this.
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

// unfinished reports whether there is something to do for an update. Whoever died
// after its end may have left the finalizer.
func unfinished(u *v1alpha1.NodeGroupUpdate) bool {
	return !u.Ended() || controllerutil.ContainsFinalizer(u, v1alpha1.Finalizer)
}
