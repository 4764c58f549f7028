package simulation_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/simulation"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// warmPools returns the scenarios of groups with a warm pool.
func warmPools() []scenario {
	return []scenario{
		warmPool(), warmPoolRunning(), warmPoolMinimal(), warmPoolReused(), warmPoolNeverJoins(), warmPoolRolledBack(),
		warmPoolScaledIn(), warmPoolOfAFullGroup(), warmPoolAlone(),
	}
}

// withPool gives the group a maximum size of 6 and a warm pool of three instances, whose kubelets have
// registered nodes before they were stopped.
func withPool(change ...func(*simulation.WarmPool)) func(*simulation.Config) {
	return func(c *simulation.Config) {
		c.Max, c.WarmPool = 6, &simulation.WarmPool{Registers: true}
		for _, f := range change {
			f(c.WarmPool)
		}
	}
}

func reused(p *simulation.WarmPool)  { p.Reuse = true }
func running(p *simulation.WarmPool) { p.Running = true }

// warmSuccess is success with a warm pool of new instances.
func warmSuccess() simulation.State {
	want := success()
	want.Size.Max, want.WarmPool = 6, slices.Repeat([]string{simulation.NewImage}, 3)
	return want
}

// warmPool has its three stopped instances replaced first, and the surge is taken from the new ones.
func warmPool() scenario {
	return scenario{name: "warm-pool", config: withThreeNodes(withPool()), want: warmSuccess()}
}

func warmPoolRunning() scenario {
	return scenario{name: "warm-pool-running", config: withThreeNodes(withPool(running)), want: warmSuccess()}
}

func warmPoolMinimal() scenario {
	return scenario{name: "warm-pool-minimal", config: withThreeNodes(withPool(), withStrategy(upgrade.Minimal)), want: warmSuccess()}
}

// warmPoolReused has the nodes that LEAN terminates with their places return to the pool. They are
// outdated, so they are replaced there.
func warmPoolReused() scenario {
	return scenario{
		name: "warm-pool-reused", want: warmSuccess(),
		config: withThreeNodes(withPool(reused), withStrategy(upgrade.Lean), func(c *simulation.Config) { c.Delays.Hook = time.Minute }),
	}
}

// warmPoolNeverJoins restores the launch template, and with it the pool.
func warmPoolNeverJoins() scenario {
	return scenario{
		name:   "warm-pool-never-joins",
		config: withThreeNodes(withPool(), func(c *simulation.Config) { c.Update.Target = upgrade.Target{Image: simulation.BadImage} }),
		want: simulation.State{
			Nodes: everywhere(simulation.OldImage), WarmPool: slices.Repeat([]string{simulation.OldImage}, 3),
			Size: upgrade.Size{Max: 6, Desired: 3}, Status: upgrade.Failed, Errors: []string{upgrade.NodeCreationFailure},
		},
		errorContains: []string{"us-west-2"},
	}
}

func warmPoolRolledBack() scenario {
	want := warmSuccess()
	want.Nodes, want.WarmPool = everywhere(simulation.OldImage), slices.Repeat([]string{simulation.OldImage}, 3)
	want.Template = simulation.OldImage + " by number"
	return scenario{name: "warm-pool-rolled-back", config: withThreeNodes(withPool(reused)), rolledBack: true, want: want}
}

// warmPoolScaledIn has a scaling remove two nodes, which return to the pool with none of our marks.
func warmPoolScaledIn() scenario {
	return scenario{
		name:   "warm-pool-scaled-in",
		config: withThreeNodes(withPool(reused), scaleTo(upgrade.Scaling{Desired: new(2)})),
		want: simulation.State{
			WarmPool: slices.Repeat([]string{simulation.OldImage}, 4),
			Size:     upgrade.Size{Max: 6, Desired: 2}, Status: upgrade.Successful,
		},
	}
}

// warmPoolAlone has only the pool replaced: the nodes are up to date.
func warmPoolAlone() scenario {
	want := warmSuccess()
	want.Template = simulation.NewImage + " by $Latest"
	return scenario{name: "warm-pool-alone", want: want, config: withThreeNodes(
		withPool(func(p *simulation.WarmPool) { p.Image = simulation.OldImage }),
		func(c *simulation.Config) { c.Images[0], c.Images[1] = c.Images[1], c.Images[0] },
	)}
}

// warmPoolOfAFullGroup has a pool whose size is that of its group and pool together, so that the surge
// empties it meanwhile.
func warmPoolOfAFullGroup() scenario {
	want := warmSuccess()
	want.WarmPool = want.WarmPool[:1]
	return scenario{name: "warm-pool-of-a-full-group", config: withThreeNodes(withPool(func(p *simulation.WarmPool) { p.Prepared = 4 })), want: want}
}

// randomWarmPool gives one world in six a warm pool.
func randomWarmPool(random *rand.Rand, c simulation.Config) *simulation.WarmPool {
	if random.IntN(6) > 0 {
		return nil
	}
	pool := &simulation.WarmPool{
		Min: random.IntN(4), Running: random.IntN(3) == 0, Registers: random.IntN(2) == 0, Reuse: random.IntN(2) == 0,
	}
	pool.Reuse = pool.Reuse && !pool.Running // a node that returns there stays Ready and is given pods
	if random.IntN(3) == 0 {
		pool.Prepared = c.Nodes + random.IntN(4)
	}
	return pool
}

// checkWarmPool checks some time after a success that the warm pool has its size again, and an image.
func checkWarmPool(w *simulation.World, image string) error {
	if w.WarmPoolSize()+len(w.WarmInstances()) == 0 {
		return nil
	}
	w.AdvanceBy(10 * time.Minute)
	for n := 0; n < 5 && len(w.WarmInstances()) != w.WarmPoolSize(); n++ { // Cluster Autoscaler has changed it just now
		w.AdvanceBy(time.Minute)
	}
	there := w.WarmInstances()
	if len(there) != w.WarmPoolSize() {
		return fmt.Errorf("the warm pool has %d instances, want %d\n%s", len(there), w.WarmPoolSize(), w.Story().Last(60))
	}
	for _, of := range there {
		if of != image {
			return fmt.Errorf("it is Successful, but the warm pool has an instance of %s\n%s", of, w.Story().Last(60))
		}
	}
	return nil
}
