package simulation_test

import (
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/simulation"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// TestLeftWhileTheCloudIsDown ends the process (Ctrl-C) before every few calls of an upgrade, while the
// cloud answers nothing: expired credentials. The observer checks that Cluster Autoscaler runs when the
// process has ended. When the cloud is back, another process finishes the upgrade.
func TestLeftWhileTheCloudIsDown(t *testing.T) {
	const absence = 20 * time.Minute
	for _, strategy := range upgrade.Strategies() {
		t.Run(string(strategy), func(t *testing.T) {
			config := withNodes(3, withStrategy(strategy))
			calls := callsOf(t, config())
			for call := 1; call < calls; call += 7 {
				w := simulation.New(config())
				w.Before(call, func(w *simulation.World) {
					w.CloudDown(absence / 2)
					w.EndProcess(absence)
				})
				out, err := simulation.Run(t.Context(), w, limit)
				if err != nil {
					t.Fatalf("left before call %d: %v", call, err)
				}
				if v := out.Result.Record.Run.Verdict; v == nil || v.Status != upgrade.Successful {
					t.Fatalf("left before call %d: it ends %+v", call, v)
				}
			}
		})
	}
}

// callsOf is how many calls the engine makes in a world without faults.
func callsOf(t *testing.T, config simulation.Config) int {
	t.Helper()
	w := simulation.New(config)
	if _, err := simulation.Run(t.Context(), w, limit); err != nil {
		t.Fatal(err)
	}
	return len(w.Calls())
}
