package simulation_test

import (
	"time"

	"github.com/nodelift/nodelift/internal/simulation"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// scalings returns the scenarios in which a group is scaled.
func scalings() []scenario {
	return []scenario{
		scaledDown(), scaledTooFar(), scaledBounds(), scaledBlocked(), scaledQuarantined(), scaledForced(), scaledCancelled(),
		scaledMeanwhile(), scaledAfterFailure(), scaledUp(), scaledUpInVain(),
	}
}

// scaleTo makes the update a scaling.
func scaleTo(scaling upgrade.Scaling) func(*simulation.Config) {
	return func(c *simulation.Config) {
		c.Update.Target, c.Update.Scaling = upgrade.Target{}, &scaling
		c.Update.Policy.Autoscaler = upgrade.AutoscalerSuspend // the default of a scaling
	}
}

// onePodPerNode adds a workload whose pods each need a node of their own, with a budget
// that allows no disruption.
func onePodPerNode(replicas int) func(*simulation.Config) {
	return func(c *simulation.Config) {
		c.Workloads = append(c.Workloads, simulation.Workload{
			Kind: simulation.Deployment, Name: "pinned", Replicas: replicas, CPU: 100, HostPort: 8080,
			Budgets: []simulation.Budget{{Name: "pinned", MinAvailable: new(replicas)}},
		})
	}
}

func scaledDown() scenario {
	return scenario{
		name: "scaled-down", config: withNodes(6, scaleTo(upgrade.Scaling{Desired: new(3)})),
		want: simulation.State{
			Nodes: everywhere(simulation.OldImage), Size: upgrade.Size{Max: 7, Desired: 3}, Min: 1,
			Template: simulation.OldImage + " by $Latest", Status: upgrade.Successful,
		},
	}
}

// scaledTooFar asks for so few nodes that pods would have none in the zone of their volumes.
func scaledTooFar() scenario {
	return scenario{
		name: "scaled-down-too-far", config: withThreeNodes(scaleTo(upgrade.Scaling{Desired: new(0), Min: new(0)})),
		want:          simulation.State{Size: upgrade.Size{Max: 4, Desired: 2}, Status: upgrade.Failed, Errors: []string{upgrade.PodEvictionFailure}},
		errorContains: []string{"is the last node of zone us-west-2b", "default/db-", "The desired size stays 2"},
	}
}

// scaledBounds lowers the minimum, the maximum and the desired size.
func scaledBounds() scenario {
	return scenario{
		name: "scaled-down-with-bounds",
		config: withNodes(6, scaleTo(upgrade.Scaling{Min: new(2), Max: new(4), Desired: new(3)}), func(c *simulation.Config) {
			c.Min, c.Update.Policy.MaxUnavailable.Value = 5, 2
		}),
		want: simulation.State{Size: upgrade.Size{Max: 4, Desired: 3}, Min: 2, Status: upgrade.Successful},
	}
}

// scaledBlocked reaches a node that cannot be drained, and leaves the size as it is then.
func scaledBlocked() scenario {
	return scenario{
		name: "scaled-down-blocked", config: withNodes(6, onePodPerNode(4), scaleTo(upgrade.Scaling{Desired: new(2)})),
		want:          simulation.State{Size: upgrade.Size{Max: 7, Desired: 3}, Status: upgrade.Failed, Errors: []string{upgrade.PodEvictionFailure}},
		errorContains: []string{"default/pinned", "needs 4 healthy pods", "The desired size stays 3"},
	}
}

// scaledQuarantined quarantines each node that cannot be drained, and tries it twice.
func scaledQuarantined() scenario {
	return scenario{
		name: "scaled-down-quarantined",
		config: withThreeNodes(onePodPerNode(4), scaleTo(upgrade.Scaling{Desired: new(2)}), func(c *simulation.Config) {
			c.Update.Policy.Quarantine = true
		}),
		want:          simulation.State{Size: upgrade.Size{Max: 4, Desired: 3}, Status: upgrade.Failed, Errors: []string{upgrade.PodEvictionFailure}},
		errorContains: []string{"3 nodes cannot be drained", "default/pinned", "The desired size stays 3"},
	}
}

func scaledForced() scenario {
	return scenario{
		name: "scaled-down-forced",
		config: withNodes(6, onePodPerNode(6), scaleTo(upgrade.Scaling{Desired: new(5)}), func(c *simulation.Config) {
			c.Update.Policy.Force = true
		}),
		want: simulation.State{Size: upgrade.Size{Max: 7, Desired: 5}, Status: upgrade.Successful},
	}
}

func scaledCancelled() scenario {
	return scenario{
		name: "scaled-down-cancelled", config: withNodes(6, scaleTo(upgrade.Scaling{Desired: new(3)})),
		events: func(w *simulation.World) { w.At(100*time.Second, (*simulation.World).Cancel) },
		want:   simulation.State{Size: upgrade.Size{Max: 7, Desired: 5}, Status: upgrade.Cancelled},
	}
}

// scaledMeanwhile has AWS reclaim a node in flight and somebody raise the desired size.
func scaledMeanwhile() scenario {
	return scenario{
		name: "scaled-down-and-changed", config: withNodes(6, scaleTo(upgrade.Scaling{Desired: new(3)})),
		events: func(w *simulation.World) {
			w.At(30*time.Second, func(w *simulation.World) { w.ReclaimInFlight(0) })
			w.At(110*time.Second, func(w *simulation.World) { w.ChangeSizes(upgrade.Size{Desired: 1}) })
		},
		want: simulation.State{Size: upgrade.Size{Max: 7, Desired: 4}, Status: upgrade.Successful},
	}
}

// scaledAfterFailure scales a group down whose upgrade has failed because of a budget.
func scaledAfterFailure() scenario {
	scaling := simulation.SampleUpdate()
	scaling.Name, scaling.UID = "update-2", "6f1a2f3e-0002"
	scaling.Target, scaling.Scaling = upgrade.Target{}, &upgrade.Scaling{Desired: new(4)}
	scaling.Policy.Autoscaler = upgrade.AutoscalerSuspend
	return scenario{
		name: "scaled-down-after-failure", config: withNodes(6, stubborn), second: &scaling,
		want: simulation.State{Size: upgrade.Size{Max: 7, Desired: 4}, Status: upgrade.Successful},
	}
}

func scaledUp() scenario {
	return scenario{
		name: "scaled-up", config: withThreeNodes(scaleTo(upgrade.Scaling{Min: new(4), Max: new(8), Desired: new(6)})),
		want: simulation.State{Size: upgrade.Size{Max: 8, Desired: 6}, Min: 4, Status: upgrade.Successful},
	}
}

// scaledUpInVain adds a node that never joins.
func scaledUpInVain() scenario {
	return scenario{
		name: "scaled-up-in-vain",
		config: withThreeNodes(scaleTo(upgrade.Scaling{Desired: new(4)}), func(c *simulation.Config) {
			c.Images[0].Joins = simulation.NeverJoins
		}),
		want:          simulation.State{Size: upgrade.Size{Max: 4, Desired: 4}, Status: upgrade.Failed, Errors: []string{upgrade.NodeCreationFailure}},
		errorContains: []string{"i-0000", "did not become a usable node"},
	}
}
