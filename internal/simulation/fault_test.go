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

// TestEveryFault plays every scenario with every fault at every call, alone and followed
// by the death of the process. The update has to come to the same end, and no promise may
// be broken on the way. One run takes every twelfth moment, and a death after every third
// of these; a short run takes every 200th moment, and -stride 1 all. The first one is set
// with -from.
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
	every      = flag.Int("stride", 24, "play every fault at every nth moment")
	verbStride = flag.Int("verbs", 193, "play every verb at every nth moment")
	others     = flag.Int("others", 5, "have other people interfere at every nth moment")
	first      = flag.Int("from", 0, "the first of these moments")
)

func stride() int {
	if testing.Short() {
		return 200
	}
	return *every
}

// withShortLimits shortens the limits, so that failures come sooner, and keeps Cluster
// Autoscaler from removing nodes soon after the end.
func withShortLimits(config func() simulation.Config) func() simulation.Config {
	return func() simulation.Config {
		c := config()
		if c.Autoscaler.Unneeded > 0 {
			c.Autoscaler.Unneeded = 25 * time.Minute
		}
		// The pods of a silent kubelet count as gone before the drain limit.
		c.Update.Policy.DrainTimeout, c.Update.Policy.JoinTimeout = 12*time.Minute, 3*time.Minute
		return c
	}
}

// refusal is how long calls are refused: longer than any retry within a pass and shorter
// than any limit.
const refusal = time.Minute

// moments returns all faults at all calls, but only one of those that have the same
// effect. A read changes nothing, so two deaths, or two failures of the same method, at
// the same time and after the same writes have the same effect.
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

// sameEnd returns what has to be the same at the end whatever goes wrong. Which zone has
// one node more than others is random.
func sameEnd(end simulation.State) simulation.State {
	end.Nodes = slices.Clone(end.Nodes)
	for i, nodes := range end.Nodes {
		_, end.Nodes[i], _ = strings.Cut(nodes, " ")
	}
	slices.Sort(end.Nodes)
	if end.Status == upgrade.Successful && strings.HasPrefix(end.Template, simulation.OldImage) { // rolled back, perhaps before it was pinned
		end.Template, end.Pods = simulation.OldImage, withoutScratch(end.Pods)
	}
	if end.Status == upgrade.Cancelled { // how far the update came depends on the fault
		end.Nodes, end.Template, end.Pods = nil, "", withoutScratch(end.Pods)
	}
	return end
}

// withoutScratch leaves out the bare pod, which is not replaced after its eviction.
func withoutScratch(pods []string) []string {
	return slices.DeleteFunc(slices.Clone(pods), func(load string) bool { return strings.HasPrefix(load, "scratch ") })
}

// checkSameEnd plays a scenario with faults and checks that it comes to the same end.
func (s scenario) checkSameEnd(t *testing.T, want simulation.State, faults ...simulation.Fault) {
	t.Helper()
	got, err := s.play(t.Context(), faults...)
	what := fmt.Sprintf("%s with %+v", s.name, faults)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if back := got.world.Update().Rollback; back != nil && back.Undone == nil {
		return // the rollback was asked for before there was anything to undo
	}
	if got.world.Update().Scaling != nil && want.Status == upgrade.Cancelled { // how far it came depends on the fault
		want.Size, want.Min = got.state.Size, got.state.Min
	}
	if len(got.world.Events("SizesChanged")) > 0 && got.state.Size.Desired == want.Size.Desired+1 {
		want.Size, want.Nodes = got.state.Size, got.state.Nodes // while a size is pending the larger reading is taken (decision 2)
	}
	if diff := cmp.Diff(sameEnd(want), sameEnd(got.state)); diff != "" {
		t.Fatalf("%s comes to another end (-without the fault +with it):\n%s\n%s", what, diff, got.world.Story())
	}
}
