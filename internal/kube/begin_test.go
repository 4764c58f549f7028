package kube

import (
	"context"
	"errors"
	"regexp"
	"sync"
	"testing"

	"k8s.io/client-go/kubernetes/fake"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

func anUpdate(version string) *v1alpha1.NodeGroupUpdate {
	return &v1alpha1.NodeGroupUpdate{Spec: v1alpha1.NodeGroupUpdateSpec{NodeGroup: "workers-1", Target: &v1alpha1.Target{Version: version}}}
}

// Of two starts that have both seen that nothing is under way, one is let through.
func TestTwoStartsInTheSameMoment(t *testing.T) {
	live := clusterWith(t, theGroup())
	var looked sync.WaitGroup
	looked.Add(2)
	results := make([]error, 2)
	var both sync.WaitGroup
	for i, version := range []string{"1.37", "1.36"} {
		both.Go(func() {
			var first sync.Once
			c := &Cluster{set: fake.NewClientset(), live: interceptor.NewClient(live, interceptor.Funcs{
				List: func(ctx context.Context, live client.WithWatch, list client.ObjectList, how ...client.ListOption) error {
					err := live.List(ctx, list, how...)
					first.Do(func() { looked.Done(); looked.Wait() })
					return err
				},
			})}
			_, results[i] = c.Begin(t.Context(), anUpdate(version))
		})
	}
	both.Wait()
	var refused *UnderWayError
	if !errors.As(errors.Join(results...), &refused) || results[0] != nil && results[1] != nil {
		t.Fatalf("they got %v", results)
	}
	var list v1alpha1.NodeGroupUpdateList
	if err := live.List(t.Context(), &list); err != nil || len(list.Items) != 1 || list.Items[0].Name != refused.Update.Name {
		t.Errorf("there are %+v, and %s was named (%v)", list.Items, refused.Update.Name, err)
	}
}

// One update after the other has a name of its own, and the updates of another group
// are no concern.
func TestUpdatesOneAfterTheOther(t *testing.T) {
	live := clusterWith(t, theGroup())
	c := &Cluster{set: fake.NewClientset(), live: live}
	names := map[string]bool{}
	for range 5 {
		update, err := c.Begin(t.Context(), anUpdate("1.37"))
		if err != nil {
			t.Fatal(err)
		}
		if names[update.Name] || !regexp.MustCompile(`^workers-[a-z0-9]{5}$`).MatchString(update.Name) {
			t.Errorf("it is called %s after %v", update.Name, names)
		}
		names[update.Name] = true
		if _, err := c.Begin(t.Context(), anUpdate("1.37")); !errors.As(err, new(*UnderWayError)) {
			t.Errorf("a second one got %v", err)
		}
		update.Status.Phase = "Done"
		if err := live.Status().Update(t.Context(), update); err != nil {
			t.Fatal(err)
		}
		update.UID = ""
	}
	other := anUpdate("1.37")
	other.Spec.NodeGroup = "workers-2"
	if _, err := c.Begin(t.Context(), anUpdate("1.37")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Begin(t.Context(), other); err != nil {
		t.Errorf("one of another group got %v", err)
	}
}

// Node groups may share a short name: what an update of another group is called is not
// given twice.
func TestNameOfAnotherGroupsUpdateIsTaken(t *testing.T) {
	first := nameAfter("workers", "workers-1", nil)
	other := anUpdate("1.37")
	other.Name, other.Spec.NodeGroup = first, "workers-2"
	if got := nameAfter("workers", "workers-1", []v1alpha1.NodeGroupUpdate{*other}); got == first {
		t.Errorf("two updates are called %s", got)
	}
}
