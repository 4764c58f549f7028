package simulation_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/simulation"
)

// TestNodesThatTheWatchDoesNotShowYet cancels an update while its new nodes join and take pods, and the
// watch shows each of them only 40 s later. An instance that has become a node is not terminated as one
// without pods: the observer sees what runs on it.
func TestNodesThatTheWatchDoesNotShowYet(t *testing.T) {
	for at := 30 * time.Second; at < 2*time.Minute; at += 5 * time.Second {
		t.Run(fmt.Sprintf("cancelled after %s", at), func(t *testing.T) {
			t.Parallel()
			config := simulation.Sample(3)
			config.NodesLate = 40 * time.Second
			w := simulation.New(config)
			w.At(20*time.Second, func(w *simulation.World) { w.AddPods("web", 400) })
			w.At(at, func(w *simulation.World) { w.Cancel() })
			if _, err := simulation.Run(t.Context(), w, 6*time.Hour); err != nil {
				t.Fatal(err)
			}
		})
	}
}
