package simulation_test

import (
	"math/rand/v2"
	"time"

	"github.com/nodelift/nodelift/internal/simulation"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// lostNodes are the scenarios in which Node objects vanish while their instances run.
func lostNodes() []scenario {
	return []scenario{nodeDeleted(), nodeDeletedForGood(), nodeDeletedInFlight(), newNodeDeleted(), allNodesDeleted(), spotNodeFirst(), nodeDeletedAtTheEnd()}
}

// slowStop adds a workload whose pods take their time to end, and whose budget lets one end at a time.
func slowStop(c *simulation.Config) {
	c.Workloads = append(c.Workloads, simulation.Workload{
		Kind: simulation.Deployment, Name: "slow", Replicas: 4, CPU: 100, Spread: simulation.SpreadSoft,
		Stop: 80 * time.Second, Grace: 2 * time.Minute,
		Budgets: []simulation.Budget{{Name: "slow", MaxUnavailable: new(1)}},
	})
}

// nodeDeleted has somebody delete the Node of an outdated node, which registers again.
func nodeDeleted() scenario {
	return scenario{
		name: "node-deleted", config: withThreeNodes(slowStop), want: success(),
		events: func(w *simulation.World) {
			w.At(30*time.Second, func(w *simulation.World) {
				name, _ := w.Node(0, true)
				w.DeleteNode(name, 90*time.Second)
			})
		},
	}
}

func nodeDeletedForGood() scenario {
	return scenario{
		name: "node-deleted-for-good", config: withThreeNodes(slowStop), want: success(),
		events: func(w *simulation.World) {
			w.At(30*time.Second, func(w *simulation.World) {
				name, _ := w.Node(0, true)
				w.DeleteNode(name, 0)
			})
		},
	}
}

// nodeDeletedInFlight deletes the Nodes of two nodes while they are drained. The first registers
// again when its pods have been collected, the second never.
func nodeDeletedInFlight() scenario {
	return scenario{
		name: "node-deleted-in-flight", config: withThreeNodes(slowStop), want: success(),
		events: func(w *simulation.World) {
			w.At(100*time.Second, func(w *simulation.World) { w.DeleteNodeInFlight(0, 2*time.Minute) })
			w.At(10*time.Minute, func(w *simulation.World) { w.DeleteNodeInFlight(0, 0) })
		},
	}
}

// newNodeDeleted deletes the Node of a new node long after its launch. It registers again when it
// has been missing for longer than anything takes, but for less than the join limit.
func newNodeDeleted() scenario {
	return scenario{
		name: "new-node-deleted", config: withThreeNodes(stubborn, func(c *simulation.Config) { c.Update.Policy.DrainTimeout = time.Hour }), want: success(),
		events: func(w *simulation.World) {
			w.At(25*time.Minute, func(w *simulation.World) {
				name, _ := w.Node(0, false)
				w.DeleteNode(name, 2*time.Minute)
			})
			w.At(40*time.Minute, func(w *simulation.World) {
				w.ChangeBudget("default/stubborn", simulation.Budget{MinAvailable: new(0)})
			})
		},
	}
}

// allNodesDeleted has somebody delete all Nodes of the group, which register again.
func allNodesDeleted() scenario {
	return scenario{
		name: "all-nodes-deleted", config: withThreeNodes(slowStop), want: success(),
		events: func(w *simulation.World) {
			w.At(150*time.Second, func(w *simulation.World) {
				deleteAllNodes(w, 3*time.Minute)
			})
		},
	}
}

// spotNodeFirst has AWS take instances back whose Nodes are deleted first: one that waits for its
// drain and one in flight.
func spotNodeFirst() scenario {
	return scenario{
		name: "spot-node-first", config: withThreeNodes(slowStop), want: success(),
		events: func(w *simulation.World) {
			w.At(30*time.Second, func(w *simulation.World) {
				_, id := w.Node(2, true)
				w.Interrupt(id, 2*time.Minute)
			})
			w.At(5*time.Minute, func(w *simulation.World) {
				for n := range 3 {
					if _, id := w.Node(n, true); w.Draining(id) {
						w.Interrupt(id, 20*time.Second)
					}
				}
			})
		},
	}
}

// nodeDeletedAtTheEnd cancels the update and deletes the Nodes of new nodes, which the group has
// beyond its desired size.
func nodeDeletedAtTheEnd() scenario {
	return scenario{
		name: "node-deleted-at-the-end", config: withThreeNodes(slowStop),
		want: simulation.State{Size: upgrade.Size{Max: 4, Desired: 3}, Status: upgrade.Cancelled},
		events: func(w *simulation.World) {
			w.At(4*time.Minute, (*simulation.World).Cancel)
			w.At(4*time.Minute, func(w *simulation.World) {
				for n := range 2 {
					name, _ := w.Node(n, false)
					w.DeleteNode(name, 0)
				}
			})
		},
	}
}

// randomLostNodes has Node objects vanish at random in some worlds. It returns whether the upgrade
// may fail because of that.
func randomLostNodes(w *simulation.World, random *rand.Rand) (mayFail bool) {
	if random.IntN(3) > 0 {
		return false
	}
	for range 1 + random.IntN(3) {
		at := time.Duration(random.IntN(1200)) * time.Second
		back := []time.Duration{0, 10 * time.Second, 45 * time.Second, 3 * time.Minute, 7 * time.Minute, 20 * time.Minute}[random.IntN(6)]
		nth, outdated := random.IntN(4), random.IntN(2) == 0
		switch random.IntN(6) {
		case 0, 1:
			w.At(at, func(w *simulation.World) {
				name, _ := w.Node(nth, outdated)
				w.DeleteNode(name, back)
			})
		case 2, 3:
			w.At(at, func(w *simulation.World) { w.DeleteNodeInFlight(nth, back) })
		case 4:
			w.At(at, func(w *simulation.World) {
				_, id := w.Node(nth, outdated)
				w.Interrupt(id, back)
			})
		case 5:
			w.At(at, func(w *simulation.World) { deleteAllNodes(w, back) })
		}
	}
	return true
}

func deleteAllNodes(w *simulation.World, back time.Duration) {
	for _, outdated := range []bool{true, false} {
		for n := range 30 {
			if name, _ := w.Node(n, outdated); name != "" {
				w.DeleteNode(name, back)
			}
		}
	}
}
