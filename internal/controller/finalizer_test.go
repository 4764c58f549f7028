package controller

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

func TestWhatRunsIsHeldAndWhatHasEndedIsNot(t *testing.T) {
	const others = "example.com/theirs"
	group, update := theGroup(), theUpdate()
	update.Finalizers = []string{others}
	live := apiServer(t, group, update)
	r := newReconciler(Options{Cluster: Cluster{Live: live}}, nil)
	finalizers := func() (all []string) {
		for _, object := range []client.Object{group, update} {
			if err := live.Get(t.Context(), client.ObjectKeyFromObject(object), object); err != nil {
				t.Fatal(err)
			}
			all = append(all, object.GetFinalizers()...)
		}
		return all
	}
	for _, tc := range []struct {
		name string
		do   func() error
		want []string
	}{
		{"held", func() error { return r.addFinalizers(t.Context(), update, group) }, []string{v1alpha1.Finalizer, others, v1alpha1.Finalizer}},
		{"held again", func() error { return r.addFinalizers(t.Context(), update, group) }, []string{v1alpha1.Finalizer, others, v1alpha1.Finalizer}},
		{"ended, owed", func() error { return r.removeFinalizers(t.Context(), update, group, true) }, []string{v1alpha1.Finalizer, others}},
		{"ended, not owed", func() error { return r.removeFinalizers(t.Context(), update, group, false) }, []string{others}},
	} {
		if err := tc.do(); err != nil {
			t.Fatalf("%s: %v", tc.name, err)
		}
		if diff := cmp.Diff(tc.want, finalizers()); diff != "" {
			t.Errorf("%s, -want +got:\n%s", tc.name, diff)
		}
	}
}

func TestADeletedUpdateGoesWhenItHasEnded(t *testing.T) {
	group, update := theGroup(), theUpdate()
	live := apiServer(t, group, update)
	r := newReconciler(Options{Cluster: Cluster{Live: live}}, nil)
	if err := r.addFinalizers(t.Context(), update, group); err != nil {
		t.Fatal(err)
	}
	if err := live.Delete(t.Context(), update); err != nil {
		t.Fatal(err)
	}
	if err := live.Get(t.Context(), client.ObjectKeyFromObject(update), update); err != nil {
		t.Fatalf("it went at once: %v", err)
	}
	if err := r.addFinalizers(t.Context(), update, group); err != nil {
		t.Errorf("hold what is being deleted: %v", err)
	}
	if err := r.removeFinalizers(t.Context(), update, group, false); err != nil {
		t.Fatal(err)
	}
	if err := live.Get(t.Context(), client.ObjectKeyFromObject(update), update); !apierrors.IsNotFound(err) {
		t.Errorf("it is still there: %v", err)
	}
}

// A late watch still shows an update as running that has ended: neither it nor its node group is
// held again.
func TestAnUpdateThatHasEndedIsNotHeldAgain(t *testing.T) {
	group, update := theGroup(), theUpdate()
	live := apiServer(t, group, update)
	r := newReconciler(Options{Cluster: Cluster{Live: live}}, nil)
	running := update.DeepCopy()
	update.Status.Phase = v1alpha1.PhaseDone
	if err := live.Status().Update(t.Context(), update); err != nil {
		t.Fatal(err)
	}
	held := running.DeepCopy()
	held.Finalizers = append(held.Finalizers, v1alpha1.Finalizer)
	for name, seen := range map[string]*v1alpha1.NodeGroupUpdate{"running": running, "running and held": held} {
		if err := r.addFinalizers(t.Context(), seen, group.DeepCopy()); err != nil {
			t.Fatal(err)
		}
		for _, object := range []client.Object{update, group} {
			if err := live.Get(t.Context(), client.ObjectKeyFromObject(object), object); err != nil {
				t.Fatal(err)
			}
			if controllerutil.ContainsFinalizer(object, v1alpha1.Finalizer) {
				t.Errorf("the watch shows it %s: %s is held again", name, object.GetName())
			}
		}
	}
}

// An update whose node group could not be let go is looked for again, and then both go.
func TestANodeGroupIsLetGoBeforeItsUpdate(t *testing.T) {
	group, update := theGroup(), theUpdate()
	fails := errors.New("connection refused")
	live := interceptor.NewClient(apiServer(t, group, update), interceptor.Funcs{
		Patch: func(ctx context.Context, c client.WithWatch, object client.Object, patch client.Patch, o ...client.PatchOption) error {
			if _, isGroup := object.(*v1alpha1.NodeGroup); isGroup && len(object.GetFinalizers()) == 0 && fails != nil {
				return fails
			}
			return c.Patch(ctx, object, patch, o...)
		},
	})
	r := newReconciler(Options{Cluster: Cluster{Live: live}}, nil)
	if err := r.addFinalizers(t.Context(), update, group); err != nil {
		t.Fatal(err)
	}
	if err := r.removeFinalizers(t.Context(), update, group, false); !errors.Is(err, fails) {
		t.Fatalf("got %v", err)
	}
	if err := live.Get(t.Context(), client.ObjectKeyFromObject(update), update); err != nil || !controllerutil.ContainsFinalizer(update, v1alpha1.Finalizer) {
		t.Fatalf("nobody looks at it again: finalizers %v, %v", update.Finalizers, err)
	}
	fails = nil
	if err := r.removeFinalizers(t.Context(), update, group, false); err != nil || len(group.Finalizers)+len(update.Finalizers) > 0 {
		t.Errorf("finalizers %v and %v, %v", group.Finalizers, update.Finalizers, err)
	}
}
