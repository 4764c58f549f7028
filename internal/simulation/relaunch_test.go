package simulation_test

import (
	"strings"
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/simulation"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// New instances end before the join limit, again and again, and Auto Scaling launches others in their
// places. The update fails at the limit of the zone, and not after an endless row of machines.
func TestInstancesThatEndAreNotLaunchedForEver(t *testing.T) {
	for _, strategy := range []upgrade.Strategy{upgrade.Default, upgrade.Minimal, upgrade.Lean} {
		t.Run(string(strategy), func(t *testing.T) {
			c := simulation.Sample(3)
			c.Update.Policy.Strategy, c.Update.Policy.JoinTimeout = strategy, 3*time.Minute
			c.Delays.React, c.Delays.Shutdown = time.Millisecond, time.Millisecond // each pass sees an instance that may still join
			for i := range c.Images {
				if c.Images[i].ID == simulation.NewImage {
					c.Images[i].Joins, c.Images[i].EndsAfter = simulation.NeverJoins, 50*time.Second
				}
			}
			w := simulation.New(c)
			out, err := simulation.Run(t.Context(), w, time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			run := out.Result.Record.Run
			if run.Verdict == nil || run.Verdict.Status != upgrade.Failed || run.Verdict.Errors[0].Code != upgrade.NodeCreationFailure {
				t.Fatalf("the verdict is %+v after an hour:\n%s", run.Verdict, w.Story())
			}
			if took := run.Verdict.At.Sub(run.Started); took > 3*c.Update.Policy.JoinTimeout {
				t.Errorf("it failed after %s, with a join limit of %s", took, c.Update.Policy.JoinTimeout)
			}
			for _, words := range []string{"launched", "ended"} {
				if said := run.Verdict.Errors[0].Message; !strings.Contains(said, words) {
					t.Errorf("%q does not say what became of the instances", said)
				}
			}
		})
	}
}
