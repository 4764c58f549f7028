package controller

import (
	"context"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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
		"one that still has its finalizer":   {update(v1alpha1.UpdateSuccessful, true), true},
	} {
		if got := unfinished(tc.update); got != tc.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// listed is a cache with some updates.
type listed struct {
	cache.Cache
	updates []v1alpha1.NodeGroupUpdate
}

func (l listed) List(_ context.Context, into client.ObjectList, _ ...client.ListOption) error {
	into.(*v1alpha1.NodeGroupUpdateList).Items = slices.Clone(l.updates)
	return nil
}

// Who works takes the update that the engine lets go first: any other one would wait.
func TestWhichUpdateOfANodeGroupIsNext(t *testing.T) {
	made := 0
	update := func(name string, change func(*v1alpha1.NodeGroupUpdate)) v1alpha1.NodeGroupUpdate {
		u := v1alpha1.NodeGroupUpdate{Spec: v1alpha1.NodeGroupUpdateSpec{NodeGroup: "workers-1"}}
		u.Name, u.CreationTimestamp = name, metav1.NewTime(time.Unix(int64(made), 0))
		made++
		change(&u)
		return u
	}
	plain := func(*v1alpha1.NodeGroupUpdate) {}
	back := func(u *v1alpha1.NodeGroupUpdate) { u.Spec.RollbackOf = "before" }
	begun := func(u *v1alpha1.NodeGroupUpdate) { u.Status.Resolved = &v1alpha1.Resolved{} }
	sized := func(u *v1alpha1.NodeGroupUpdate) { u.Status.Scaling = &v1alpha1.Scaled{} }
	for name, tc := range map[string]struct {
		updates []v1alpha1.NodeGroupUpdate
		want    string
	}{
		"the oldest":        {[]v1alpha1.NodeGroupUpdate{update("a", plain), update("b", plain)}, "a"},
		"a rollback":        {[]v1alpha1.NodeGroupUpdate{update("a", plain), update("b", back)}, "b"},
		"what has begun":    {[]v1alpha1.NodeGroupUpdate{update("a", plain), update("b", back), update("c", begun)}, "c"},
		"a scaling, too":    {[]v1alpha1.NodeGroupUpdate{update("a", plain), update("b", back), update("c", sized)}, "c"},
		"none of any other": {[]v1alpha1.NodeGroupUpdate{update("a", func(u *v1alpha1.NodeGroupUpdate) { u.Spec.NodeGroup = "others-1" }), update("b", plain)}, "b"},
	} {
		w := &workers{Service: Service{Cache: listed{updates: tc.updates}}, busy: map[string]bool{}}
		got, err := w.next(t.Context(), "workers-1")
		if err != nil || got == nil || got.Name != tc.want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}
