package simulation_test

import (
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/simulation"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// rollbacks are the scenarios in which people change their mind.
func rollbacks() []scenario {
	return []scenario{
		rolledBack("early", 20*time.Second), rolledBack("midway", 4*time.Minute), rolledBack("late", 350*time.Second),
		rolledBack("midway-minimal", 4*time.Minute, withStrategy(upgrade.Minimal)), rolledBack("midway-lean", 3*time.Minute, withStrategy(upgrade.Lean)),
		rolledBackAfterwards(), rolledBackAfterFailure(), rolledBackByItself(), rolledBackTwice(), cancelledWhole(),
	}
}

// asBefore is the end of a rollback: the nodes are what they were.
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

// rolledBackAfterFailure fails over a budget when some nodes are new already.
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

// cancelledWhole is cancelled with the launch template put back.
func cancelledWhole() scenario {
	return scenario{
		name: "cancelled-with-template", config: withThreeNodes(),
		events: func(w *simulation.World) { w.At(4*time.Minute, (*simulation.World).CancelAndRestoreTemplate) },
		want:   simulation.State{Size: upgrade.Size{Max: 4, Desired: 3}, Template: simulation.OldImage + " by number", Status: upgrade.Cancelled},
	}
}

// TestNothingToRollBack holds that a rollback of an update that never found out
// what its target means says so, and changes nothing.
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

// TestRolledBackTooEarly holds that a rollback of a rollback that had not noted yet what
// was there before it takes away no node that is needed when it gives back.
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

// TestRollbackReachesEveryZone holds that a rollback gets through where few nodes are
// left to go back and Auto Scaling launches in other zones than that of their volumes
// first: nobody has chosen LEAN for it, which would launch no more.
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

// TestNothingToGoBackTo holds that an update whose group used the target before already
// is not rolled back when it fails: that would be the same once more.
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
