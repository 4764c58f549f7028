package simulation_test

import (
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/simulation"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// rollbacks returns the scenarios with rollbacks.
func rollbacks() []scenario {
	return []scenario{
		rolledBack("early", 20*time.Second), rolledBack("midway", 4*time.Minute), rolledBack("late", 350*time.Second),
		rolledBack("midway-minimal", 4*time.Minute, withStrategy(upgrade.Minimal)), rolledBack("midway-lean", 3*time.Minute, withStrategy(upgrade.Lean)),
		rolledBackAfterwards(), rolledBackAfterFailure(), rolledBackByItself(), rolledBackTwice(), cancelledWhole(),
	}
}

// asBefore is the end of a rollback: all nodes have the old image.
func asBefore() simulation.State {
	return simulation.State{
		Nodes: everywhere(simulation.OldImage), Size: upgrade.Size{Max: 4, Desired: 3},
		Template: simulation.OldImage + " by number", Status: upgrade.Successful,
	}
}

func rolledBack(when string, at time.Duration, change ...func(*simulation.Config)) scenario {
	return scenario{
		name: "rolled-back-" + when, config: withThreeNodes(change...), want: asBefore(),
		events: func(w *simulation.World) { w.At(at, (*simulation.World).RollBack) },
	}
}

func rolledBackAfterwards() scenario {
	return scenario{name: "rolled-back-afterwards", config: withThreeNodes(), want: asBefore(), rolledBack: true}
}

// rolledBackAfterFailure fails because of a budget when some nodes are replaced already.
func rolledBackAfterFailure() scenario {
	return scenario{name: "rolled-back-after-failure", config: withThreeNodes(stubborn), want: asBefore(), rolledBack: true}
}

func rolledBackByItself() scenario {
	return scenario{
		name: "rolled-back-on-failure", want: asBefore(),
		config: withThreeNodes(stubborn, func(c *simulation.Config) { c.Update.Policy.RollbackOnFailure = true }),
	}
}

// rolledBackTwice rolls the rollback back.
func rolledBackTwice() scenario {
	want := success()
	want.Template = simulation.NewImage + " by $Latest"
	return scenario{
		name: "rolled-back-twice", config: withThreeNodes(), want: want,
		events: func(w *simulation.World) {
			w.At(4*time.Minute, (*simulation.World).RollBack)
			w.At(6*time.Minute, (*simulation.World).RollBack)
		},
	}
}

// cancelledWhole is cancelled and its launch template is restored.
func cancelledWhole() scenario {
	return scenario{
		name: "cancelled-with-template", config: withThreeNodes(),
		events: func(w *simulation.World) { w.At(4*time.Minute, (*simulation.World).CancelAndRestoreTemplate) },
		want:   simulation.State{Size: upgrade.Size{Max: 4, Desired: 3}, Template: simulation.OldImage + " by number", Status: upgrade.Cancelled},
	}
}

// TestNothingToRollBack checks that a rollback fails and changes nothing if the other
// update never resolved its target.
func TestNothingToRollBack(t *testing.T) {
	config := simulation.Sample(3)
	config.Update.Target = upgrade.Target{Version: "1.99"}
	w := simulation.New(config)
	if _, err := simulation.Run(t.Context(), w, limit); err != nil {
		t.Fatal(err)
	}
	before := w.State()
	w.RollBack()
	out, err := simulation.Run(t.Context(), w, limit)
	if err != nil {
		t.Fatal(err)
	}
	v := out.Result.Record.Run.Verdict
	if v.Status != upgrade.Failed || v.Errors[0].Code != upgrade.ResourceNotFound {
		t.Errorf("it ends %+v", v)
	}
	if after := w.State(); after.Template != before.Template || after.Size != before.Size {
		t.Errorf("it was %+v, it is %+v", before, after)
	}
}

// TestRolledBackTooEarly rolls a rollback back before it has noted its baseline. When the
// surge is removed, enough usable nodes have to stay.
func TestRolledBackTooEarly(t *testing.T) {
	three := func(c *simulation.Config) { c.Update.Policy.MaxUnavailable = upgrade.Count{Value: 3} }
	for at := 5 * time.Second; at < 4*time.Minute; at += 3 * time.Second {
		w := simulation.New(withNodes(6, three)())
		again := func(w *simulation.World) {
			if w.Update().Rollback != nil {
				w.RollBack()
			}
		}
		w.At(at, func(w *simulation.World) {
			w.RollBack()
			for n := range 40 {
				w.In(n+1, again)
			}
		})
		if _, err := simulation.Run(t.Context(), w, limit); err != nil {
			t.Fatalf("rolled back twice at %s: %v", at, err)
		}
	}
}

// TestRollbackReachesEveryZone checks that a rollback succeeds when few nodes are left to
// roll back and Auto Scaling launches first in other zones than those of their volumes.
// No person chose LEAN for the rollback, so it may launch more than LEAN otherwise does.
func TestRollbackReachesEveryZone(t *testing.T) {
	for seed := range uint64(20) {
		w := simulation.New(withThreeNodes(stubborn, func(c *simulation.Config) { c.Seed = seed })())
		if _, err := simulation.Run(t.Context(), w, limit); err != nil {
			t.Fatal(err)
		}
		w.RollBack()
		out, err := simulation.Run(t.Context(), w, limit)
		if err != nil {
			t.Fatal(err)
		}
		if v := out.Result.Record.Run.Verdict; v.Status != upgrade.Successful {
			t.Errorf("with seed %d the rollback ends %+v", seed, v)
		}
	}
}

// TestNothingToGoBackTo checks that a failed update is not rolled back automatically if the
// group used the target already before it.
func TestNothingToGoBackTo(t *testing.T) {
	w := simulation.New(withThreeNodes(stubborn, func(c *simulation.Config) { c.Update.Policy.RollbackOnFailure = true })())
	w.At(4*time.Minute, (*simulation.World).Cancel)
	if _, err := simulation.Run(t.Context(), w, limit); err != nil {
		t.Fatal(err)
	}
	w.Retry()
	out, err := simulation.Run(t.Context(), w, limit)
	if err != nil {
		t.Fatal(err)
	}
	if v := out.Result.Record.Run.Verdict; v.Status != upgrade.Failed || w.Update().Rollback != nil {
		t.Errorf("it ends %+v, rolled back: %t\n%s", v, w.Update().Rollback != nil, w.Story())
	}
}
