package fleet

import (
	"fmt"
	"testing"

	"github.com/nodelift/nodelift/internal/upgrade"
)

func TestSurge(t *testing.T) {
	outdated := func(zones ...string) func(*Fleet) {
		return func(f *Fleet) {
			for i, zone := range zones {
				has(fmt.Sprintf("old-%d", i), zone, oldImage)(f)
			}
			f.Group.Size.Desired = len(zones)
		}
	}
	requested := func(id string) func(*Fleet) {
		return func(f *Fleet) {
			f.Run.Drains = append(f.Run.Drains, upgrade.Drain{Instance: id, Node: id, TerminationRequested: noon()})
		}
	}
	tests := map[string]struct {
		given            []func(*Fleet)
		surge, atTheMost int
	}{
		"One node for each zone, at most two for each":              {[]func(*Fleet){outdated("a", "b", "c")}, 3, 6},
		"Zones without outdated nodes need no new one":              {[]func(*Fleet){outdated("a", "a", "b")}, 2, 6},
		"A larger maxUnavailable is the surge":                      {[]func(*Fleet){outdated("a", "a", "a", "b", "b", "b", "c", "c"), maxUnavailable(upgrade.Count{Value: 5})}, 5, 6},
		"The surge is not more than the outdated nodes":             {[]func(*Fleet){outdated("a", "a", "b", "c"), maxUnavailable(upgrade.Count{Value: 9})}, 4, 9},
		"A maxUnavailable of more than twice the zones is the most": {[]func(*Fleet){outdated("a", "a", "a", "a", "b", "b", "b", "c", "c", "c"), maxUnavailable(upgrade.Count{Value: 8})}, 8, 8},
		"LEAN adds no more than its surge":                          {[]func(*Fleet){strategy(upgrade.Lean), outdated("a", "b", "c")}, 3, 3},
		"LEAN does not count what is being terminated":              {[]func(*Fleet){strategy(upgrade.Lean), outdated("a", "b"), requested("old-0")}, 1, 1},
		"Nothing is outdated, nothing is added":                     {[]func(*Fleet){has("new", "a", newImage)}, 0, 6},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			f := given(c.given...)
			if f.Surge() != c.surge || f.MaxSurge() != c.atTheMost {
				t.Errorf("surge, at most: got %d, %d, want %d, %d", f.Surge(), f.MaxSurge(), c.surge, c.atTheMost)
			}
		})
	}
}

func TestStillToRemove(t *testing.T) {
	f := given(borrowed(3, 6), inFlight("i"))
	if f.Added() != 3 || f.StillToRemove() != 2 {
		t.Errorf("6 nodes instead of 3, one of them in flight: got %d added and %d to remove, want 3 and 2", f.Added(), f.StillToRemove())
	}
}

func TestMinimalAddsNothing(t *testing.T) {
	f := given(strategy(upgrade.Minimal), has("old-a", "a", oldImage), has("old-b", "b", oldImage))
	if got := f.Surge(); got != 0 {
		t.Errorf("surge: got %d, want 0", got)
	}
}
