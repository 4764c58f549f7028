package controller

import (
	"errors"
	"fmt"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// Who has kubectl alone reads in the update why nothing happens.
func TestWhyNoPassCanBeMadeIsWrittenDown(t *testing.T) {
	update := theUpdate()
	live := apiServer(t, update)
	r := newReconciler(Options{Cluster: Cluster{Live: live}}, nil)
	now := func() *v1alpha1.NodeGroupUpdate {
		t.Helper()
		if err := live.Get(t.Context(), client.ObjectKeyFromObject(update), update); err != nil {
			t.Fatal(err)
		}
		return update
	}
	r.reportFailure(t.Context(), update, fmt.Errorf("save the update: %w", upgrade.ErrConflict))
	if s := now().Status; s.Message != "" || len(s.Conditions) > 0 {
		t.Errorf("after a conflict it says %+v", s)
	}
	r.reportFailure(t.Context(), update, errors.New("the credentials have expired"))
	s := now().Status
	c := meta.FindStatusCondition(s.Conditions, v1alpha1.ConditionProgressing)
	if want := "the credentials have expired (retrying)"; s.Message != want || c == nil || c.Message != want || c.Status != metav1.ConditionUnknown {
		t.Errorf("it says %q, %+v", s.Message, c)
	}
	version := update.ResourceVersion
	r.reportFailure(t.Context(), update, errors.New("the credentials have expired"))
	if now().ResourceVersion != version {
		t.Error("the same was written twice")
	}
}

// What has ended is not complained about, nor what is gone.
func TestNobodyComplainsOfWhatHasEnded(t *testing.T) {
	update := theUpdate()
	update.Status.Phase = v1alpha1.PhaseDone
	live := apiServer(t, update)
	r := newReconciler(Options{Cluster: Cluster{Live: live}}, nil)
	r.reportFailure(t.Context(), update, errors.New("no answer"))
	r.reportFailure(t.Context(), nil, errors.New("no answer"))
	if err := live.Get(t.Context(), client.ObjectKeyFromObject(update), update); err != nil || update.Status.Message != "" {
		t.Errorf("it says %q, %v", update.Status.Message, err)
	}
}

// A node group that is deleted while an update of it runs says why it is still there.
func TestADeletedNodeGroupSaysWhyItIsKept(t *testing.T) {
	group := theGroup()
	group.DeletionTimestamp = &metav1.Time{}
	if c := updating(group, "workers-1-a", upgrade.Result{}); c.Reason != "DeletedWhileUpdating" || c.Status != metav1.ConditionTrue {
		t.Errorf("it says %+v", c)
	}
}
