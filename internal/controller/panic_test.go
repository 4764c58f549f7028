package controller

import (
	"strings"
	"testing"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

// A bug that one update meets does not end the process, which works on others, too.
func TestPanicIsAnErrorOfOneUpdate(t *testing.T) {
	var nobody []string
	r := newReconciler(Options{Cloud: func(*v1alpha1.NodeGroup) (Cloud, error) { panic(nobody[0]) }}, nil)
	_, err := r.pass(t.Context(), &v1alpha1.NodeGroupUpdate{}, &v1alpha1.NodeGroup{}, nil)
	if err == nil {
		t.Fatal("the pass is said to have been made")
	}
	for _, part := range []string{"this is a bug in Nodelift", "index out of range", "panic_test.go:13", "called by controller.(*reconciler).cloudOf at reconcile.go:"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("it does not say %q: %v", part, err)
		}
	}
}
