package simulation_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/simulation"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// TestLaunchTemplateWhenItsVersionIsLost checks, with the observer, that one update creates
// one version of its launch template even if the reply is lost, and that the group refers
// to the template as before at the end, even if describes do not show the version yet.
func TestLaunchTemplateWhenItsVersionIsLost(t *testing.T) {
	s := nothingDesired()
	whole, err := s.play(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	made := 1 + slices.IndexFunc(whole.world.Calls(), func(c simulation.Call) bool { return c.Method == "Templates.CreateVersion" })
	for name, lost := range map[string]simulation.Fault{
		"The reply is lost":                 {Call: made, After: true},
		"The process dies after the call":   {Call: made, After: true, Death: true},
		"The process dies at the next call": {Call: made + 1, Death: true},
	} {
		for _, end := range []upgrade.Status{upgrade.Successful, upgrade.Cancelled} {
			t.Run(fmt.Sprintf("%s and the update ends %s.", name, end), func(t *testing.T) {
				s := nothingDesired()
				if end == upgrade.Cancelled {
					s.events = func(w *simulation.World) { w.At(time.Second, (*simulation.World).Cancel) }
				}
				for stale := made + 1; stale < made+40; stale++ {
					got, err := s.play(t.Context(), lost, simulation.Fault{Call: stale, Stale: true})
					if err != nil {
						t.Fatalf("with a stale read at call %d: %v", stale, err)
					}
					if got.state.Status != end {
						t.Errorf("with a stale read at call %d it ends %s", stale, got.state.Status)
					}
				}
			})
		}
	}
}

// TestLaunchTemplateWhileDescribesAreOld checks the same for a process that dies at any call
// while describes of the group may not show the last change.
func TestLaunchTemplateWhileDescribesAreOld(t *testing.T) {
	for _, follows := range []string{"$Latest", "$Default", "1"} {
		for call := 1; call < 120; call++ {
			c := nothingDesired().config()
			c.Seed, c.Lag, c.Follows = uint64(call), 10*time.Second, follows
			w := simulation.New(c)
			w.Inject(simulation.Fault{Call: call, Death: true})
			if _, err := simulation.Run(t.Context(), w, limit); err != nil {
				t.Fatalf("the group follows %s and the process dies at call %d: %v", follows, call, err)
			}
		}
	}
}
