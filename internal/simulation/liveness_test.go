package simulation_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/nodelift/nodelift/internal/simulation"
)

// TestEndsWhenLeftAlone takes random worlds to a random moment of their update, from which on
// nothing fails any more and nobody does anything. The update has to end within the time that
// follows from the limits, and sooner when it is cancelled at that moment.
func TestEndsWhenLeftAlone(t *testing.T) {
	if *seed != 0 {
		t.Logf("%s", leaveAlone(t, *seed).Story())
		return
	}
	t.Parallel()
	for s := range uint64(max(10, *worlds/40)) {
		t.Run(fmt.Sprint(s+1), func(t *testing.T) {
			t.Parallel()
			leaveAlone(t, s+1)
		})
	}
}

// leaveAlone plays a random world three times: to count its calls, to leave it alone before
// one of them, and to cancel it there.
func leaveAlone(t *testing.T, seed uint64) *simulation.World {
	t.Helper()
	whole := randomWorld(seed)
	if _, err := runAcceptingHealth(t, whole, rand.New(rand.NewPCG(seed, 3))); err != nil {
		t.Fatal(err)
	}
	moment := 1 + rand.New(rand.NewPCG(seed, 4)).IntN(len(whole.Calls()))
	w := endsInTime(t, seed, moment, (*simulation.World).LeaveAlone)
	endsInTime(t, seed, moment, (*simulation.World).CancelAndLeaveAlone)
	return w
}

// endsInTime plays a random world in which something happens before a call, to its end or to
// a pause for bad health.
func endsInTime(t *testing.T, seed uint64, call int, what func(*simulation.World)) *simulation.World {
	t.Helper()
	w, random := randomWorld(seed), rand.New(rand.NewPCG(seed, 3))
	happened := false
	w.Before(call, func(w *simulation.World) { what(w); happened = true })
	for !happened {
		if _, err := runAcceptingHealth(t, w, random); err != nil {
			t.Fatalf("replay it with -run TestEndsWhenLeftAlone -seed %d: left alone before call %d: %v", seed, call, err)
		}
	}
	return w
}

// randomWorld returns the random world of a seed.
func randomWorld(seed uint64) *simulation.World {
	random := rand.New(rand.NewPCG(seed, 2))
	config, _ := randomConfig(seed, random)
	watchesHealth := randomHealth(&config)
	w := simulation.New(config)
	randomEvents(w, random)
	if watchesHealth {
		randomBadHealth(w)
	}
	return w
}
