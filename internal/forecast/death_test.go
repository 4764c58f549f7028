package forecast_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nodelift/nodelift/internal/forecast"
)

// TestDeathAtEveryCall lets the process die before and after every call of
// every scenario. The next process has to bring the update to the same end, and
// no promise may be broken on the way.
func TestDeathAtEveryCall(t *testing.T) {
	for _, s := range all() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.config = brief(s.config)
			whole, err := s.play(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			faults := deaths(whole.world.Calls())
			t.Logf("%d calls in %d passes: %d moments to die", len(whole.world.Calls()), whole.outcome.Passes, len(faults))
			for i := 0; i < len(faults); i += stride() {
				s.goesOn(t, whole.state, faults[i])
			}
		})
	}
}

// stride is 1, for all of them; a short run looks at every tenth.
func stride() int {
	if testing.Short() {
		return 10
	}
	return 1
}

// brief shortens the limits, which only makes the waits of a failure shorter.
func brief(config func() forecast.Config) func() forecast.Config {
	return func() forecast.Config {
		c := config()
		c.Update.Policy.DrainTimeout, c.Update.Policy.JoinTimeout = 3*time.Minute, 3*time.Minute
		return c
	}
}

// deaths are a death before and one after every call, but of those that are the
// same only one: reading leaves no trace, so that whoever dies at the same time
// after the same changes leaves the same world.
func deaths(calls []forecast.Call) []forecast.Fault {
	type moment struct {
		at     time.Time
		writes int
	}
	seen := map[moment]bool{}
	var faults []forecast.Fault
	add := func(m moment, fault forecast.Fault) {
		if !seen[m] {
			seen[m] = true
			faults = append(faults, fault)
		}
	}
	for i, c := range calls {
		add(moment{c.At, c.Writes}, forecast.Fault{Call: i + 1, Death: true})
		if c.Write {
			add(moment{c.At, c.Writes + 1}, forecast.Fault{Call: i + 1, Death: true, After: true})
		}
	}
	return faults
}

// TestLostReplies lets calls return an error: each that changes something
// before and after it is done, and some of those that read.
func TestLostReplies(t *testing.T) {
	for _, s := range all() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.config = brief(s.config)
			whole, err := s.play(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for i, c := range whole.world.Calls() {
				if i%stride() != 0 {
					continue
				}
				if c.Write || i%31 == 0 {
					s.goesOn(t, whole.state, forecast.Fault{Call: i + 1})
				}
				if c.Write {
					s.goesOn(t, whole.state, forecast.Fault{Call: i + 1, After: true})
				}
			}
		})
	}
}

// goesOn plays the scenario with a fault, which may not change its end.
func (s scenario) goesOn(t *testing.T, want forecast.State, fault forecast.Fault) {
	t.Helper()
	got, err := s.play(t.Context(), fault)
	what := fmt.Sprintf("%s with %+v", s.name, fault)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if diff := cmp.Diff(want, got.state); diff != "" {
		t.Fatalf("%s ends otherwise (-without +with):\n%s\n%s", what, diff, got.world.Story())
	}
}
