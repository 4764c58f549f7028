package controller

import (
	"context"
	"testing"

	corev1 "k8s.io/api/core/v1"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

// watches is a cache that counts who listens to it.
type watches struct {
	cache.Cache
	cache.Informer
	removed chan struct{}
}

func (w *watches) GetInformer(context.Context, client.Object, ...cache.InformerGetOption) (cache.Informer, error) {
	return w, nil
}

func (w *watches) AddEventHandler(toolscache.ResourceEventHandler) (toolscache.ResourceEventHandlerRegistration, error) {
	return nil, nil
}

func (w *watches) RemoveEventHandler(toolscache.ResourceEventHandlerRegistration) error {
	w.removed <- struct{}{}
	return nil
}

// A process that hosts one update after another does not listen for those that
// have ended.
func TestListenersGoWithTheWork(t *testing.T) {
	w := &watches{removed: make(chan struct{}, 1)}
	ctx, end := context.WithCancel(t.Context())
	if err := changes(w, &corev1.Node{}, func(_, _ *corev1.Node) []string { return nil }).Start(ctx, nil); err != nil {
		t.Fatal(err)
	}
	end()
	<-w.removed
}

func TestWhatThereIsToDoFor(t *testing.T) {
	update := func(status v1alpha1.UpdateStatus, held bool) *v1alpha1.NodeGroupUpdate {
		u := &v1alpha1.NodeGroupUpdate{}
		u.Status.Status = status
		if status == v1alpha1.UpdateSuccessful {
			u.Status.Phase = "Done"
		}
		if held {
			controllerutil.AddFinalizer(u, v1alpha1.Finalizer)
		}
		return u
	}
	for name, tc := range map[string]struct {
		update *v1alpha1.NodeGroupUpdate
		want   bool
	}{
		"one that somebody has just written": {update("", false), true},
		"one that is under way":              {update(v1alpha1.UpdateInProgress, true), true},
		"one that has ended":                 {update(v1alpha1.UpdateSuccessful, false), false},
		"one that nobody has let go of yet":  {update(v1alpha1.UpdateSuccessful, true), true},
	} {
		if got := unfinished(tc.update); got != tc.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
