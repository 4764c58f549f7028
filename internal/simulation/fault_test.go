package simulation_test

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nodelift/nodelift/internal/simulation"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// TestEveryFault lets every fault happen at every call of every scenario, alone
// and followed by the process's death. The update has to come to the same end,
// and no promise may be broken on the way. One run takes every twelfth moment, and a
// death after every third; a short run takes every 200th, -from another first one,
// and -stride 1 all.
func TestEveryFault(t *testing.T) {
	step := stride()
	from := *first
	t.Logf("every %dth moment, from %d on", step, from)
	for _, s := range scenarios() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.config = withShortLimits(s.config)
			whole, err := s.play(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			faults := moments(whole.world.Calls())
			played := 0
			for i := from; i < len(faults); i += step {
				f := faults[i]
				s.checkSameEnd(t, whole.state, f)
				played++
				if !f.Death && i%3 == 0 {
					s.checkSameEnd(t, whole.state, f, simulation.Fault{Call: f.Call + 1 + i%37, Death: true, After: i%2 == 0})
					played++
				}
			}
			t.Logf("%d calls in %d passes: %d moments for a fault, %d worlds", len(whole.world.Calls()), whole.outcome.Passes, len(faults), played)
		})
	}
}

var (
	every      = flag.Int("stride", 12, "let faults happen at each so-manieth call")
	verbStride = flag.Int("verbs", 97, "let each verb come at each so-manieth moment")
	first      = flag.Int("from", 0, "let the first fault happen at this call")
)

func stride() int {
	if testing.Short() {
		return 200
	}
	return *every
}

// withShortLimits shortens the limits, which only makes the waits of a failure shorter, and
// keeps Cluster Autoscaler from removing nodes soon after the end.
func withShortLimits(config func() simulation.Config) func() simulation.Config {
	return func() simulation.Config {
		c := config()
		if c.Autoscaler.Unneeded > 0 {
			c.Autoscaler.Unneeded = 25 * time.Minute
		}
		// Longer than it takes for a silent kubelet's pods to count as gone.
		c.Update.Policy.DrainTimeout, c.Update.Policy.JoinTimeout = 12*time.Minute, 3*time.Minute
		return c
	}
}

// refusal is how long calls are refused: longer than any retry inside a pass,
// shorter than any limit.
const refusal = time.Minute

// moments are all faults of all calls, but of those that leave the same world
// only one: reading leaves no trace, so that whoever dies, or is refused the same
// thing, at the same time after the same changes finds the same world.
func moments(calls []simulation.Call) []simulation.Fault {
	type moment struct {
		at     time.Time
		writes int
		what   string
	}
	seen := map[moment]bool{}
	var faults []simulation.Fault
	add := func(at time.Time, writes int, what string, fault simulation.Fault) {
		m := moment{at, writes, what}
		if !seen[m] {
			seen[m] = true
			faults = append(faults, fault)
		}
	}
	for i, c := range calls {
		n := i + 1
		add(c.At, c.Writes, "death", simulation.Fault{Call: n, Death: true})
		add(c.At, c.Writes, c.Method, simulation.Fault{Call: n})
		if c.Write {
			add(c.At, c.Writes+1, "death", simulation.Fault{Call: n, Death: true, After: true})
			add(c.At, c.Writes+1, c.Method, simulation.Fault{Call: n, After: true})
			add(c.At, c.Writes, "refused "+c.Method, simulation.Fault{Call: n, For: refusal})
		}
		if c.Method == "Groups.Group" || c.Method == "Templates.Resolve" {
			add(c.At, c.Writes, "stale "+c.Method, simulation.Fault{Call: n, Stale: true})
		}
		if i%10 == 0 && !c.Write {
			add(c.At, c.Writes, "refused "+c.Method, simulation.Fault{Call: n, For: refusal})
		}
	}
	return faults
}

// sameEnd is what of an end has to be the same whatever goes wrong: zones are
// as even, and which of them has one node more is left to chance.
func sameEnd(end simulation.State) simulation.State {
	end.Nodes = slices.Clone(end.Nodes)
	for i, nodes := range end.Nodes {
		_, end.Nodes[i], _ = strings.Cut(nodes, " ")
	}
	slices.Sort(end.Nodes)
	if end.Status == upgrade.Successful && strings.HasPrefix(end.Template, simulation.OldImage) { // rolled back, perhaps before it was pinned
		end.Template, end.Pods = simulation.OldImage, withoutScratch(end.Pods)
	}
	if end.Status == upgrade.Cancelled { // how far it was then depends on what went wrong
		end.Nodes, end.Template, end.Pods = nil, "", withoutScratch(end.Pods)
	}
	return end
}

// withoutScratch leaves out the pod that does not come back once it was evicted.
func withoutScratch(pods []string) []string {
	return slices.DeleteFunc(slices.Clone(pods), func(load string) bool { return strings.HasPrefix(load, "scratch ") })
}

// checkSameEnd plays the scenario with faults, which may not change its end.
func (s scenario) checkSameEnd(t *testing.T, want simulation.State, faults ...simulation.Fault) {
	t.Helper()
	got, err := s.play(t.Context(), faults...)
	what := fmt.Sprintf("%s with %+v", s.name, faults)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if back := got.world.Update().Rollback; back != nil && back.Undone == nil {
		return // it came too early to have anything to roll back
	}
	if got.world.Update().Scaling != nil && want.Status == upgrade.Cancelled { // how far it was, too
		want.Size, want.Min = got.state.Size, got.state.Min
	}
	if len(got.world.Events("SizesChanged")) > 0 && got.state.Size.Desired == want.Size.Desired+1 {
		want.Size, want.Nodes = got.state.Size, got.state.Nodes // with a size on its way the larger reading is taken (decision 2)
	}
	if diff := cmp.Diff(sameEnd(want), sameEnd(got.state)); diff != "" {
		t.Fatalf("%s ends otherwise (-without +with):\n%s\n%s", what, diff, got.world.Story())
	}
}
