package simulation_test

import (
	"time"

	"github.com/nodelift/nodelift/internal/simulation"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// soaks returns the scenarios with a canary and a soak.
func soaks() []scenario {
	want := success()
	want.Nodes, want.Size = nil, upgrade.Size{Max: 7, Desired: 6}
	return []scenario{{
		name: "canary-and-soak", want: want,
		config: withNodes(6, func(c *simulation.Config) {
			c.Update.Policy.MaxUnavailable = upgrade.Count{Value: 2}
			c.Update.Policy.Canary, c.Update.Policy.CanarySoak, c.Update.Policy.Soak = 1, 30*time.Minute, 5*time.Minute
		}),
	}}
}
