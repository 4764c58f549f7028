package simulation_test

import (
	"time"

	"github.com/nodelift/nodelift/internal/simulation"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// quarantines returns the scenarios in which a node is quarantined.
func quarantines() []scenario {
	quarantine := func(c *simulation.Config) { c.Update.Policy.Quarantine = true }
	return []scenario{
		{
			name: "quarantined-for-good", config: withThreeNodes(stubborn, quarantine),
			want:          simulation.State{Size: upgrade.Size{Max: 4, Desired: 3}, Template: simulation.NewImage + " by $Latest", Status: upgrade.Failed, Errors: []string{upgrade.PodEvictionFailure}},
			errorContains: []string{"1 outdated node could not be drained in two attempts", "default/stubborn", "needs 1 healthy pod"},
		},
		{
			name: "quarantined-for-a-while", config: withThreeNodes(stubborn, quarantine), want: success(),
			events: func(w *simulation.World) {
				w.At(17*time.Minute, func(w *simulation.World) {
					w.ChangeBudget("default/stubborn", simulation.Budget{MinAvailable: new(0)})
				})
			},
		},
	}
}
