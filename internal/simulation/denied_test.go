package simulation_test

import (
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/simulation"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// TestDeniedPodsDoNotStarveTheOthers drains six nodes at a time that run many pods whose eviction a
// webhook denies. The other pods leave soon, and nobody is asked again and again without a pause.
func TestDeniedPodsDoNotStarveTheOthers(t *testing.T) {
	config := simulation.Sample(12)
	config.Machine = simulation.Machine{CPU: 8000, Pods: 110}
	config.Update.Policy.MaxUnavailable = upgrade.Count{Value: 6}
	config.Workloads = append(config.Workloads,
		simulation.Workload{Kind: simulation.Deployment, Name: "denied", Replicas: 600, CPU: 5, Spread: simulation.SpreadSoft, WebhookRefuses: 1000 * time.Hour},
		simulation.Workload{Kind: simulation.Deployment, Name: "willing", Replicas: 120, CPU: 5, Spread: simulation.SpreadSoft},
	)
	w := simulation.New(config)
	w.At(3*time.Minute, func(w *simulation.World) { // the drains started in the first one
		if got := w.Evicted("willing"); got < 50 { // about 10 run on each of the 6 nodes
			t.Errorf("%d of the pods that nothing keeps have left after 3m, want all of 6 nodes", got)
		}
	})
	out, err := simulation.Run(t.Context(), w, limit)
	if err != nil {
		t.Fatal(err)
	}
	if run := out.Result.Record.Run; run.Verdict.Status != upgrade.Failed {
		t.Errorf("the upgrade ends %s, want it to fail at the drain limit", run.Verdict.Status)
	}
	// 300 pods are asked for 15 minutes, at most every 2, 4, 8, 16 and then 30 s: 34 times each.
	if got := w.Tally().Refused; got > 300*34 {
		t.Errorf("%d evictions were refused, want fewer than %d", got, 300*34)
	}
}
