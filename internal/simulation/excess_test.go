package simulation_test

import (
	"strings"
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/simulation"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// excessInstances returns a world of nine nodes that are protected from scale in, with
// volumes in each zone. The owner has lowered the desired size to three.
func excessInstances() *simulation.World {
	c := simulation.Sample(9)
	c.Protected = true
	w := simulation.New(c)
	w.ChangeSizes(upgrade.Size{Max: -6, Desired: -6})
	w.Begin(c.Update)
	return w
}

// TestExcessInstances checks that an update of a group with more instances than its
// desired size fails in time and says why nothing is launched, and that its advice helps.
func TestExcessInstances(t *testing.T) {
	w := excessInstances()
	out, err := simulation.Run(t.Context(), w, limit)
	if err != nil {
		t.Fatal(err)
	}
	v := out.Result.Record.Run.Verdict
	if v.Status != upgrade.Failed || v.Errors[0].Code != upgrade.NodeCreationFailure {
		t.Fatalf("it ends %+v", v)
	}
	for _, word := range []string{"the group has 9 instances (9 of them protected from scale-in) and its desired size was 3", "a desired size equal to the number of instances"} {
		if !strings.Contains(v.Errors[0].Message, word) {
			t.Errorf("it does not say %q: %s", word, v.Errors[0].Message)
		}
	}
	w.ChangeSizes(w.ExcessInstances())
	again := w.Update()
	again.Name, again.UID = "update-2", "again"
	w.Begin(again)
	succeeds(t, w)
}

// TestExcessInstancesWithRoom checks that such an update continues when somebody raises
// the desired size.
func TestExcessInstancesWithRoom(t *testing.T) {
	w := excessInstances()
	w.At(5*time.Minute, func(w *simulation.World) { w.ChangeSizes(upgrade.Size{Max: 6, Desired: 6}) })
	succeeds(t, w)
}

func succeeds(t *testing.T, w *simulation.World) {
	t.Helper()
	out, err := simulation.Run(t.Context(), w, limit)
	if err != nil {
		t.Fatal(err)
	}
	if v := out.Result.Record.Run.Verdict; v.Status != upgrade.Successful {
		t.Errorf("it ends %+v\n%s", v, w.Story())
	}
}
