package plan_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/upgrade"
)

var noon = time.Date(2026, time.September, 21, 12, 0, 0, 0, time.UTC)

// known is a record in which zone b has been waited for for a minute.
func known() upgrade.Record {
	return upgrade.Record{Run: upgrade.Run{
		Phase:  upgrade.ScaleUp,
		Timers: []upgrade.Timer{{Key: plan.Zone("b"), Since: noon.Add(-time.Minute)}},
		Drains: []upgrade.Drain{{Instance: "i-1"}},
		Waits:  []upgrade.Wait{{Key: plan.Drain("i-1")}, {Key: plan.Drain("i-2")}, {Key: plan.Zone("b")}},
	}}
}

func TestTheFirstRuleThatDecidesEndsTheList(t *testing.T) {
	var asked []string
	rule := func(name string, d plan.Decision) func(int, *plan.Plan) plan.Decision {
		return func(int, *plan.Plan) plan.Decision {
			asked = append(asked, name)
			return d
		}
	}
	p := plan.New(noon, known())
	got := plan.FirstOf(0, p, rule("first", plan.Nothing), rule("second", plan.Wait), rule("third", plan.Act))
	if diff := cmp.Diff([]string{"first", "second"}, asked); diff != "" || got != plan.Wait {
		t.Errorf("decided %v after (-want +got):\n%s", got, diff)
	}
}

func TestAWaitGoesOnFromPassToPass(t *testing.T) {
	p := plan.New(noon, known())
	if waited := p.WaitFor(plan.Zone("b"), 70*time.Second, "zone b"); waited != time.Minute {
		t.Errorf("zone b is waited for since %s, want 1m", waited)
	}
	if waited := p.WaitFor(plan.Zone("c"), time.Hour, "zone c"); waited != 0 {
		t.Errorf("zone c is waited for since %s, want 0s", waited)
	}
	if p.Look > 10*time.Second {
		t.Errorf("the next look is in %s, want it at the limit in 10s", p.Look)
	}
}

// Remember changes the record of the plan only. The record that the pass began with stays.
func TestRememberingLeavesTheRecordAsItWas(t *testing.T) {
	record := known()
	p := plan.New(noon, record)
	p.Remember(func(r *upgrade.Run) {
		r.RemoveDrain("i-1")
		plan.EndWaitsOfDrains(r)
	})
	if diff := cmp.Diff(known(), record); diff != "" {
		t.Errorf("the record changed (-want +got):\n%s", diff)
	}
	want := []upgrade.Wait{{Key: plan.Zone("b")}}
	if diff := cmp.Diff(want, p.Record.Run.Waits); diff != "" || !p.Intends() {
		t.Errorf("the waits to save differ (-want +got):\n%s", diff)
	}
}

func TestANewPhaseEndsTheWaitsOfTheOneBefore(t *testing.T) {
	p := plan.New(noon, known())
	p.Enter(upgrade.Upgrading)
	run := p.Record.Run
	if len(run.Waits) > 0 || len(run.Timers) > 0 || len(run.Phases) != 1 || run.Phases[0].Phase != upgrade.Upgrading {
		t.Errorf("phases %v, waits %v, timers %v", run.Phases, run.Waits, run.Timers)
	}
}

func TestACallThatKeepsFailingKeepsItsStart(t *testing.T) {
	record := known()
	record.Run.FailedCalls = []upgrade.FailedCall{{Reason: "Resizing", Code: "Unknown", Since: noon.Add(-time.Minute)}}
	for code, want := range map[string]time.Time{"Unknown": noon.Add(-time.Minute), upgrade.AccessDenied: noon} {
		p := plan.New(noon, record)
		p.CallFailed(upgrade.FailedCall{Reason: "Resizing", Code: code, Message: "no", Limit: time.Hour})
		if got := p.FailedCalls[0].Since; !got.Equal(want) {
			t.Errorf("it has failed with %s since %s, want %s", code, got, want)
		}
	}
}
