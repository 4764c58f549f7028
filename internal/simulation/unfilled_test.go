package simulation_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/simulation"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// TestPlacesThatWereNeverFilledAreGivenBack takes all capacity away at the beginning. The update fails
// with a raised desired size and no instance for it. The size has to go down again, so that nothing is
// launched when capacity comes back, whether that is long after the end or at any moment around it.
func TestPlacesThatWereNeverFilledAreGivenBack(t *testing.T) {
	zones := []string{"us-west-2a", "us-west-2b", "us-west-2c"}
	moments := []time.Duration{12 * time.Hour}
	for at := 14 * time.Minute; at < 20*time.Minute; at += 7 * time.Second {
		moments = append(moments, at)
	}
	for _, at := range moments {
		t.Run(fmt.Sprintf("capacity is back after %s", at), func(t *testing.T) {
			t.Parallel()
			w := simulation.New(simulation.Sample(3))
			for _, zone := range zones {
				w.SetCapacity(zone, false)
				w.At(at, func(w *simulation.World) { w.SetCapacity(zone, true) })
			}
			out, err := simulation.Run(t.Context(), w, 6*time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			w.AdvanceBy(24 * time.Hour)
			end, run := w.State(), out.Result.Record.Run
			if want := (upgrade.Size{Max: 4, Desired: 3}); end.Size != want {
				t.Errorf("the sizes are %s, want %s", end.Size, want)
			}
			if len(run.Owed) > 0 {
				t.Errorf("owed: %q", run.Owed)
			}
			if launched := w.Tally().Launched; at > time.Hour && launched > 0 {
				t.Errorf("%d instances were launched after the end", launched)
			}
			if len(end.Suspended) > 0 {
				t.Errorf("suspended: %v", end.Suspended)
			}
		})
	}
}
