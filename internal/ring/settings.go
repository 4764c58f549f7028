package ring

import (
	"time"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

// settings are what a world is made of.
type settings struct {
	seed      uint64
	strategy  v1alpha1.Strategy
	terminate time.Duration // how long instances shut down
	roughness
	// directed changes the fate of a request in a world that is about one accident; nil in others.
	directed func(c *call, f *fate)
}

// settingsOf are those that a seed decides.
func settingsOf(seed uint64) settings {
	dice := newDice(seed)
	of := dice.about("settings")
	return settings{
		seed: seed, roughness: roughnessOf(dice), terminate: of.between(time.Second, 2*time.Minute),
		strategy: []v1alpha1.Strategy{v1alpha1.StrategyDefault, v1alpha1.StrategyLean, v1alpha1.StrategyMinimal}[of.IntN(3)],
	}
}
