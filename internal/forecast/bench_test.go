package forecast_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/forecast"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// BenchmarkUpgrade upgrades groups of 10 to 5,000 nodes with 10 pods each, a
// tenth of them at once. Run it with -benchtime 1x. It reports the virtual time
// against the floor, and what the upgrade costs in evictions, launches and calls.
func BenchmarkUpgrade(b *testing.B) {
	for _, nodes := range []int{10, 100, 1000, 5000} {
		b.Run(fmt.Sprintf("nodes=%d", nodes), func(b *testing.B) {
			config := crowd(nodes)
			for b.Loop() {
				w := forecast.New(config)
				out, err := forecast.Run(b.Context(), w, 10*24*time.Hour)
				if err != nil {
					b.Fatal(err)
				}
				report(b, config, w, out)
			}
		})
	}
}

// crowd is a group whose nodes run ten pods each, with budgets that leave room.
func crowd(nodes int) forecast.Config {
	c := forecast.Sample(nodes)
	c.Update.Policy.MaxUnavailable = upgrade.Count{Value: 10, Percent: true}
	c.Workloads = []forecast.Workload{{Kind: forecast.DaemonSet, Name: "agent"}}
	for n := range 10 {
		c.Workloads = append(c.Workloads, forecast.Workload{
			Kind: forecast.Deployment, Name: fmt.Sprintf("load-%d", n), Replicas: nodes, CPU: 50, Spread: forecast.SpreadSoft,
			Budgets: []forecast.Budget{{Name: fmt.Sprintf("load-%d", n), MaxUnavailable: new(max(1, nodes/2))}},
		})
	}
	return c
}

func report(b *testing.B, c forecast.Config, w *forecast.World, out forecast.Outcome) {
	b.Helper()
	nodes := float64(c.Nodes)
	cloud := 0
	for _, call := range w.Calls() {
		if strings.HasPrefix(call.Method, "Groups.") || strings.HasPrefix(call.Method, "Templates.") || strings.HasPrefix(call.Method, "Images.") {
			cloud++
		}
	}
	tally := w.Tally()
	b.ReportMetric(out.Took.Seconds(), "virtual-s")
	b.ReportMetric(out.Took.Seconds()/floor(c, tally.Peak-c.Nodes).Seconds(), "of-floor")
	b.ReportMetric(float64(tally.Evicted)/(10*nodes), "evictions/pod")
	b.ReportMetric(float64(tally.Refused)/(10*nodes), "refusals/pod")
	b.ReportMetric(float64(tally.Launched)/nodes, "launches/node")
	b.ReportMetric(float64(cloud)/nodes, "cloud-calls/node")
	b.ReportMetric(float64(len(w.Calls())-cloud)/nodes, "other-calls/node")
}

// floor is the least time that the nine steps allow with these delays. The nth
// node is drained when one before it has left its place among those in flight,
// and another one's replacement has given back the capacity that it took. What
// was added, which is as many as it took to have one in each zone, goes the same
// way at the end.
func floor(c forecast.Config, surge int) time.Duration {
	d, policy := c.Delays, c.Update.Policy
	up := d.React + d.Boot + d.Join + d.Ready + policy.MinReady
	flying := d.Stop + policy.CordonWait
	atOnce := policy.MaxUnavailable.Of(c.Nodes)
	starts := make([]time.Duration, c.Nodes+surge)
	var end time.Duration
	for n := range starts {
		starts[n] = up
		if n >= c.Nodes {
			starts[n] = starts[c.Nodes-1] + flying
		}
		if n >= atOnce {
			starts[n] = max(starts[n], starts[n-atOnce]+inFlight(c, n-atOnce))
		}
		if n >= surge {
			starts[n] = max(starts[n], starts[n-surge]+flying+up)
		}
		end = max(end, starts[n]+inFlight(c, n))
	}
	return end
}

// inFlight is how long the nth node is in flight. Those that were added may be
// empty when they go.
func inFlight(c forecast.Config, n int) time.Duration {
	if n >= c.Nodes {
		return c.Update.Policy.CordonWait
	}
	return c.Delays.Stop + c.Update.Policy.CordonWait
}
