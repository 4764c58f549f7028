package kube

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// Whoever has kubectl alone reads in a sentence what an update waits for, or why it
// has ended as it has.
func TestTheMessageSaysWhatIsSo(t *testing.T) {
	waits := []upgrade.Wait{{Message: "zone a has no new node yet"}}
	for name, tc := range map[string]struct {
		record upgrade.Record
		want   string
	}{
		"waits":                 {upgrade.Record{Run: upgrade.Run{Phase: upgrade.ScaleUp, Waits: waits}}, "zone a has no new node yet"},
		"paused":                {upgrade.Record{Run: upgrade.Run{Phase: upgrade.ScaleUp, Waits: waits}, Update: upgrade.Update{PauseRequested: true, Paused: true}}, "spec.paused is false"},
		"is left":               {upgrade.Record{Run: upgrade.Run{Phase: upgrade.ScaleUp, Waits: waits}, Update: upgrade.Update{Name: "u", Leaving: true, Paused: true}}, "nobody is working on it; to continue, run: nodelift resume update u"},
		"paused and left":       {upgrade.Record{Run: upgrade.Run{Phase: upgrade.ScaleUp, Waits: waits}, Update: upgrade.Update{PauseRequested: true, Leaving: true, Paused: true}}, "spec.paused is false"},
		"is about to be paused": {upgrade.Record{Run: upgrade.Run{Phase: upgrade.ScaleUp}, Update: upgrade.Update{PauseRequested: true}}, ""},
		"works":                 {upgrade.Record{Run: upgrade.Run{Phase: upgrade.ScaleUp}}, ""},
		"success":               {upgrade.Record{Run: upgrade.Run{Phase: upgrade.Done, Verdict: &upgrade.Verdict{Status: upgrade.Successful}}}, ""},
		"failed and owes": {upgrade.Record{Run: upgrade.Run{
			Phase: upgrade.Done, Owed: []string{"one node too many"},
			Verdict: &upgrade.Verdict{Status: upgrade.Failed, Errors: []upgrade.Error{{Message: "it is EKS's"}, {Message: "it has a warm pool"}}},
		}}, "it is EKS's; it has a warm pool; one node too many"},
	} {
		t.Run(name, func(t *testing.T) {
			update := theUpdate()
			describe(update, tc.record)
			if got := update.Status.Message; got != tc.want && (tc.want == "" || !strings.Contains(got, tc.want)) {
				t.Errorf("it says %q, want %q", got, tc.want)
			}
		})
	}
}

// What an update goes by is to be seen, wherever it comes from, and the strategy is
// the one that it has begun with.
func TestTheSettingsInForceAreShown(t *testing.T) {
	update, policy := theUpdate(), upgrade.DefaultPolicy()
	policy.MaxUnavailable, policy.Soak = upgrade.Count{Value: 25, Percent: true}, 5*time.Minute
	record := upgrade.Record{Update: upgrade.Update{Policy: policy}, Run: upgrade.Run{Phase: upgrade.Upgrading, Strategy: upgrade.Minimal}}
	describe(update, record)
	s := update.Status.Settings
	if s.Strategy != v1alpha1.StrategyMinimal || s.MaxUnavailable.String() != "25%" || s.Soak.Duration != 5*time.Minute ||
		s.DrainTimeout.Duration != 15*time.Minute || s.OnDrainTimeout != v1alpha1.OnDrainTimeoutFail || s.Autoscaler != v1alpha1.AutoscalerAnnotate {
		t.Errorf("in force are %+v", s)
	}
	record.Run.Strategy = "FAST" // by hand: the API server would refuse it here, and every word with it
	describe(update, record)
	if s := update.Status.Settings; s.Strategy != v1alpha1.StrategyDefault {
		t.Errorf("in force is strategy %s", s.Strategy)
	}
}

// A node group that owes says what, and that it is kept for that.
func TestANodeGroupSaysWhatItIsOwed(t *testing.T) {
	group := theGroup()
	ledger := upgrade.Ledger{
		Sizes:    &upgrade.Sizes{Owner: upgrade.Size{Max: 4, Desired: 3}},
		Template: &upgrade.TemplateDebt{Before: upgrade.TemplateRef{Version: "$Latest"}}, Processes: []string{"AZRebalance"}, Autoscaler: true, Marks: true,
	}
	setGroupConditions(group, upgrade.Record{Update: upgrade.Update{Name: "a"}, Ledger: ledger})
	c := meta.FindStatusCondition(group.Status.Conditions, v1alpha1.ConditionCapacityRestored)
	for _, words := range []string{"update a has", "desired 3, maximum 4", "$Latest", "AZRebalance", "Cluster Autoscaler", "marks on its nodes", "kept, even if it is deleted"} {
		if !strings.Contains(c.Message, words) {
			t.Errorf("nothing says %q: %s", words, c.Message)
		}
	}
}

// While an update is paused, a pass may still mark a node that has just joined. Whoever looks at that
// moment has to find it paused.
func TestAPausedUpdateStaysPausedInEachPass(t *testing.T) {
	update := theUpdate()
	progressing := func(asked, paused bool) metav1.ConditionStatus {
		describe(update, upgrade.Record{
			Run:    upgrade.Run{Phase: upgrade.Upgrading},
			Update: upgrade.Update{PauseRequested: asked, Paused: paused},
		})
		return meta.FindStatusCondition(update.Status.Conditions, v1alpha1.ConditionProgressing).Status
	}
	got := []metav1.ConditionStatus{progressing(true, false), progressing(true, true), progressing(true, false), progressing(false, false)}
	want := []metav1.ConditionStatus{metav1.ConditionTrue, metav1.ConditionFalse, metav1.ConditionFalse, metav1.ConditionTrue}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("on the way to the pause, paused, a pass that acts, resumed (-want +got):\n%s", diff)
	}
}
