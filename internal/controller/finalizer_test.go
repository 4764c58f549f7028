package controller

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

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
