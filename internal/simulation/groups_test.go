package simulation_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/simulation"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// What is special about Auto Scaling groups of real accounts.

// inStandby has somebody put an outdated node into standby before the update,
// and one in the middle, which is in flight.
func inStandby() scenario {
	want := success()
	want.Nodes, want.Size = nil, upgrade.Size{Max: 6, Desired: 5}
	return scenario{
		name: "standby", want: want,
		config: func() simulation.Config {
			c := simulation.Sample(5)
			c.Max = 6
			c.Autoscaler.Unneeded = time.Hour // it has nothing to do with this
			return c
		},
		events: func(w *simulation.World) {
			_, instance := w.Node(4, true)
			w.Standby(instance, false)
			w.At(150*time.Second, func(w *simulation.World) {
				for n := range 5 {
					if _, instance := w.Node(n, true); w.Draining(instance) {
						w.Standby(instance, false)
						return
					}
				}
			})
		},
	}
}

// scalingPolicies has a scaling policy and a scheduled action take the surge for
// too many nodes: unless they are suspended, Auto Scaling ends nodes undrained.
func scalingPolicies() scenario {
	return scenario{
		name: "scaling-policies", config: withThreeNodes(), want: success(),
		events: func(w *simulation.World) {
			w.At(2*time.Minute, func(w *simulation.World) { w.Scale("AlarmNotification", 4) })
			w.At(3*time.Minute, func(w *simulation.World) { w.Scale("ScheduledActions", 1) })
		},
	}
}

// spot has AWS take the node in flight, a new node and, at the end, the node that
// is being given back, each replaced by the group.
func spot() scenario {
	want := success()
	return scenario{
		name: "spot-interruptions", config: withThreeNodes(), want: want,
		events: func(w *simulation.World) {
			reclaim := func(outdated bool) func(*simulation.World) {
				return func(w *simulation.World) {
					for n := range 6 {
						if _, instance := w.Node(n, outdated); outdated == w.Draining(instance) {
							w.Reclaim(instance)
							return
						}
					}
				}
			}
			w.At(2*time.Minute, reclaim(true))
			w.At(3*time.Minute, reclaim(false))
		},
	}
}

// hooks hold new instances for five minutes before they are in service, and those
// that go for an hour.
func hooks() scenario {
	return scenario{
		name: "lifecycle-hooks", want: success(),
		config: withThreeNodes(func(c *simulation.Config) {
			c.Delays.HookLaunch, c.Delays.Hook = 2*time.Minute, time.Hour
			c.Protected = true
		}),
	}
}

// sixZones drains three nodes at once in a group of six zones.
func sixZones() scenario {
	want := success()
	want.Nodes, want.Size = nil, upgrade.Size{Max: 12, Desired: 12}
	return scenario{
		name: "six-zones", want: want,
		config: func() simulation.Config {
			c := simulation.Sample(12)
			c.Zones = append(c.Zones, "us-west-2d", "us-west-2e", "us-west-2f")
			c.Min, c.Max = 12, 12
			c.Update.Policy.MaxUnavailable = upgrade.Count{Value: 3}
			return c
		},
	}
}

// oneZone is one of the groups of a cluster that has a group for each zone:
// minimum, desired and maximum size are the same.
func oneZone() scenario {
	want := success()
	want.Nodes = []string{fmt.Sprintf("us-west-2a %s: 3", simulation.NewImage)}
	want.Size = upgrade.Size{Max: 3, Desired: 3}
	return scenario{
		name: "one-zone", want: want,
		config: withThreeNodes(func(c *simulation.Config) {
			c.Zones, c.OtherNodes = c.Zones[:1], 4
			c.Min, c.Max = 3, 3
		}),
	}
}

// nothingDesired is a group that is scaled to nothing: its next node is to be of
// the target.
func nothingDesired() scenario {
	want := success()
	want.Nodes, want.Size = nil, upgrade.Size{Max: 1, Desired: 0}
	return scenario{
		name: "desired-0", want: want,
		config: func() simulation.Config {
			c := simulation.Sample(0)
			c.Min, c.OtherNodes = 0, 3
			return c
		},
	}
}

// TestStandbyComesBack holds that a node which was in standby for a while is
// replaced, too, when it is back in service.
func TestStandbyComesBack(t *testing.T) {
	w := simulation.New(simulation.Sample(4))
	_, instance := w.Node(3, true)
	w.At(30*time.Second, func(w *simulation.World) { w.Standby(instance, true) })
	w.At(3*time.Minute, func(w *simulation.World) { w.ReturnToService(instance) })
	out, err := simulation.Run(t.Context(), w, limit)
	if err != nil {
		t.Fatal(err)
	}
	if v := out.Result.Record.Run.Verdict; v.Status != upgrade.Successful {
		t.Errorf("it ends %+v", v)
	}
	if err := checkImages(w, simulation.NewImage); err != nil {
		t.Error(err)
	}
}

// TestSpotTakesTheNodeThatIsGivenBack lets the call that ends a node together
// with its place fail, and AWS take that node away before it is made again: the
// owner gets his size all the same.
func TestSpotTakesTheNodeThatIsGivenBack(t *testing.T) {
	whole, err := plain().play(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for n, call := range whole.world.Calls() {
		if call.Method != "Groups.Terminate" || call.At.Before(whole.verdict.At) {
			continue
		}
		s := plain()
		s.events = func(w *simulation.World) {
			w.At(call.At.Sub(simulation.Beginning())+time.Second, func(w *simulation.World) { w.ReclaimInFlight(0) })
		}
		got, err := s.play(t.Context(), simulation.Fault{Call: n + 1})
		if err != nil {
			t.Fatal(err)
		}
		if got.state.Size != s.want.Size {
			t.Errorf("call %d fails: the sizes are %s, the owner's %s\n%s", n+1, got.state.Size, s.want.Size, got.world.Story().Last(60))
		}
	}
}

// TestCutWhileResizesAreThrottled has an autoscaler cut the desired size while calls
// that change the sizes are refused: the owner's maximum stays what it was.
func TestCutWhileResizesAreThrottled(t *testing.T) {
	whole, err := plain().play(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for n, call := range whole.world.Calls() {
		if call.Method != "Groups.Resize" {
			continue
		}
		w := simulation.New(plain().config())
		w.Inject(simulation.Fault{Call: n + 1, For: refusal})
		w.At(call.At.Sub(simulation.Beginning())+time.Second, func(w *simulation.World) { w.ChangeSizes(upgrade.Size{Desired: -1}) })
		if _, err := simulation.Run(t.Context(), w, limit); err != nil {
			t.Fatal(err)
		}
		if got := w.State().Size; got.Max != plain().want.Size.Max {
			t.Errorf("call %d is refused: the sizes are %s at the end, the owner's were %s\n%s", n+1, got, plain().want.Size, w.Story().Last(40))
		}
	}
}

// TestDetachedNode holds that a node which somebody detaches, at any time, is not
// missed, as the group launches another one, and carries no marks at the end.
func TestDetachedNode(t *testing.T) {
	for name, pick := range map[string]func(*simulation.World) (name, instance string){
		"a new one":       func(w *simulation.World) (string, string) { return w.Node(0, false) },
		"an outdated one": func(w *simulation.World) (string, string) { return w.Node(1, true) },
		"one in flight": func(w *simulation.World) (string, string) {
			for n := range 6 {
				if name, instance := w.Node(n, n < 3); w.Draining(instance) {
					return name, instance
				}
			}
			return "", ""
		},
	} {
		t.Run(name, func(t *testing.T) {
			for at := 70 * time.Second; at < 8*time.Minute; at += 10 * time.Second {
				w := simulation.New(simulation.Sample(3))
				w.At(at, func(w *simulation.World) {
					_, instance := pick(w)
					w.Detach(instance, false)
				})
				out, err := simulation.Run(t.Context(), w, limit)
				if err != nil {
					t.Fatalf("at %s: %v", at, err)
				}
				if v := out.Result.Record.Run.Verdict; v.Status != upgrade.Successful {
					t.Errorf("at %s it ends %+v", at, v)
				}
				if got := w.State(); got.Size != (upgrade.Size{Max: 4, Desired: 3}) || len(got.Marks) > 0 {
					t.Errorf("at %s the sizes are %s, marks are left: %v\n%s", at, got.Size, got.Marks, w.Story())
				}
			}
		})
	}
}
