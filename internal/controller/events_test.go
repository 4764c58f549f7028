package controller

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// apiServer is one in memory.
func apiServer(t *testing.T, objects ...client.Object) client.WithWatch {
	t.Helper()
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{scheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(s); err != nil {
			t.Fatal(err)
		}
	}
	return fake.NewClientBuilder().WithScheme(s).WithObjects(objects...).
		WithStatusSubresource(&v1alpha1.NodeGroup{}, &v1alpha1.NodeGroupUpdate{}).Build()
}

func theGroup() *v1alpha1.NodeGroup {
	return &v1alpha1.NodeGroup{
		ObjectMeta: metav1.ObjectMeta{Name: "workers-1"},
		Spec:       v1alpha1.NodeGroupSpec{AutoScalingGroup: "workers", Region: "us-west-2"},
	}
}

func theUpdate() *v1alpha1.NodeGroupUpdate {
	return &v1alpha1.NodeGroupUpdate{
		ObjectMeta: metav1.ObjectMeta{Name: "workers-1-a"},
		Spec:       v1alpha1.NodeGroupUpdateSpec{NodeGroup: "workers-1", Target: &v1alpha1.Target{ImageID: "ami-2"}},
	}
}

func TestEveryEventIsWrittenUnchanged(t *testing.T) {
	live := apiServer(t)
	r := newReconciler(Options{Cluster: Cluster{Live: live}, Identity: "me"}, nil)
	when := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	long := strings.Repeat("pod shop/web-0 ünd so weiter, ", 60)
	for _, e := range []upgrade.Event{
		{Time: when, Reason: "Evicted", Message: "pod shop/web-0 of node a", Node: "a"},
		{Time: when, Reason: "Blocked", Message: long, Warning: true},
	} {
		if err := r.publish(t.Context(), theUpdate(), upgrade.Upgrading, e); err != nil {
			t.Fatal(err)
		}
	}
	var list eventsv1.EventList
	if err := live.List(t.Context(), &list); err != nil {
		t.Fatal(err)
	}
	byReason := map[string]eventsv1.Event{}
	for _, e := range list.Items {
		byReason[e.Reason] = e
	}
	evicted, blocked := byReason["Evicted"], byReason["Blocked"]
	if evicted.Note != "pod shop/web-0 of node a" || evicted.Type != corev1.EventTypeNormal || evicted.Related.Name != "a" ||
		evicted.Regarding.Name != "workers-1-a" || !evicted.EventTime.Time.Equal(when) || evicted.Action != "Upgrade" {
		t.Errorf("got %+v", evicted)
	}
	if len(blocked.Note) > noteLimit || !utf8.ValidString(blocked.Note) || !strings.HasPrefix(long, strings.TrimSuffix(blocked.Note, "…")) {
		t.Errorf("a long one became %d bytes: %s", len(blocked.Note), blocked.Note)
	}
	if blocked.Type != corev1.EventTypeWarning || blocked.Related != nil {
		t.Errorf("got %+v", blocked)
	}
}

func TestNodeGroupShowsWhatItIs(t *testing.T) {
	now := upgrade.Group{Name: "workers", Min: 1, Size: upgrade.Size{Max: 6, Desired: 5}, Template: upgrade.TemplateRef{ID: "lt-1", Version: "2"}}
	run := upgrade.Run{Phase: upgrade.Upgrading, Resolved: &upgrade.Resolved{
		Image: upgrade.Image{ID: "ami-2", Version: "1.37"}, From: upgrade.Image{ID: "ami-1", Version: "1.36"},
		Template: upgrade.TemplateVersion{Number: 2},
	}}
	result := upgrade.Result{Record: upgrade.Record{Run: run}, Progress: &upgrade.Progress{Nodes: 5, Outdated: 2, UpToDate: 3, Usable: 4, InFlight: 1}}
	group := theGroup()
	if !fill(group, "workers-1-a", now, result) {
		t.Error("nothing was new")
	}
	want := v1alpha1.NodeGroupStatus{
		Version: "1.37", Image: "ami-2", LaunchTemplate: &v1alpha1.LaunchTemplate{ID: "lt-1", Version: "2"},
		Scaling: &v1alpha1.Scaling{MinSize: 1, MaxSize: 6, DesiredSize: 5},
		Nodes:   &v1alpha1.NodeCounts{Total: 5, Outdated: 2, UpToDate: 3, Usable: 4, InFlight: 1},
		Update:  "workers-1-a",
		Conditions: []metav1.Condition{{
			Type: v1alpha1.ConditionUpdating, Status: metav1.ConditionTrue, Reason: "UpdateRuns", Message: "update workers-1-a",
		}},
	}
	if diff := cmp.Diff(want, group.Status, cmpopts.IgnoreFields(metav1.Condition{}, "LastTransitionTime")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if fill(group, "workers-1-a", now, result) {
		t.Error("the second time something was new")
	}

	result.Done, result.Record.Run.Phase = true, upgrade.Done
	result.Record.Run.Verdict = &upgrade.Verdict{Status: upgrade.Failed, Errors: []upgrade.Error{{Code: upgrade.NodeCreationFailure, Message: "zone us-west-2a"}}}
	now.Template.Version = "1" // it was restored
	fill(group, "workers-1-a", now, result)
	if meta.IsStatusConditionTrue(group.Status.Conditions, v1alpha1.ConditionUpdating) || group.Status.Image != "ami-1" {
		t.Errorf("after a failure: %+v", group.Status)
	}
	if diff := cmp.Diff([]v1alpha1.Issue{{Code: "NodeCreationFailure", Message: "zone us-west-2a"}}, group.Status.Health); diff != "" {
		t.Errorf("health, -want +got:\n%s", diff)
	}
}

func TestReportLeavesTheLedgerAlone(t *testing.T) {
	group := theGroup()
	live := apiServer(t, group)
	cloud := func(*v1alpha1.NodeGroup) (Cloud, error) {
		return Cloud{Groups: &world{group: upgrade.Group{Name: "workers", Min: 1}}}, nil
	}
	r := newReconciler(Options{Cluster: Cluster{Live: live}, Cloud: cloud}, nil)
	stale := group.DeepCopy()
	group.Status.Ledger = &v1alpha1.Ledger{Marks: true} // written since
	if err := live.Status().Update(t.Context(), group); err != nil {
		t.Fatal(err)
	}
	if err := r.reportGroup(t.Context(), theUpdate(), stale, upgrade.Result{}); err != nil {
		t.Fatal(err)
	}
	if err := live.Get(t.Context(), client.ObjectKeyFromObject(group), group); err != nil {
		t.Fatal(err)
	}
	if group.Status.Ledger == nil || group.Status.Scaling == nil || group.Status.Scaling.MinSize != 1 {
		t.Errorf("got %+v", group.Status)
	}
}

// Passes that cannot be made are spoken of in Events, once for each reason and not more
// often than once a minute.
func TestComplaints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live := apiServer(t)
		r := newReconciler(Options{Cluster: Cluster{Live: live}, Identity: "me"}, nil)
		said := func(want int, when string) {
			t.Helper()
			var list eventsv1.EventList
			if err := live.List(t.Context(), &list); err != nil || len(list.Items) != want {
				t.Errorf("%s: %d Events, want %d (%v)", when, len(list.Items), want, err)
			}
			for _, e := range list.Items {
				if e.Action == "" { // the API server refuses such
					t.Errorf("%s: an Event without an action: %s", when, e.Note)
				}
			}
		}
		r.reportFailure(t.Context(), theUpdate(), upgrade.ErrConflict)
		said(0, "somebody else was faster")
		r.reportFailure(t.Context(), theUpdate(), upgrade.ErrCredentials)
		said(1, "no credentials")
		time.Sleep(failureInterval)
		r.reportFailure(t.Context(), theUpdate(), upgrade.ErrCredentials)
		said(1, "still none")
		r.reportFailure(t.Context(), theUpdate(), errors.New("request 1 was refused"))
		said(2, "something else")
		r.reportFailure(t.Context(), theUpdate(), errors.New("request 2 was refused"))
		said(2, "words that change each time")
	})
}
