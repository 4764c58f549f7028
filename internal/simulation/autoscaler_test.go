package simulation

import (
	"errors"
	"fmt"
	"strings"
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
	if got := state(); got.Replicas() != 0 || len(got.Holders()) != 2 {
		t.Errorf("suspended by two holders: %+v", got)
	}
	for _, holder := range []string{"two", "nobody"} {
		if err := a.Resume(t.Context(), holder); err != nil {
			t.Fatal(err)
		}
	}
	if got := state(); got.Replicas() != 0 || !got.IsSuspendedBy("one") {
		t.Errorf("still suspended by one holder: %+v", got)
	}
	if err := a.Resume(t.Context(), "one"); err != nil {
		t.Fatal(err)
	}
	got := state()
	if got.Replicas() != before.Replicas() || len(got.Holders()) > 0 {
		t.Errorf("resumed by all holders: %+v, before: %+v", got, before)
	}
}

// TestTwoGroupsShareTheAutoscaler upgrades a group while the update of another group
// suspends Cluster Autoscaler, too, and resumes it in the middle. It runs again when the
// last of both resumes it.
func TestTwoGroupsShareTheAutoscaler(t *testing.T) {
	config := Sample(3)
	config.Update.Policy.Autoscaler = upgrade.AutoscalerSuspend
	w := New(config)
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

// TestTheAutoscalerGrowsTheGroup has pods come that have no room, at any moment of an upgrade, while Cluster
// Autoscaler runs. What it sends is computed from sizes that it has read up to a minute before: if the
// update has raised them since, it lowers the desired size, and Auto Scaling terminates nodes undrained.
func TestTheAutoscalerGrowsTheGroup(t *testing.T) {
	for _, strategy := range upgrade.Strategies() {
		for at := time.Duration(0); at < 6*time.Minute; at += 7 * time.Second {
			t.Run(fmt.Sprintf("%s, %s", strategy, at), func(t *testing.T) {
				config := Sample(6)
				config.Max = 20
				config.Autoscaler.Grows, config.Autoscaler.Unneeded = true, 20*time.Second
				config.Update.Policy.Strategy, config.Update.Policy.Autoscaler = strategy, upgrade.AutoscalerAnnotate
				config.Workloads = append(config.Workloads, Workload{Kind: Deployment, Name: "batch", Replicas: 5, CPU: 3000})
				w := New(config)
				w.At(at, func(w *World) { w.AddPods("batch", 5) })
				out, err := Run(t.Context(), w, 24*time.Hour)
				if err != nil {
					t.Fatal(err)
				}
				if status := out.Result.Record.Run.Verdict.Status; status != upgrade.Successful || w.tally.ScaledIn > 0 {
					t.Errorf("%s, and Auto Scaling has terminated %d instances\n%s", status, w.tally.ScaledIn, w.Story())
				}
				w.AdvanceBy(10 * time.Minute)
				if w.cloud.size.Desired < 9 {
					t.Errorf("10 pods need a node each, one of them is of another group, and the desired size is %d\n%s", w.cloud.size.Desired, w.Story())
				}
			})
		}
	}
}

// TestAScaleDownUnderWay begins an update while Cluster Autoscaler is removing a node: it has set its taint,
// has asked for the termination, or has stopped in between. The owner has one node less then, and not a
// node that no pod can go to.
func TestAScaleDownUnderWay(t *testing.T) {
	for _, mode := range []upgrade.AutoscalerMode{upgrade.AutoscalerSuspend, upgrade.AutoscalerAnnotate} {
		for _, strategy := range upgrade.Strategies() {
			for before := time.Duration(0); before < 40*time.Second; before += 500 * time.Millisecond {
				t.Run(fmt.Sprintf("%s, %s, %s", mode, strategy, before), func(t *testing.T) {
					config := Sample(4)
					config.Workloads = nil // all nodes are empty, and three are kept
					config.Min, config.Autoscaler.Unneeded = 3, time.Second
					config.Update.Policy.Strategy, config.Update.Policy.Autoscaler = strategy, mode
					w := New(config)
					w.AdvanceBy(before)
					w.Begin(config.Update)
					out, err := Run(t.Context(), w, 24*time.Hour)
					if err != nil {
						t.Fatal(err)
					}
					if status := out.Result.Record.Run.Verdict.Status; status != upgrade.Successful {
						t.Errorf("%s\n%s", status, w.Story())
					}
					removed := strings.Count(w.Story().String(), "Cluster Autoscaler removes")
					if w.cloud.size.Desired != 4-removed {
						t.Errorf("Cluster Autoscaler has removed %d of 4 nodes, and the desired size is %d\n%s", removed, w.cloud.size.Desired, w.Story())
					}
					if waits := w.Events("SizesChanged"); len(waits) > 1 {
						t.Errorf("the sizes have changed more than once: %v", waits)
					}
				})
			}
		}
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
