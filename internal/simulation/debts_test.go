package simulation_test

import (
	"strings"
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/simulation"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// TestOneDebtDoesNotBlockTheOthers forbids one call of the restoring for good. Whatever does not need
// that call is restored nevertheless, and what is still owed names its own cause.
func TestOneDebtDoesNotBlockTheOthers(t *testing.T) {
	for name, c := range map[string]struct {
		method string
		soon   bool   // Cluster Autoscaler is resumed before the call is given up
		owed   string // what is owed at the end, and why
	}{
		"The processes cannot be resumed.": {"Groups.SetProcesses", true, "suspended: Groups.SetProcesses: the connection was reset"},
		"The sizes cannot be lowered.":     {"Groups.Terminate", false, "instead of the owner's desired 3, maximum 4: Groups.Terminate: the connection was reset"},
		"The template cannot be restored.": {"Templates.Use", true, "launch template reference is not restored; it was $Latest: Templates.Use: the connection was reset"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := simulation.New(simulation.Sample(3))
			began := w.Now()
			w.WhenEnding(func(w *simulation.World) {
				w.Forbid(c.method, 12*time.Hour)
				w.At(w.Now().Sub(began)+14*time.Minute, func(w *simulation.World) {
					if got := w.State().Autoscaler; got != "1 replicas, held by []" && c.soon {
						t.Errorf("after 14m Cluster Autoscaler has %s", got)
					}
				})
			})
			out, err := simulation.Run(t.Context(), w, 6*time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			end := w.State()
			if end.Autoscaler != "1 replicas, held by []" {
				t.Errorf("Cluster Autoscaler has %s", end.Autoscaler)
			}
			if len(end.Marks) > 0 {
				t.Errorf("nodes still carry marks: %v", end.Marks)
			}
			run := out.Result.Record.Run
			if run.Verdict.Status != upgrade.Successful || !strings.Contains(strings.Join(run.Owed, "\n"), c.owed) {
				t.Errorf("%s, owed %q, want %q", run.Verdict.Status, run.Owed, c.owed)
			}
		})
	}
}
