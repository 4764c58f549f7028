package simulation_test

import (
	"math/rand/v2"
	"testing"

	"github.com/nodelift/nodelift/internal/simulation"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// TestRandomScalings plays random worlds in which a group is scaled instead of upgraded.
// No promise may be broken, and every update has to end.
func TestRandomScalings(t *testing.T) {
	ends := map[upgrade.Status]int{}
	if *seed != 0 {
		w, _, err := playScaling(t, *seed)
		t.Logf("%s", w.Story())
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	count := *worlds / 20
	if testing.Short() {
		count /= 20
	}
	for n := range count {
		_, status, err := playScaling(t, uint64(n+1))
		if err != nil {
			t.Errorf("replay it with -run TestRandomScalings -seed %d: %v", n+1, err)
		}
		ends[status]++
	}
	t.Logf("%d worlds: %v", count, ends)
}

func playScaling(t *testing.T, seed uint64) (*simulation.World, upgrade.Status, error) {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 3))
	config, _ := randomConfig(seed, random)
	config.Update.Target, config.Update.Scaling = upgrade.Target{}, randomSizes(config, random)
	config.Update.Policy.Strategy, config.Update.Policy.RollbackOnFailure = upgrade.Default, false
	config.Update.Policy.Canary, config.Update.Policy.Soak = 0, 0
	watchesHealth := randomHealth(&config)
	if config.Update.Policy.Health.Then == upgrade.BadHealthRollsBack { // not possible for a scaling
		config.Update.Policy.Health.Then = upgrade.BadHealthCancels
	}
	w := simulation.New(config)
	randomEvents(w, random)
	randomSilence(w, config)
	if watchesHealth {
		randomBadHealth(w)
	}
	out, err := runAcceptingHealth(t, w, random)
	if err != nil {
		return w, "", err
	}
	return w, out.Result.Record.Run.Verdict.Status, nil
}

// randomSizes returns random sizes that are valid in a world.
func randomSizes(c simulation.Config, random *rand.Rand) *upgrade.Scaling {
	desired := max(c.Min, random.IntN(c.Nodes+4))
	s := &upgrade.Scaling{Desired: &desired}
	if desired > c.Max || random.IntN(4) == 0 {
		s.Max = new(desired + random.IntN(3))
	}
	if random.IntN(4) == 0 {
		s.Min = new(random.IntN(desired + 1))
	}
	return s
}
