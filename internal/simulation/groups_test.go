package simulation_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/simulation"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// Scenarios of Auto Scaling groups as real accounts have them.

// inStandby has somebody put an outdated node into Standby before the update, and one in
// flight in the middle.
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

// scalingPolicies has a scaling policy and a scheduled action lower the desired size
// because of the surge. If they were not suspended, Auto Scaling would terminate nodes
// that are not drained.
func scalingPolicies() scenario {
	return scenario{
		name: "scaling-policies", config: withThreeNodes(), want: success(),
		events: func(w *simulation.World) {
			w.At(2*time.Minute, func(w *simulation.World) { w.Scale("AlarmNotification", 4) })
			w.At(3*time.Minute, func(w *simulation.World) { w.Scale("ScheduledActions", 1) })
		},
	}
}

// spot has AWS reclaim the node in flight and later a new node. The group replaces both.
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

// hooks has lifecycle hooks keep new instances pending for two minutes and terminating
// ones for an hour.
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

// nothingDesired upgrades a group whose desired size is 0: only its next instance has the
// target image.
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

// TestStandbyComesBack checks that a node which was in Standby for a while is replaced
// when it is back in service.
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
	if got := w.State().Size.Desired; got != 4 {
		t.Errorf("the desired size is %d, want 4 as before", got)
	}
}

// TestSpotTakesTheNodeThatIsGivenBack has the call fail that terminates a node and lowers
// the desired size, and AWS reclaim that node before the call is retried. The group has
// to end with the owner's sizes.
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

// TestCutWhileResizesAreThrottled has somebody lower the desired size while calls that
// change the sizes are throttled. The owner's maximum size stays.
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

// TestDetachedNode has somebody detach a node at any time. The group launches another one,
// the sizes are right at the end, and the detached node carries no marks.
func TestDetachedNode(t *testing.T) {
	for name, pick := range map[string]func(*simulation.World) (name, instance string){
		"A new node is detached.":       func(w *simulation.World) (string, string) { return w.Node(0, false) },
		"An outdated node is detached.": func(w *simulation.World) (string, string) { return w.Node(1, true) },
		"A node in flight is detached.": func(w *simulation.World) (string, string) {
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
