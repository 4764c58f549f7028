package kube

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// Of several updates of a node group one works: which, all of them see alike.
func TestOneUpdateOfANodeGroupGoesFirst(t *testing.T) {
	at := func(second int) metav1.Time {
		return metav1.Date(2026, time.September, 21, 12, 0, second, 0, time.UTC)
	}
	made := func(name string, second int, changes ...func(*v1alpha1.NodeGroupUpdate)) *v1alpha1.NodeGroupUpdate {
		u := theUpdate()
		u.Name, u.CreationTimestamp = name, at(second)
		for _, change := range changes {
			change(u)
		}
		return u
	}
	begun := func(u *v1alpha1.NodeGroupUpdate) { u.Status.Phase, u.Status.Resolved = "Setup", &v1alpha1.Resolved{} }
	working := func(u *v1alpha1.NodeGroupUpdate) { u.Status.Phase, u.Status.Resolved = "Upgrade", &v1alpha1.Resolved{} }
	ended := func(u *v1alpha1.NodeGroupUpdate) { u.Status.Phase, u.Status.Resolved = "Done", &v1alpha1.Resolved{} }
	rollback := func(of string) func(*v1alpha1.NodeGroupUpdate) {
		return func(u *v1alpha1.NodeGroupUpdate) { u.Spec.RollbackOf, u.Spec.Target = of, nil }
	}
	elsewhere := func(u *v1alpha1.NodeGroupUpdate) { u.Spec.NodeGroup = "workers-2" }
	type updates []*v1alpha1.NodeGroupUpdate
	for name, tc := range map[string]struct {
		updates updates
		want    map[string]string // who goes before whom
	}{
		"alone":                           {updates{made("a", 0)}, map[string]string{"a": ""}},
		"the older":                       {updates{made("b", 0), made("a", 1)}, map[string]string{"a": "b", "b": ""}},
		"of the same second, the name":    {updates{made("a", 0), made("b", 0)}, map[string]string{"a": "", "b": "a"}},
		"what has begun":                  {updates{made("a", 0), made("b", 1, working)}, map[string]string{"a": "b", "b": ""}},
		"of two that have begun":          {updates{made("a", 0, begun), made("b", 1, begun)}, map[string]string{"a": "", "b": "a"}},
		"what works waits for nobody":     {updates{made("a", 0, working), made("b", 1, working)}, map[string]string{"a": "", "b": ""}},
		"nobody waits for what has ended": {updates{made("a", 0, ended), made("b", 1)}, map[string]string{"b": ""}},
		"nor for another group's":         {updates{made("a", 0, working, elsewhere), made("b", 1)}, map[string]string{"b": ""}},
		"a rollback before what waits":    {updates{made("a", 0, working), made("b", 1), made("c", 2, rollback("a"))}, map[string]string{"a": "", "b": "a", "c": ""}},
		"a rollback of something else":    {updates{made("a", 0, working), made("c", 2, rollback("z"))}, map[string]string{"a": "", "c": "a"}},
	} {
		t.Run(name, func(t *testing.T) {
			var objects []client.Object
			for _, u := range tc.updates {
				objects = append(objects, u)
			}
			other := theGroup()
			other.Name, other.Spec.AutoScalingGroup = "workers-2", "others"
			live := clusterWith(t, append(objects, theGroup(), other)...)
			for name, want := range tc.want {
				record, err := (&records{live: live, watched: live, name: name}).Load(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if got := record.Update.QueuedBehind; got != want {
					t.Errorf("before %s goes %q, want %q", name, got, want)
				}
			}
		})
	}
}

// A watch that lags behind does not tell who goes first.
func TestAnUpdateThatIsNotInTheWatchYetIsLeftForAMoment(t *testing.T) {
	live := clusterWith(t, theGroup(), theUpdate())
	lagging := clusterWith(t, theGroup())
	if _, err := (&records{live: live, watched: lagging, name: "workers-1-a"}).Load(t.Context()); !errors.Is(err, upgrade.ErrConflict) {
		t.Errorf("got %v", err)
	}
}

func TestNoUpdateOfANodeGroupThatGoes(t *testing.T) {
	group := theGroup()
	group.Finalizers = []string{v1alpha1.Finalizer}
	for _, owed := range []bool{false, true} {
		if owed {
			group.Status.Ledger = &v1alpha1.Ledger{Marks: true}
		}
		live := clusterWith(t, group.DeepCopy(), theUpdate())
		if err := live.Delete(t.Context(), theGroup()); err != nil {
			t.Fatal(err)
		}
		fault := loadFault(t, live)
		if refused := fault != nil && strings.Contains(fault.Why, "is being deleted"); refused == owed {
			t.Errorf("owed %t: the fault is %+v", owed, fault)
		}
	}
}

func TestOfTwoNodeGroupsOfOneAutoScalingGroupTheOlderCounts(t *testing.T) {
	twin := theGroup()
	twin.Name = "by-hand"
	twin.CreationTimestamp = metav1.Date(2026, time.September, 1, 0, 0, 0, 0, time.UTC)
	group := theGroup()
	group.CreationTimestamp = metav1.Date(2026, time.September, 2, 0, 0, 0, 0, time.UTC)
	if f := loadFault(t, clusterWith(t, group, twin, theUpdate())); f == nil || !strings.Contains(f.Why, "by-hand and workers-1 are the same Auto Scaling group") {
		t.Errorf("the fault is %+v", f)
	}
	twin.CreationTimestamp = metav1.Date(2026, time.September, 3, 0, 0, 0, 0, time.UTC)
	if f := loadFault(t, clusterWith(t, group, twin, theUpdate())); f != nil {
		t.Errorf("the fault is %+v", f)
	}
	twin.Spec.Region, twin.CreationTimestamp = "eu-west-1", metav1.Time{}
	if f := loadFault(t, clusterWith(t, group, twin, theUpdate())); f != nil {
		t.Errorf("in another region, the fault is %+v", f)
	}
}

func loadFault(t *testing.T, live client.Client) *upgrade.Fault {
	t.Helper()
	record, err := (&records{live: live, watched: live, name: "workers-1-a"}).Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return record.Update.Fault
}

// No target is the newest image of the API server's own minor.
func TestNoTargetIsTheAPIServersMinor(t *testing.T) {
	update := theUpdate()
	update.Spec.Target = nil
	live := clusterWith(t, theGroup(), update)
	version := func(context.Context) (string, error) { return "1.37", nil }
	record, err := (&records{live: live, watched: live, version: version, name: update.Name}).Load(t.Context())
	if want := (upgrade.Target{Version: "1.37"}); err != nil || record.Update.Target != want {
		t.Errorf("target %+v, %v", record.Update.Target, err)
	}
}
