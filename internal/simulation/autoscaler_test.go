package simulation

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nodelift/nodelift/internal/upgrade"
)

func TestAutoscalerHolders(t *testing.T) {
	w := New(Sample(3))
	a := autoscalers{w}
	state := func() upgrade.AutoscalerState {
		s, err := a.State(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	before := state()
	for _, holder := range []string{"one", "two", "one"} {
		if err := a.Suspend(t.Context(), holder); err != nil {
			t.Fatal(err)
		}
	}
	if got := state(); got.Replicas != 0 || len(got.SuspendedBy) != 2 {
		t.Errorf("suspended by two holders: %+v", got)
	}
	for _, holder := range []string{"two", "nobody"} {
		if err := a.Resume(t.Context(), holder); err != nil {
			t.Fatal(err)
		}
	}
	if got := state(); got.Replicas != 0 || !got.IsSuspendedBy("one") {
		t.Errorf("still suspended by one holder: %+v", got)
	}
	if err := a.Resume(t.Context(), "one"); err != nil {
		t.Fatal(err)
	}
	got := state()
	if got.Replicas != before.Replicas || len(got.SuspendedBy) > 0 {
		t.Errorf("resumed by all holders: %+v, before: %+v", got, before)
	}
}

// TestTwoGroupsShareTheAutoscaler upgrades a group while the update of another group
// suspends Cluster Autoscaler, too, and resumes it in the middle. It runs again when the
// last of both resumes it.
func TestTwoGroupsShareTheAutoscaler(t *testing.T) {
	w := New(Sample(3))
	before, suspended := w.State().Autoscaler, false
	if err := (autoscalers{w}).Suspend(t.Context(), "another"); err != nil {
		t.Fatal(err)
	}
	w.At(4*time.Minute, func(w *World) {
		if err := (autoscalers{w}).Resume(t.Context(), "another"); err != nil {
			t.Error(err)
		}
	})
	w.At(6*time.Minute, func(w *World) {
		suspended = w.cluster.autoscaler.replicas == 0
	})
	out, err := Run(t.Context(), w, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if status := out.Result.Record.Run.Verdict.Status; status != upgrade.Successful || !suspended {
		t.Errorf("%s; suspended after the other group has resumed it: %t, want true\n%s", status, suspended, w.Story())
	}
	if after := w.State().Autoscaler; after != before {
		t.Errorf("the autoscaler is %s after and %s before", after, before)
	}
}

func TestAutoscalerRemovesEmptyNodes(t *testing.T) {
	grown := func() *World {
		w := New(Sample(3))
		if err := w.cloud.resize(upgrade.Size{Max: 6, Desired: 4}); err != nil {
			t.Fatal(err)
		}
		return w
	}
	w := grown()
	w.AdvanceBy(20 * time.Minute)
	if w.cloud.size.Desired != 3 {
		t.Errorf("the desired size is %d with an empty node, want 3", w.cloud.size.Desired)
	}
	w = grown()
	if err := (autoscalers{w}).Suspend(t.Context(), "one"); err != nil {
		t.Fatal(err)
	}
	w.AdvanceBy(20 * time.Minute)
	if w.cloud.size.Desired != 4 {
		t.Errorf("suspended, it lowers the desired size to %d", w.cloud.size.Desired)
	}
}

func TestRecordsAreOptimistic(t *testing.T) {
	w := New(Sample(3))
	r := w.records
	first, err := r.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second := first
	first.Run.Phase = upgrade.Setup
	if _, err := r.SaveRun(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if _, err := r.SaveRun(t.Context(), second); !errors.Is(err, upgrade.ErrConflict) {
		t.Errorf("a save of an old version returns %v", err)
	}
	second.Ledger.Marks = true
	if _, err := r.SaveLedger(t.Context(), second); err != nil {
		t.Errorf("the ledger has its own version, and a save of it returns %v", err)
	}
	got, err := r.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got.Run.Phase != upgrade.Setup || !got.Ledger.Marks {
		t.Errorf("loaded %+v", got)
	}
}

func TestMarksOfOthersStay(t *testing.T) {
	w := New(Sample(3))
	n := w.cluster.nodes[0]
	w.Cordon(n.Name, true)
	both := []upgrade.Mark{upgrade.MarkCordon, upgrade.MarkScaleDownDisabled}
	a := nodes{w}
	if err := a.Mark(t.Context(), n.Name, "shop", both); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]upgrade.Mark{upgrade.MarkScaleDownDisabled}, n.Owned); diff != "" {
		t.Errorf("marks that are owned (-want +got):\n%s", diff)
	}
	if err := a.Unmark(t.Context(), n.Name, both); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]upgrade.Mark{upgrade.MarkCordon}, n.Marks); diff != "" || len(n.Owned) > 0 {
		t.Errorf("marks after the owned ones were removed (-want +got):\n%s", diff)
	}
}
