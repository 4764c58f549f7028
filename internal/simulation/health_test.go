package simulation_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/simulation"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// stopOnBadHealth makes an update stop for bad health.
func stopOnBadHealth(then upgrade.OnBadHealth) func(*simulation.Config) {
	return func(c *simulation.Config) {
		c.Update.Policy.Health = upgrade.Health{Then: then, MaxUnready: &upgrade.Count{}, After: 5 * time.Minute}
	}
}

// unhealthyImage makes the target an image whose pods never become Ready.
func unhealthyImage(c *simulation.Config) { c.Images[1].KeepsPodsUnready = true }

func repairImage(w *simulation.World) { w.RepairImage(simulation.NewImage) }

// healths returns the scenarios in which pods or new nodes do not stay Ready.
func healths() []scenario {
	few := []string{"bad health: no longer Ready: 1 of 15 pods", "Deployment default/web (default/web-0"}
	return []scenario{
		{
			name: "bad-health-paused", config: withThreeNodes(unhealthyImage, stopOnBadHealth(upgrade.BadHealthPauses)), want: success(),
			whenPaused: func(w *simulation.World) {
				repairImage(w)
				w.AcceptHealth()
			},
		},
		{
			name: "bad-health-paused-and-cancelled", config: withThreeNodes(unhealthyImage, stopOnBadHealth(upgrade.BadHealthPauses)), after: repairImage,
			whenPaused: (*simulation.World).CancelAndRestoreTemplate,
			want:       simulation.State{Size: upgrade.Size{Max: 4, Desired: 3}, Template: simulation.OldImage + " by number", Status: upgrade.Cancelled},
		},
		{
			name: "bad-health-paused-and-rolled-back", config: withThreeNodes(unhealthyImage, stopOnBadHealth(upgrade.BadHealthPauses)), want: asBefore(),
			whenPaused: (*simulation.World).RollBack,
		},
		{
			name: "bad-health-cancelled", config: withThreeNodes(unhealthyImage, stopOnBadHealth(upgrade.BadHealthCancels)), after: repairImage, errorContains: few,
			want: simulation.State{Size: upgrade.Size{Max: 4, Desired: 3}, Template: simulation.OldImage + " by number", Status: upgrade.Cancelled, Errors: []string{upgrade.InsufficientReplicas}},
		},
		{
			name: "bad-health-rolled-back", config: withThreeNodes(unhealthyImage, stopOnBadHealth(upgrade.BadHealthRollsBack)), want: asBefore(),
		},
		{
			name: "new-node-turns-not-ready", want: success(),
			config: withThreeNodes(stopOnBadHealth(upgrade.BadHealthPauses), func(c *simulation.Config) { c.Update.Policy.Health.MaxUnready = nil }),
			events: func(w *simulation.World) {
				once := false
				for at := 3 * time.Minute; at < 20*time.Minute; at += 10 * time.Second {
					w.At(at, func(w *simulation.World) { once = once || w.SilenceNewNode() })
				}
			},
			whenPaused: func(w *simulation.World) {
				_, id := w.Node(0, false)
				w.Reclaim(id)
				w.AcceptHealth()
			},
		},
	}
}

// TestHealthyUpdatesAreNotStopped checks that pods which only move to other nodes do not
// stop an update, even if bad health stops it soon.
func TestHealthyUpdatesAreNotStopped(t *testing.T) {
	for _, strategy := range upgrade.Strategies() {
		w := simulation.New(withNodes(9, withStrategy(strategy), stopOnBadHealth(upgrade.BadHealthRollsBack), func(c *simulation.Config) {
			c.Update.Policy.MaxUnavailable, c.Update.Policy.Health.After = upgrade.Count{Value: 3}, 30*time.Second
		})())
		out, err := simulation.Run(t.Context(), w, limit)
		if err != nil {
			t.Fatal(err)
		}
		if v := out.Result.Record.Run.Verdict; v.Status != upgrade.Successful || w.Update().Rollback != nil {
			t.Errorf("%s ends %+v\n%s", strategy, v, w.Story().Last(40))
		}
	}
}

// TestAcceptedHealthIsTheMeasure checks that an update which was resumed after bad health
// does not pause again for the same pods.
func TestAcceptedHealthIsTheMeasure(t *testing.T) {
	w := simulation.New(withThreeNodes(stopOnBadHealth(upgrade.BadHealthPauses), func(c *simulation.Config) {
		c.Workloads = append(c.Workloads, simulation.Workload{Kind: simulation.Deployment, Name: "cache", Replicas: 6, CPU: 50})
	})())
	w.At(time.Minute, func(w *simulation.World) { w.MakePodsUnready("cache") })
	out, err := simulation.Run(t.Context(), w, limit)
	if err != nil || !out.Result.Paused || !w.PausedForHealth() {
		t.Fatalf("it does not pause: %v\n%s", err, w.Story())
	}
	w.AdvanceBy(time.Hour)
	w.AcceptHealth()
	if out, err = simulation.Run(t.Context(), w, limit); err != nil {
		t.Fatal(err)
	}
	if v := out.Result.Record.Run.Verdict; v == nil || v.Status != upgrade.Successful {
		t.Errorf("it ends %+v\n%s", v, w.Story().Last(40))
	}
	if pauses := out.Result.Record.Run.HealthPauses; pauses != 1 {
		t.Errorf("it has paused for bad health %d times, want 1\n%s", pauses, w.Story())
	}
}

// randomHealth makes the update of some random worlds stop for bad health, and returns
// whether it did. It has random numbers of its own, so that other worlds do not change.
func randomHealth(c *simulation.Config) (watchesHealth bool) {
	random := rand.New(rand.NewPCG(c.Seed, 3))
	if random.IntN(4) > 0 {
		return false
	}
	most := []*upgrade.Count{nil, {}, {Value: 2}, {Value: 10, Percent: true}, {Value: 50, Percent: true}}
	then := []upgrade.OnBadHealth{upgrade.BadHealthPauses, upgrade.BadHealthCancels, upgrade.BadHealthRollsBack}
	c.Update.Policy.Health = upgrade.Health{
		Then: then[random.IntN(3)], MaxUnready: most[random.IntN(5)], After: time.Duration(30+random.IntN(600)) * time.Second,
	}
	c.Images[1].KeepsPodsUnready = random.IntN(3) == 0
	if c.Update.Policy.Autoscaler == upgrade.AutoscalerIgnore { // as with every obstacle, see randomConfig
		c.Update.Policy.Autoscaler = upgrade.AutoscalerSuspend
	}
	return true
}

// randomBadHealth makes pods and new nodes not Ready at random.
func randomBadHealth(w *simulation.World) {
	random := rand.New(rand.NewPCG(w.Seed(), 4))
	for range random.IntN(3) {
		at := time.Duration(random.IntN(1200)) * time.Second
		switch random.IntN(3) {
		case 0:
			w.At(at, func(w *simulation.World) { w.SilenceNewNode() })
		case 1:
			w.At(at, repairImage)
		case 2:
			w.At(at, func(w *simulation.World) { w.MakePodsUnready("load-1") })
		}
	}
}
