package kube

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

func theGroup() *v1alpha1.NodeGroup {
	return &v1alpha1.NodeGroup{ObjectMeta: named("workers-1"), Spec: v1alpha1.NodeGroupSpec{AutoScalingGroup: "workers", Region: "us-west-2"}}
}

func theUpdate() *v1alpha1.NodeGroupUpdate {
	update := &v1alpha1.NodeGroupUpdate{ObjectMeta: named("workers-1-a"), Spec: v1alpha1.NodeGroupUpdateSpec{
		NodeGroup: "workers-1", Target: &v1alpha1.Target{Version: "1.37"},
	}}
	update.UID = "uid-1"
	return update
}

func TestRecordSurvivesItsProcess(t *testing.T) {
	live := clusterWith(t, theGroup(), theUpdate())
	first := &records{live: live, watched: live, name: "workers-1-a"}
	record, err := first.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := upgrade.Update{
		Name: "workers-1-a", UID: "uid-1", Group: "workers", NodeGroup: "workers-1",
		Target: upgrade.Target{Version: "1.37"}, Policy: upgrade.DefaultPolicy(),
	}
	if diff := cmp.Diff(want, record.Update); diff != "" {
		t.Errorf("update, -want +got:\n%s", diff)
	}

	record.Ledger = upgrade.Ledger{Sizes: &upgrade.Sizes{Owner: upgrade.Size{Max: 3, Desired: 3}}, Marks: true}
	if record, err = first.SaveLedger(t.Context(), record); err != nil {
		t.Fatal(err)
	}
	record.Run = upgrade.Run{Phase: upgrade.ScaleUp, Started: time.Now(), Baseline: &upgrade.Baseline{Nodes: 3, Outdated: 3}}
	if record, err = first.SaveRun(t.Context(), record); err != nil {
		t.Fatal(err)
	}
	second, err := (&records{live: live, watched: live, name: "workers-1-a"}).Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(record, second); diff != "" {
		t.Errorf("after another start, -written +read:\n%s", diff)
	}
}

func TestRecordThatSomebodyChangedIsNotOverwritten(t *testing.T) {
	live := clusterWith(t, theGroup(), theUpdate())
	ours := &records{live: live, watched: live, name: "workers-1-a"}
	record, err := ours.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	theirs := &records{live: live, watched: live, name: "workers-1-a"}
	other, err := theirs.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	other.Ledger.Marks, other.Run.Phase = true, upgrade.ScaleDown
	if other, err = theirs.SaveLedger(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	if _, err = theirs.SaveRun(t.Context(), other); err != nil {
		t.Fatal(err)
	}

	record.Ledger.Autoscaler, record.Run.Phase = true, upgrade.Setup
	if _, err := ours.SaveLedger(t.Context(), record); !errors.Is(err, upgrade.ErrConflict) {
		t.Errorf("ledger: %v, want a conflict", err)
	}
	if _, err := ours.SaveRun(t.Context(), record); !errors.Is(err, upgrade.ErrConflict) {
		t.Errorf("run: %v, want a conflict", err)
	}
	kept, err := ours.Load(t.Context())
	if err != nil || kept.Run.Phase != upgrade.ScaleDown || kept.Ledger.Autoscaler {
		t.Errorf("kept %+v, %v", kept, err)
	}
}

func TestRecordOfWhatIsNotThere(t *testing.T) {
	live := clusterWith(t, theGroup())
	if _, err := (&records{live: live, watched: live, name: "workers-1-a"}).Load(t.Context()); !errors.Is(err, upgrade.ErrNotFound) {
		t.Errorf("no update: %v", err)
	}
	live = clusterWith(t, theUpdate())
	record, err := (&records{live: live, watched: live, name: "workers-1-a"}).Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if f := record.Update.Fault; f == nil || !f.Lost || f.Limit == 0 || !strings.Contains(f.Why, "workers-1 does not exist") {
		t.Errorf("no node group: the fault is %+v", f)
	}
}

func TestDeletingAnUpdateCancelsIt(t *testing.T) {
	update := theUpdate()
	update.Finalizers = []string{v1alpha1.Finalizer}
	live := clusterWith(t, theGroup(), update)
	if err := live.Delete(t.Context(), update); err != nil {
		t.Fatal(err)
	}
	record, err := (&records{live: live, watched: live, name: update.Name}).Load(t.Context())
	if err != nil || !record.Update.Cancelled {
		t.Errorf("cancelled %t, %v", record.Update.Cancelled, err)
	}
}

func TestPolicyIsTheUpdatesElseTheGroupsElseEKSs(t *testing.T) {
	group, update := theGroup(), theUpdate()
	group.Spec.UpdateConfig = &v1alpha1.UpdateConfig{MaxUnavailablePercentage: ptr.To[int32](33), UpdateStrategy: v1alpha1.StrategyMinimal}
	group.Spec.Settings = v1alpha1.Settings{
		DrainTimeout: &metav1.Duration{Duration: time.Hour}, CordonWait: &metav1.Duration{}, Autoscaler: v1alpha1.AutoscalerIgnore,
		RespectSafeToEvict: ptr.To(true), NodeOrder: v1alpha1.NodeOrderZone,
	}
	want := upgrade.DefaultPolicy()
	want.MaxUnavailable = upgrade.Count{Value: 33, Percent: true}
	want.DrainTimeout, want.CordonWait, want.Autoscaler = time.Hour, 0, upgrade.AutoscalerIgnore
	want.RespectSafeToEvict = true
	want.Strategy, want.NodeOrder = upgrade.Minimal, upgrade.ZoneByZone
	check := func() {
		t.Helper()
		got := toUpdate(update, group)
		if got.Fault != nil {
			t.Fatal(got.Fault)
		}
		if diff := cmp.Diff(want, got.Policy); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
	check()

	update.Spec.MaxUnavailable = ptr.To(intstr.FromInt32(2))
	update.Spec.Force = true
	update.Spec.Strategy = v1alpha1.StrategyLean
	update.Spec.Settings = v1alpha1.Settings{
		NodeOrder:    v1alpha1.NodeOrderOldest,
		DrainTimeout: &metav1.Duration{Duration: time.Minute}, Autoscaler: v1alpha1.AutoscalerAnnotate, RespectSafeToEvict: ptr.To(false),
	}
	want.MaxUnavailable, want.Force = upgrade.Count{Value: 2}, true
	want.Strategy, want.NodeOrder = upgrade.Lean, upgrade.Oldest
	want.DrainTimeout, want.Autoscaler, want.RespectSafeToEvict = time.Minute, upgrade.AutoscalerAnnotate, false
	check()

	update.Spec.MaxUnavailable = ptr.To(intstr.FromString("100%"))
	want.MaxUnavailable = upgrade.Count{Value: 100, Percent: true}
	check()
}

func TestSettingsFromBeforeTheSchemaAreRefused(t *testing.T) {
	for name, change := range map[string]func(*v1alpha1.NodeGroupUpdateSpec){
		"0":      func(s *v1alpha1.NodeGroupUpdateSpec) { s.MaxUnavailable = ptr.To(intstr.FromInt32(0)) },
		"101%":   func(s *v1alpha1.NodeGroupUpdateSpec) { s.MaxUnavailable = ptr.To(intstr.FromString("101%")) },
		"abc":    func(s *v1alpha1.NodeGroupUpdateSpec) { s.MaxUnavailable = ptr.To(intstr.FromString("abc")) },
		"5":      func(s *v1alpha1.NodeGroupUpdateSpec) { s.MaxUnavailable = ptr.To(intstr.FromString("5")) },
		"FAST":   func(s *v1alpha1.NodeGroupUpdateSpec) { s.Strategy = "FAST" },
		"Newest": func(s *v1alpha1.NodeGroupUpdateSpec) { s.NodeOrder = "Newest" },
		"LEAN by zone": func(s *v1alpha1.NodeGroupUpdateSpec) {
			s.Strategy, s.NodeOrder = v1alpha1.StrategyLean, v1alpha1.NodeOrderZone
		},
		"-1h":    func(s *v1alpha1.NodeGroupUpdateSpec) { s.DrainTimeout = &metav1.Duration{Duration: -time.Hour} },
		"-1":     func(s *v1alpha1.NodeGroupUpdateSpec) { s.Canary = &v1alpha1.Canary{Nodes: -1} },
		"kill":   func(s *v1alpha1.NodeGroupUpdateSpec) { s.Autoscaler = "kill" },
		"shrug":  func(s *v1alpha1.NodeGroupUpdateSpec) { s.OnDrainTimeout = "shrug" },
		"forced": func(s *v1alpha1.NodeGroupUpdateSpec) { s.Force, s.OnDrainTimeout = true, "quarantine" },
		"both":   func(s *v1alpha1.NodeGroupUpdateSpec) { s.RollbackOf = "workers-1-z" },
	} {
		t.Run(name, func(t *testing.T) {
			update := theUpdate()
			change(&update.Spec)
			asked := toUpdate(update, theGroup())
			if asked.Fault == nil || !strings.Contains(asked.Fault.Why, update.Name) || asked.Fault.Limit > 0 || asked.Fault.Lost {
				t.Errorf("the fault is %+v", asked.Fault)
			}
			update.Spec.Cancelled = true
			if asked = toUpdate(update, theGroup()); asked.Fault != nil || asked.Policy != upgrade.DefaultPolicy() {
				t.Errorf("cancelled, the fault is %+v and the policy %+v", asked.Fault, asked.Policy)
			}
		})
	}
}

func TestConditionsTellHowAnUpdateStands(t *testing.T) {
	failed := &upgrade.Verdict{Status: upgrade.Failed, Errors: []upgrade.Error{{Code: upgrade.PodEvictionFailure, Message: "shop/web"}}}
	held := []upgrade.Drain{{Node: "a", Blocked: []upgrade.BlockedPod{{Pod: "shop/web-0", Why: "budget shop/web needs 2 healthy pods and has 2"}}}}
	for name, tc := range map[string]struct {
		record upgrade.Record
		word   v1alpha1.UpdateStatus
		want   map[string]string // condition to status/reason
	}{
		"under way": {
			upgrade.Record{Run: upgrade.Run{Phase: upgrade.Upgrading, Drains: held}}, v1alpha1.UpdateInProgress,
			map[string]string{"Succeeded": "Unknown/InProgress", "Progressing": "True/Upgrade", "Blocked": "True/PodsHeld", "CapacityRestored": "Unknown/InProgress"},
		},
		"paused for bad health": {
			upgrade.Record{Run: upgrade.Run{Phase: upgrade.Upgrading, HealthPause: &upgrade.HealthPause{Why: "bad health"}}}, v1alpha1.UpdateInProgress,
			map[string]string{"Succeeded": "Unknown/InProgress", "Progressing": "False/BadHealth", "Blocked": "False/NothingBlocks", "CapacityRestored": "Unknown/InProgress"},
		},
		"paused by people": {
			upgrade.Record{Update: upgrade.Update{PauseRequested: true, Paused: true}, Run: upgrade.Run{Phase: upgrade.Upgrading}}, v1alpha1.UpdateInProgress,
			map[string]string{"Succeeded": "Unknown/InProgress", "Progressing": "False/Paused", "Blocked": "False/NothingBlocks", "CapacityRestored": "Unknown/InProgress"},
		},
		"restoring after a failure": {
			upgrade.Record{Run: upgrade.Run{Phase: upgrade.ScaleDown, Verdict: failed}}, v1alpha1.UpdateInProgress,
			map[string]string{"Succeeded": "False/PodEvictionFailure", "Progressing": "True/ScaleDown", "Blocked": "False/NothingBlocks", "CapacityRestored": "Unknown/InProgress"},
		},
		"failed, and owing": {
			upgrade.Record{Run: upgrade.Run{Phase: upgrade.Done, Verdict: failed, Owed: []string{"node a"}}}, v1alpha1.UpdateFailed,
			map[string]string{"Succeeded": "False/PodEvictionFailure", "Progressing": "False/Done", "Blocked": "False/NothingBlocks", "CapacityRestored": "False/Owing"},
		},
		"successful": {
			upgrade.Record{Run: upgrade.Run{Phase: upgrade.Done, Verdict: &upgrade.Verdict{Status: upgrade.Successful}}}, v1alpha1.UpdateSuccessful,
			map[string]string{"Succeeded": "True/Successful", "Progressing": "False/Done", "Blocked": "False/NothingBlocks", "CapacityRestored": "True/NothingOwed"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			update := theUpdate()
			update.Generation = 7
			describe(update, tc.record)
			got := map[string]string{}
			for _, c := range update.Status.Conditions {
				got[c.Type] = string(c.Status) + "/" + c.Reason
				if c.ObservedGeneration != 7 {
					t.Errorf("%s is of generation %d", c.Type, c.ObservedGeneration)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" || update.Status.Status != tc.word {
				t.Errorf("status %s, -want +got:\n%s", update.Status.Status, diff)
			}
		})
	}
}

func TestTargetAndProgressInWords(t *testing.T) {
	update := theUpdate()
	record := upgrade.Record{Update: upgrade.Update{Target: upgrade.Target{Version: "1.37"}}}
	describe(update, record)
	if update.Status.Target != "1.37" || update.Status.Progress != "" {
		t.Errorf("before: target %q, progress %q", update.Status.Target, update.Status.Progress)
	}
	record.Run.Resolved = &upgrade.Resolved{Image: upgrade.Image{ID: "ami-1", Release: "1.37.1-20260915"}}
	record.Run.Baseline = &upgrade.Baseline{Outdated: 12}
	record.Run.Counts.Replaced = 4
	describe(update, record)
	if update.Status.Target != "1.37 (ami-1)" || update.Status.Progress != "4/12" {
		t.Errorf("after: target %q, progress %q", update.Status.Target, update.Status.Progress)
	}
	if c := meta.FindStatusCondition(update.Status.Conditions, v1alpha1.ConditionSucceeded); c == nil {
		t.Error("no condition Succeeded")
	}
}

// What an update was rolled back by, and what a rollback undoes, is read from the
// two updates.
func TestRollback(t *testing.T) {
	first := theUpdate()
	first.Status.Resolved = &v1alpha1.Resolved{Before: &v1alpha1.TemplateVersion{ID: "lt-1", Number: 3}, Followed: "$Latest"}
	first.Status.Strategy = "DEFAULT"
	first.Status.Baseline = &v1alpha1.Baseline{Nodes: 3, Zones: 3, Taints: []string{"dedicated=web:NoSchedule"}}
	live := clusterWith(t, theGroup(), first)
	undone := &records{live: live, watched: live, name: first.Name}
	if record, err := undone.Load(t.Context()); err != nil || record.Update.RolledBackBy != "" {
		t.Fatalf("rolled back by %q, %v", record.Update.RolledBackBy, err)
	}
	for range 2 { // a second time it is there
		if err := undone.RollBack(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	record, err := undone.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := first.Name + "-rollback"; record.Update.RolledBackBy != want {
		t.Errorf("rolled back by %q, want %q", record.Update.RolledBackBy, want)
	}
	back, err := (&records{live: live, watched: live, name: record.Update.RolledBackBy}).Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := &upgrade.Rollback{
		Of:       first.Name,
		Undone:   &upgrade.Resolved{Before: upgrade.TemplateVersion{ID: "lt-1", Number: 3}, Followed: "$Latest"},
		Measured: &upgrade.Baseline{Nodes: 3, Zones: 3, Taints: []string{"dedicated=web:NoSchedule"}},
	}
	if diff := cmp.Diff(want, back.Update.Rollback); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if back.Update.Policy.Strategy != upgrade.Lean || back.Update.Target != (upgrade.Target{}) {
		t.Errorf("the rollback is %+v", back.Update)
	}
}

// A rollback of what is not there, or is another group's, has nothing to undo.
func TestRollbackOfNothing(t *testing.T) {
	other := theUpdate()
	other.Name, other.Spec.NodeGroup, other.UID = "other", "another", "uid-2"
	for _, of := range []string{"other", "nobody"} {
		back := theUpdate()
		back.Spec.Target, back.Spec.RollbackOf = nil, of
		live := clusterWith(t, theGroup(), back, other)
		record, err := (&records{live: live, watched: live, name: back.Name}).Load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(&upgrade.Rollback{Of: of, Ended: true}, record.Update.Rollback); diff != "" {
			t.Errorf("of %s, -want +got:\n%s", of, diff)
		}
	}
}
