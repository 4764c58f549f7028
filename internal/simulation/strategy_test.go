package simulation_test

import (
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/simulation"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// strategies returns the scenarios of strategies and node orders.
func strategies() []scenario {
	return []scenario{
		minimal(), minimalNeverJoins(), minimalWithoutRoom(), minimalNodeDies(), minimalCancelled(), lean(),
		leanSeveralAtOnce(), leanCancelled(), leanNodeDies(), oldestFirst(), zoneByZone(), fewestPodsFirst(), hardSpread(),
	}
}

// withStrategy sets the strategy.
func withStrategy(strategy upgrade.Strategy) func(*simulation.Config) {
	return func(c *simulation.Config) { c.Update.Policy.Strategy = strategy }
}

// withOrder sets the node order.
func withOrder(order upgrade.NodeOrder) func(*simulation.Config) {
	return func(c *simulation.Config) { c.Update.Policy.NodeOrder = order }
}

// withNodes returns the sample world with so many nodes, changed.
func withNodes(nodes int, change ...func(*simulation.Config)) func() simulation.Config {
	return func() simulation.Config {
		c := simulation.Sample(nodes)
		for _, f := range change {
			f(&c)
		}
		return c
	}
}

// minimal upgrades a group whose maximum size is its desired size.
func minimal() scenario {
	want := success()
	want.Size.Max = 3
	return scenario{name: "minimal", want: want, config: withThreeNodes(withStrategy(upgrade.Minimal), func(c *simulation.Config) { c.Min, c.Max = 3, 3 })}
}

func minimalNeverJoins() scenario {
	return scenario{
		name:   "minimal-never-joins",
		config: withThreeNodes(withStrategy(upgrade.Minimal), func(c *simulation.Config) { c.Update.Target = upgrade.Target{Image: simulation.BadImage} }),
		want: simulation.State{
			Nodes: everywhere(simulation.OldImage), Size: upgrade.Size{Max: 4, Desired: 3},
			Status: upgrade.Failed, Errors: []string{upgrade.NodeCreationFailure},
		},
		errorContains: []string{"us-west-2", "i-0000"},
	}
}

// minimalWithoutRoom has pods of which only two fit on a node, so that all nodes are needed.
func minimalWithoutRoom() scenario {
	big := simulation.Workload{
		Kind: simulation.Deployment, Name: "big", Replicas: 8, CPU: 1600,
		Budgets: []simulation.Budget{{Name: "big", MinAvailable: new(7)}},
	}
	return scenario{
		name:          "minimal-without-room",
		config:        withThreeNodes(withStrategy(upgrade.Minimal), func(c *simulation.Config) { c.Workloads = append(c.Workloads, big) }),
		want:          simulation.State{Size: upgrade.Size{Max: 4, Desired: 3}, Status: upgrade.Failed, Errors: []string{upgrade.PodEvictionFailure}},
		errorContains: []string{"pod default/big-", "is Pending", "MINIMAL adds none"},
	}
}

func minimalNodeDies() scenario {
	return scenario{
		name: "minimal-node-dies", config: withThreeNodes(withStrategy(upgrade.Minimal)), want: success(),
		events: func(w *simulation.World) {
			w.At(4*time.Minute, func(w *simulation.World) {
				_, instance := w.Node(0, true)
				w.Reclaim(instance)
			})
		},
	}
}

func minimalCancelled() scenario {
	return scenario{
		name: "minimal-cancelled", config: withThreeNodes(withStrategy(upgrade.Minimal)),
		events: func(w *simulation.World) { w.At(time.Minute, (*simulation.World).Cancel) },
		want:   simulation.State{Size: upgrade.Size{Max: 4, Desired: 3}, Status: upgrade.Cancelled},
	}
}

// hardSpread has pods that have to be even over the zones. They stay Pending if a node is
// drained before its zone has another one.
func hardSpread() scenario {
	return scenario{name: "hard-spread", config: withThreeNodes(withWorkloads("hard-spread")), want: success()}
}

func lean() scenario {
	return scenario{name: "lean", config: withThreeNodes(withStrategy(upgrade.Lean)), want: success()}
}

func leanSeveralAtOnce() scenario {
	want := success()
	want.Nodes, want.Size = nil, upgrade.Size{Max: 7, Desired: 6}
	return scenario{
		name: "lean-three-at-once", want: want,
		config: withNodes(6, withStrategy(upgrade.Lean), withOrder(upgrade.Oldest), func(c *simulation.Config) { c.Update.Policy.MaxUnavailable.Value = 3 }),
	}
}

// TestLeanEndsEven checks, with the observer, that LEAN ends with even zones, whatever the
// number of nodes and wherever Auto Scaling launches the odd ones.
func TestLeanEndsEven(t *testing.T) {
	for nodes := 3; nodes <= 12; nodes++ {
		for seed := range uint64(20) {
			c := withNodes(nodes, withStrategy(upgrade.Lean))()
			c.Seed = seed + 1
			w := simulation.New(c)
			out, err := simulation.Run(t.Context(), w, limit)
			if err != nil {
				t.Fatalf("%d nodes, seed %d: %v", nodes, c.Seed, err)
			}
			if v := out.Result.Record.Run.Verdict; v.Status != upgrade.Successful {
				t.Errorf("%d nodes, seed %d: it ends %+v", nodes, c.Seed, v)
			}
			if got := w.Tally(); got.Launched != nodes {
				t.Errorf("%d nodes, seed %d: %d instances were launched", nodes, c.Seed, got.Launched)
			}
		}
	}
}

func leanCancelled() scenario {
	return scenario{
		name: "lean-cancelled", config: withThreeNodes(withStrategy(upgrade.Lean)),
		events: func(w *simulation.World) { w.At(3*time.Minute, (*simulation.World).Cancel) },
		want:   simulation.State{Size: upgrade.Size{Max: 4, Desired: 3}, Status: upgrade.Cancelled},
	}
}

func leanNodeDies() scenario {
	return scenario{
		name: "lean-node-dies", config: withThreeNodes(withStrategy(upgrade.Lean)), want: success(),
		events: func(w *simulation.World) {
			w.At(3*time.Minute, func(w *simulation.World) {
				_, instance := w.Node(0, false)
				w.Reclaim(instance)
			})
		},
	}
}

// ordered upgrades a group of six nodes, whose golden story shows the order of the drains.
func ordered(name string, order upgrade.NodeOrder) scenario {
	want := success()
	want.Nodes, want.Size = nil, upgrade.Size{Max: 7, Desired: 6}
	return scenario{name: name, config: withNodes(6, withOrder(order)), want: want}
}

func oldestFirst() scenario { return ordered("oldest-first", upgrade.Oldest) }

func zoneByZone() scenario { return ordered("zone-by-zone", upgrade.ZoneByZone) }

func fewestPodsFirst() scenario { return ordered("fewest-pods-first", upgrade.FewestPods) }
