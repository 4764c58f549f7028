package simulation_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestReplay checks that a world depends only on its seed: played again it has the same
// calls at the same times, and the same story.
func TestReplay(t *testing.T) {
	for range max(10, *worlds/100) {
		s := rand.Uint64()
		t.Run(fmt.Sprint(s), func(t *testing.T) {
			t.Parallel()
			first, errFirst := playRandom(t, s)
			again, errAgain := playRandom(t, s)
			if diff := cmp.Diff(fmt.Sprint(first.Story()), fmt.Sprint(again.Story())); diff != "" {
				t.Fatalf("seed %d has another story (-first +again):\n%s", s, diff)
			}
			if diff := cmp.Diff(first.Calls(), again.Calls()); diff != "" {
				t.Fatalf("seed %d has other calls (-first +again):\n%s", s, diff)
			}
			if fmt.Sprint(errFirst) != fmt.Sprint(errAgain) {
				t.Fatalf("seed %d ends with %v, then with %v", s, errFirst, errAgain)
			}
		})
	}
}
