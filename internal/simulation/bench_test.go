package simulation_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/simulation"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// BenchmarkUpgrade upgrades groups of 10 to 5,000 nodes with 10 pods each, a tenth of
// them at once. Without jitter many nodes are empty at the same moment; with delays that
// vary by 30 % they are empty one by one. Run it with -benchtime 1x. It reports the
// virtual time as a multiple of the floor, and evictions, launches and calls, as means
// over several seeds, and the worst multiple.
func BenchmarkUpgrade(b *testing.B) {
	for _, of := range []struct {
		nodes, seeds int
		jitter       float64
	}{{10, 10, 0}, {100, 10, 0}, {1000, 5, 0}, {5000, 1, 0}, {10, 10, 0.3}, {100, 10, 0.3}, {1000, 3, 0.3}} {
		b.Run(fmt.Sprintf("nodes=%d/jitter=%v", of.nodes, of.jitter), func(b *testing.B) {
			for b.Loop() {
				var all totals
				for seed := range of.seeds {
					config := largeGroup(of.nodes)
					config.Seed, config.Jitter = uint64(seed+1), of.jitter
					w := simulation.New(config)
					out, err := simulation.Run(b.Context(), w, 10*24*time.Hour)
					if err != nil {
						b.Fatal(err)
					}
					all.add(config, w, out)
				}
				all.report(b)
			}
		})
	}
}

// TestDescribesDoNotGrow checks that a large group is not described more often than a
// small one, even when its nodes are empty one by one.
func TestDescribesDoNotGrow(t *testing.T) {
	for _, nodes := range []int{10, 100, 300} {
		t.Run(fmt.Sprintf("%d nodes", nodes), func(t *testing.T) {
			t.Parallel()
			config := largeGroup(nodes)
			config.Jitter = 0.3
			if nodes > 100 { // the largest maxUnavailable
				config.Update.Policy.MaxUnavailable = upgrade.Count{Value: 100}
			}
			w := simulation.New(config)
			out, err := simulation.Run(t.Context(), w, 24*time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			var all totals
			all.add(config, w, out)
			if perMinute := all.describes / all.minutes; perMinute > 22 {
				t.Errorf("%.1f describes a minute, want at most 22", perMinute)
			}
		})
	}
}

// largeGroup returns a group whose nodes run ten pods each, with budgets that allow
// enough disruptions.
func largeGroup(nodes int) simulation.Config {
	c := simulation.Sample(nodes)
	c.Update.Policy.MaxUnavailable = upgrade.Count{Value: 10, Percent: true}
	c.Workloads = []simulation.Workload{{Kind: simulation.DaemonSet, Name: "agent"}}
	for n := range 10 {
		c.Workloads = append(c.Workloads, simulation.Workload{
			Kind: simulation.Deployment, Name: fmt.Sprintf("load-%d", n), Replicas: nodes, CPU: 50, Spread: simulation.SpreadSoft,
			Budgets: []simulation.Budget{{Name: fmt.Sprintf("load-%d", n), MaxUnavailable: new(max(1, nodes/2))}},
		})
	}
	return c
}

// totals adds up what the upgrades of groups of one size took.
type totals struct {
	runs, nodes, evicted, refused, launched float64
	changes, describes, minutes             float64 // of the cloud
	cluster                                 float64 // requests to the API server
	ofFloor, worst                          float64
}

func (t *totals) add(c simulation.Config, w *simulation.World, out simulation.Outcome) {
	for _, call := range w.Calls() {
		switch room, _, _ := strings.Cut(call.Method, "."); {
		case slices.Contains([]string{"Nodes.Nodes", "Pods.Occupancy", "Pods.Unschedulable", "Autoscaler.State"}, call.Method):
			// answered by watches
		case !slices.Contains([]string{"Groups", "Templates", "Images"}, room):
			t.cluster++
		case call.Write:
			t.changes++
		default:
			t.describes++
		}
	}
	t.minutes += out.Took.Minutes()
	tally := w.Tally()
	ratio := out.Took.Seconds() / floor(c, tally.Peak-c.Nodes).Seconds()
	t.runs++
	t.nodes += float64(c.Nodes)
	t.ofFloor += ratio
	t.worst = max(t.worst, ratio)
	t.evicted += float64(tally.Evicted)
	t.refused += float64(tally.Refused)
	t.launched += float64(tally.Launched)
}

func (t *totals) report(b *testing.B) {
	b.ReportMetric(t.ofFloor/t.runs, "of-floor")
	b.ReportMetric(t.worst, "of-floor-worst")
	b.ReportMetric(t.evicted/(10*t.nodes), "evictions/pod")
	b.ReportMetric(t.refused/(10*t.nodes), "refusals/pod")
	b.ReportMetric(t.launched/t.nodes, "launches/node")
	b.ReportMetric(t.changes/t.nodes, "cloud-changes/node")
	b.ReportMetric(t.describes/t.minutes, "describes/minute")
	b.ReportMetric(t.cluster/t.nodes, "cluster-calls/node")
}

// floor is the shortest time that an upgrade can take with these delays. The nth drain
// starts when there are fewer nodes in flight than maxUnavailable, and when the
// replacement of an earlier node is usable. The surge is removed in the same way at the
// end, except replacements that have not joined yet, which are removed at once.
func floor(c simulation.Config, surge int) time.Duration {
	up := c.Delays.React + c.Delays.Boot + c.Delays.Join + c.Delays.Ready + c.Update.Policy.MinReady
	atOnce := c.Update.Policy.MaxUnavailable.Of(c.Nodes)
	ends := make([]time.Duration, 0, c.Nodes+surge)
	for n := range c.Nodes {
		start := up
		if n >= atOnce {
			start = max(start, ends[n-atOnce])
		}
		if n >= surge {
			start = max(start, ends[n-surge]+up)
		}
		ends = append(ends, start+c.Delays.Stop+c.Update.Policy.CordonWait)
	}
	return giveBack(c, surge, up, ends)
}

// giveBack returns when the last node of the surge is gone.
func giveBack(c simulation.Config, surge int, up time.Duration, ends []time.Duration) time.Duration {
	end := slices.Max(ends)
	coming := 0
	for _, gone := range ends {
		if gone+up > end {
			coming++
		}
	}
	atOnce := c.Update.Policy.MaxUnavailable.Of(c.Nodes)
	rounds := (max(0, surge-coming) + atOnce - 1) / atOnce
	return end + time.Duration(rounds)*c.Update.Policy.CordonWait
}
