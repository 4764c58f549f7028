package simulation_test

import (
	"strings"
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/simulation"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// changes are the calls that change something.
func changes() []string {
	return []string{
		"Groups.Resize", "Groups.SetProcesses", "Groups.Terminate", "Templates.CreateVersion", "Templates.Use",
		"Nodes.Mark", "Nodes.Unmark", "Nodes.LabelImage", "Pods.Evict", "Autoscaler.Suspend", "Autoscaler.Resume",
	}
}

// A call that changes something gets through no more, from the beginning or from some time on. The update
// ends nevertheless, and says which call it was: in its error, or in what it still owes.
func TestAChangeThatKeepsFailing(t *testing.T) {
	for _, strategy := range []upgrade.Strategy{upgrade.Default, upgrade.Minimal, upgrade.Lean} {
		for _, method := range changes() {
			for _, from := range []time.Duration{0, 65 * time.Second, 3 * time.Minute} {
				t.Run(string(strategy)+" without "+method+" from "+from.String(), func(t *testing.T) {
					t.Parallel()
					c := simulation.Sample(3)
					c.Update.Policy.Strategy = strategy
					w := simulation.New(c)
					w.At(from, func(w *simulation.World) { w.Forbid(method, 100*time.Hour) })
					out, err := simulation.Run(t.Context(), w, 6*time.Hour)
					if err != nil {
						t.Fatal(err)
					}
					run := out.Result.Record.Run
					said := strings.Join(run.Owed, "\n")
					for _, e := range run.Verdict.Errors {
						said += "\n" + e.Message
					}
					if whole := run.Verdict.Status == upgrade.Successful && len(run.Owed) == 0; !whole && !strings.Contains(said, method) {
						t.Errorf("it ends %s and does not name %s: %s", run.Verdict.Status, method, said)
					}
				})
			}
		}
	}
}
