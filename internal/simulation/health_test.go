package simulation_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/simulation"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// minding has an update stop for bad health.
func minding(then upgrade.OnBadHealth) func(*simulation.Config) {
	return func(c *simulation.Config) {
		c.Update.Policy.Health = upgrade.Health{Then: then, MaxUnready: &upgrade.Count{}, After: 5 * time.Minute}
	}
}

// sick is an image with which pods do not become Ready.
func sick(c *simulation.Config) { c.Images[1].Sickens = true }

func heal(w *simulation.World) { w.Heal(simulation.NewImage) }

// healths are the scenarios in which pods or new nodes do not stay Ready.
func healths() []scenario {
	few := []string{"bad health: no longer Ready: 1 of 15 pods", "Deployment default/web (default/web-0"}
	return []scenario{
		{
			name: "bad-health-paused", config: three(sick, minding(upgrade.BadHealthPauses)), want: success(),
			stands: func(w *simulation.World) {
				heal(w)
				w.Accept()
			},
		},
		{
			name: "bad-health-paused-and-cancelled", config: three(sick, minding(upgrade.BadHealthPauses)), after: heal,
			stands: (*simulation.World).CancelWhole,
			want:   simulation.State{Size: upgrade.Size{Max: 4, Desired: 3}, Template: simulation.OldImage + " by number", Status: upgrade.Cancelled},
		},
		{
			name: "bad-health-paused-and-rolled-back", config: three(sick, minding(upgrade.BadHealthPauses)), want: asBefore(),
			stands: (*simulation.World).RollBack,
		},
		{
			name: "bad-health-cancelled", config: three(sick, minding(upgrade.BadHealthCancels)), after: heal, says: few,
			want: simulation.State{Size: upgrade.Size{Max: 4, Desired: 3}, Template: simulation.OldImage + " by number", Status: upgrade.Cancelled, Errors: []string{upgrade.InsufficientReplicas}},
		},
		{
			name: "bad-health-rolled-back", config: three(sick, minding(upgrade.BadHealthRollsBack)), want: asBefore(),
		},
		{
			name: "new-node-turns-not-ready", want: success(),
			config: three(minding(upgrade.BadHealthPauses), func(c *simulation.Config) { c.Update.Policy.Health.MaxUnready = nil }),
			happens: func(w *simulation.World) {
				once := false
				for at := 3 * time.Minute; at < 20*time.Minute; at += 10 * time.Second {
					w.At(at, func(w *simulation.World) { once = once || w.SilenceNew() })
				}
			},
			stands: func(w *simulation.World) {
				_, id := w.Node(0, false)
				w.Reclaim(id)
				w.Accept()
			},
		},
	}
}

// TestHealthyUpdatesAreNotStopped holds that pods which only move do not stop an update,
// however short the time after which bad health is believed.
func TestHealthyUpdatesAreNotStopped(t *testing.T) {
	for _, strategy := range upgrade.Strategies() {
		w := simulation.New(sized(9, by(strategy), minding(upgrade.BadHealthRollsBack), func(c *simulation.Config) {
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

// TestAcceptedHealthIsTheMeasure holds that people who let an update go on are not
// stopped again for the same pods.
func TestAcceptedHealthIsTheMeasure(t *testing.T) {
	w := simulation.New(three(minding(upgrade.BadHealthPauses), func(c *simulation.Config) {
		c.Workloads = append(c.Workloads, simulation.Workload{Kind: simulation.Deployment, Name: "cache", Replicas: 6, CPU: 50})
	})())
	w.At(time.Minute, func(w *simulation.World) { w.Spoil("cache") })
	out, err := simulation.Run(t.Context(), w, limit)
	if err != nil || !out.Result.Paused || !w.Stopped() {
		t.Fatalf("it does not stop: %v\n%s", err, w.Story())
	}
	w.AdvanceBy(time.Hour)
	w.Accept()
	if out, err = simulation.Run(t.Context(), w, limit); err != nil {
		t.Fatal(err)
	}
	if v := out.Result.Record.Run.Verdict; v == nil || v.Status != upgrade.Successful {
		t.Errorf("it ends %+v\n%s", v, w.Story().Last(40))
	}
	if times := strings.Count(w.Story().String(), "BadHealth:"); times != 1 {
		t.Errorf("it stops %d times\n%s", times, w.Story())
	}
}

// randomHealth has some random worlds mind bad health, and says so. Its dice are its own,
// so that all other worlds are what they were.
func randomHealth(c *simulation.Config) (minds bool) {
	dice := rand.New(rand.NewPCG(c.Seed, 3))
	if dice.IntN(4) > 0 {
		return false
	}
	most := []*upgrade.Count{nil, {}, {Value: 2}, {Value: 10, Percent: true}, {Value: 50, Percent: true}}
	then := []upgrade.OnBadHealth{upgrade.BadHealthPauses, upgrade.BadHealthCancels, upgrade.BadHealthRollsBack}
	c.Update.Policy.Health = upgrade.Health{
		Then: then[dice.IntN(3)], MaxUnready: most[dice.IntN(5)], After: time.Duration(30+dice.IntN(600)) * time.Second,
	}
	c.Images[1].Sickens = dice.IntN(3) == 0
	if c.Update.Policy.Autoscaler == upgrade.AutoscalerIgnore { // as with all that obstructs a drain
		c.Update.Policy.Autoscaler = upgrade.AutoscalerSuspend
	}
	return true
}

// randomIllness lets pods and new nodes fall ill.
func randomIllness(w *simulation.World) {
	dice := rand.New(rand.NewPCG(w.Seed(), 4))
	for range dice.IntN(3) {
		at := time.Duration(dice.IntN(1200)) * time.Second
		switch dice.IntN(3) {
		case 0:
			w.At(at, func(w *simulation.World) { w.SilenceNew() })
		case 1:
			w.At(at, heal)
		case 2:
			w.At(at, func(w *simulation.World) { w.Spoil("load-1") })
		}
	}
}
