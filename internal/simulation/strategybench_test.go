package simulation_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/simulation"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// BenchmarkStrategies compares the strategies for the table in docs/strategies.md. Run it
// with -benchtime 1x.
func BenchmarkStrategies(b *testing.B) {
	for _, load := range []string{"sample", "sample-x3", "hard-spread"} {
		for _, nodes := range []int{3, 9, 30} {
			for _, strategy := range upgrade.Strategies() {
				b.Run(fmt.Sprintf("%s/nodes=%d/%s", load, nodes, strategy), func(b *testing.B) {
					for b.Loop() {
						compare(b, withNodes(nodes, withStrategy(strategy), withWorkloads(load))())
					}
				})
			}
		}
	}
}

// withWorkloads sets the workloads by name: "sample", "sample-x3" with three times the pods
// and the same allowed disruptions, or "hard-spread" with a hard spread over zones.
func withWorkloads(name string) func(*simulation.Config) {
	return func(c *simulation.Config) {
		for i := range c.Workloads {
			load := &c.Workloads[i]
			if name == "hard-spread" && load.Spread == simulation.SpreadSoft {
				load.Spread = simulation.SpreadHard
			}
			if name != "sample-x3" || load.Replicas < 2 {
				continue
			}
			if m := load.Budgets[0].MinAvailable; m != nil {
				load.Budgets[0].MinAvailable = new(3*load.Replicas - (load.Replicas - *m))
			}
			load.Replicas *= 3
		}
	}
}

// compare plays one upgrade and reports its time and costs.
func compare(b *testing.B, c simulation.Config) {
	b.Helper()
	w := simulation.New(c)
	const tick = 5 * time.Second
	var extra time.Duration
	for at := tick; at < 4*time.Hour; at += tick {
		w.At(at, func(w *simulation.World) { extra += tick * time.Duration(max(0, w.State().Size.Desired-c.Nodes)) })
	}
	out, err := simulation.Run(b.Context(), w, 4*time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	pods := 0
	for _, load := range c.Workloads {
		pods += load.Replicas
	}
	tally := w.Tally()
	b.ReportMetric(out.Took.Minutes(), "min")
	b.ReportMetric(float64(tally.Launched)/float64(c.Nodes), "launches/node")
	b.ReportMetric(float64(tally.Evicted)/float64(pods), "evictions/pod")
	b.ReportMetric(float64(tally.Refused), "refusals")
	b.ReportMetric(extra.Minutes(), "extra-node-min")
	failed := 0.0
	if v := out.Result.Record.Run.Verdict; v.Status != upgrade.Successful {
		failed = 1
		b.Logf("it ends %+v", v)
	}
	b.ReportMetric(failed, "failed")
	b.Logf("zones at the end: %v", w.State().Nodes)
}
