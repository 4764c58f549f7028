package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// scaling is a group of six nodes in three zones that is scaled to three. Nothing was done
// yet.
func scaling(changes ...func(*state)) *state {
	all := append([]func(*state){func(s *state) {
		s.Update.Scaling = &upgrade.Scaling{Desired: new(3)}
		s.Run.Phase, s.Run.Resolved = upgrade.ScaleDown, nil
		s.Run.Baseline = &upgrade.Baseline{Nodes: 6, Zones: 3, Usable: 6}
		s.Run.Scaling = &upgrade.Scaled{From: upgrade.Bounds{Min: 1, Max: 6, Desired: 6}, To: upgrade.Bounds{Min: 1, Max: 6, Desired: 3}}
		s.Ledger.Template, s.Ledger.Sizes.Owner.Max = nil, 6
		for i := range s.Members {
			s.Members[i].Node.Marks, s.Members[i].Node.Owned = nil, nil
		}
	}}, changes...)
	return given(all...)
}

// scaleTo changes the requested sizes.
func scaleTo(b upgrade.Bounds) func(*state) {
	return func(s *state) {
		s.Update.Scaling = &upgrade.Scaling{Min: &b.Min, Max: &b.Max, Desired: &b.Desired}
		s.Run.Scaling.To, s.Ledger.Sizes.Owner = b, b.Size()
	}
}

// withPending sets a pending size, and the instance that is terminated with it, if any.
func withPending(size upgrade.Size, shrink string) func(*state) {
	return func(s *state) { s.Ledger.Sizes.Pending, s.Ledger.Sizes.ShrinkInstance = &size, shrink }
}

func surplusDrain(d *upgrade.Drain) { d.Surplus = true }

func TestDecideScaling(t *testing.T) {
	stubborn := []func(*state){withBudget("web", 0), runs("old-a", "web-1", withBudgets("web"))}
	for name, c := range map[string]decision{
		"In the fullest zone the node with the fewest pods is drained first.": {
			[]func(*state){withoutMembers("new-a"), sizes(5), func(s *state) { s.Ledger.Sizes.Owner.Max = 5 }, runs("old-b", "web-1"), runs("new-b", "web-2"), runs("new-b", "web-3"), runs("old-c", "web-4"), runs("new-c", "web-5"), runs("new-c", "web-6"), runs("old-b", "web-7"), runs("old-b", "web-8")},
			[]string{"NodeDraining: draining node-new-b (b): the group's desired size is 3"},
		},
		"A node with a pod that cannot be evicted is drained last.": {
			append([]func(*state){withoutMembers("new-b", "new-c"), sizes(4), func(s *state) { s.Ledger.Sizes.Owner.Max = 4 }, runs("new-a", "web-2"), runs("new-a", "web-3")}, stubborn...),
			[]string{"NodeDraining: draining node-new-a (a): the group's desired size is 3"},
		},
		"A dead node is drained first.": {
			[]func(*state){withoutMembers("new-b", "new-c"), sizes(4), func(s *state) { s.Ledger.Sizes.Owner.Max = 4 }, runs("old-a", "web-1"), change("old-a", func(m *fleet.Member) { m.Node.Ready, m.Launched = false, noon.Add(-time.Hour) }), func(s *state) { s.Run.Started = noon.Add(-time.Hour) }},
			[]string{"NodeDraining: draining node-old-a (a): the group's desired size is 3"},
		},
		"No more nodes are drained at once than maxUnavailable.": {
			[]func(*state){inFlight("old-a", time.Minute, surplusDrain), runs("old-a", "web-1", deletedAgo(0))},
			[]string{"do plan.SetMarks node-old-a"},
		},
		"An empty node is terminated and the desired size is lowered.": {
			[]func(*state){inFlight("old-a", 2*time.Minute, surplusDrain, func(d *upgrade.Drain) { d.Cordoned = noon.Add(-time.Minute) }), change("old-a", func(m *fleet.Member) {
				m.Node.Marks, m.Node.Owned = []upgrade.Mark{upgrade.MarkTaint, upgrade.MarkCordon, upgrade.MarkExclude}, []upgrade.Mark{upgrade.MarkTaint, upgrade.MarkCordon, upgrade.MarkExclude}
			}), withPending(upgrade.Size{Max: 6, Desired: 5}, "old-a")},
			[]string{"do plan.Terminate node-old-a"},
		},
		"More nodes are requested in one step.": {
			[]func(*state){scaleTo(upgrade.Bounds{Min: 1, Max: 9, Desired: 8})}, nil,
		},
		"A higher minimum size is set when the nodes are there.": {
			[]func(*state){scaleTo(upgrade.Bounds{Min: 5, Max: 9, Desired: 6}), func(s *state) { s.Group.Size.Max, s.Ledger.Sizes.Expected.Max = 9, 9 }},
			[]string{"do plan.SetMinimum"},
		},
		"When the sizes are reached the scaling succeeds.": {
			[]func(*state){scaleTo(upgrade.Bounds{Min: 1, Max: 6, Desired: 6})},
			[]string{"Scaled: the group has the requested sizes (desired 6, maximum 6); restoring processes, autoscaler and marks"},
		},
		"A drain stops when the node need not be removed any more.": {
			[]func(*state){scaleTo(upgrade.Bounds{Min: 1, Max: 6, Desired: 6}), inFlight("old-a", time.Minute, surplusDrain, func(d *upgrade.Drain) { d.Evicted = 1 }), change("old-a", func(m *fleet.Member) { m.Node.Marks = []upgrade.Mark{upgrade.MarkTaint} })},
			[]string{"DrainStopped: stopped draining node-old-a: the group's desired size is 6"},
		},
		"A cancelled scaling ends.": {
			[]func(*state){func(s *state) { s.Update.Cancelled = true }},
			[]string{"UpgradeCancelled: cancelled; no more nodes will be drained; restoring sizes, processes, autoscaler and marks"},
		},
		"A cancelled scaling stops its drains.": {
			[]func(*state){verdict(upgrade.Cancelled), inFlight("old-a", time.Minute, surplusDrain)},
			[]string{"DrainStopped: stopped draining node-old-a"},
		},
		"A cancelled scaling leaves the size that it has reached.": {
			[]func(*state){verdict(upgrade.Cancelled)},
			[]string{"SizesKept: leaving the sizes at desired 6, maximum 6"},
		},
		"No further drain starts while pods are Pending for lack of room.": {
			[]func(*state){pending("web-9", "0/6 nodes are available: 6 Insufficient cpu")},
			[]string{
				"PodsPending: pod default/web-9 is Pending: the scheduler finds no node for it (0/6 nodes are available: 6 Insufficient cpu), while Cluster Autoscaler (kube-system/cluster-autoscaler) is suspended: raise the group's desired size (the update adopts that), or cancel it and run it again with --autoscaler annotate",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := decide(scaling(c.given...))
			if diff := cmp.Diff(c.want, summary(p)); diff != "" {
				t.Errorf("the plan differs (-want +got):\n%s", diff)
			}
		})
	}
}

// A scaling that fails names the cause and the size that stays.
func TestScalingFails(t *testing.T) {
	alone := []func(*state){withoutMembers("new-a", "new-b", "new-c"), sizes(3), scaleTo(upgrade.Bounds{Min: 0, Max: 3, Desired: 2})}
	protect := func(s *state) {
		for i := range s.Members {
			s.Members[i].Protected = true
		}
	}
	bound := func(p *upgrade.Pod) { p.Zones = []string{p.Node[len(p.Node)-1:]} }
	waited := func(key upgrade.WaitKey) func(*state) {
		return func(s *state) {
			s.Run.Timers = append(s.Run.Timers, upgrade.Timer{Key: key, Since: noon.Add(-time.Hour)})
		}
	}
	for name, c := range map[string]struct {
		given []func(*state)
		code  string
		words []string
	}{
		"A budget blocks a drain past the limit.": {
			[]func(*state){inFlight("old-a", 16*time.Minute, surplusDrain, func(d *upgrade.Drain) { d.Evicted = 1 }), change("old-a", func(m *fleet.Member) { m.Node.Marks = []upgrade.Mark{upgrade.MarkTaint} }), withBudget("web", 0), runs("old-a", "web-1", withBudgets("web"))},
			upgrade.PodEvictionFailure, []string{"node-old-a could not be drained within 16m", "pod default/web-1", "budget default/web", "The desired size stays 6."},
		},
		"All instances are protected from scale in.": {append(alone, protect), upgrade.Conflict, []string{"protected from scale in", "node-old-a, node-old-b, node-old-c"}},
		"All nodes are the last ones in the zones of volumes.": {
			append(alone, runs("old-a", "db-0", bound), runs("old-b", "db-1", bound), runs("old-c", "db-2", bound)),
			upgrade.PodEvictionFailure, []string{"3 nodes cannot be drained", "node-old-b is the last node of zone b, to which a volume of pod default/db-1 is bound", "The desired size stays 3."},
		},
		"Instances are missing.": {
			append(alone, withoutMembers("old-c"), sizes(4), scaleTo(upgrade.Bounds{Min: 0, Max: 4, Desired: 2}), waited(plan.Capacity)),
			upgrade.NodeCreationFailure, []string{"at least 2 usable nodes must stay", "2 of 4 instances are there", "The desired size stays 4."},
		},
		"New nodes are not launched.": {
			[]func(*state){scaleTo(upgrade.Bounds{Min: 1, Max: 9, Desired: 8}), func(s *state) {
				s.Group.Size, s.Ledger.Sizes.Expected = upgrade.Size{Max: 9, Desired: 8}, upgrade.Size{Max: 9, Desired: 8}
			}, waited("grown")},
			upgrade.NodeCreationFailure, []string{"6 of 8 nodes are usable after 15m", "2 nodes are not launched", "The desired size stays 8"},
		},
		"Pods stay Pending for lack of room.": {
			[]func(*state){pending("web-9", "Insufficient cpu"), waited("room"), func(s *state) { s.Run.PendingPodsReported = noon }},
			upgrade.PodEvictionFailure, []string{"pod default/web-9 is Pending", "3 nodes is too few", "The desired size stays 6."},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := decide(scaling(c.given...))
			v := p.Record.Run.Verdict
			if v == nil || v.Status != upgrade.Failed || v.Errors[0].Code != c.code {
				t.Fatalf("the verdict is %+v\n%s", v, strings.Join(summary(p), "\n"))
			}
			for _, word := range c.words {
				if !strings.Contains(v.Errors[0].Message, word) {
					t.Errorf("%q does not say %q", v.Errors[0].Message, word)
				}
			}
		})
	}
}

// The requested sizes are saved as the owner's before anything is borrowed, even if an
// earlier update owes other sizes.
func TestOpenScaling(t *testing.T) {
	three := upgrade.Size{Max: 6, Desired: 3}
	for name, c := range map[string]struct {
		ledger upgrade.Ledger
		want   upgrade.Sizes
	}{
		"The sizes of the group are the owner's if nothing is owed.": {upgrade.Ledger{}, upgrade.Sizes{Owner: three, Expected: upgrade.Size{Max: 6, Desired: 6}}},
		"The requested sizes replace those that an earlier update owes.": {
			upgrade.Ledger{Sizes: &upgrade.Sizes{Owner: upgrade.Size{Max: 4, Desired: 4}, Expected: upgrade.Size{Max: 6, Desired: 6}, Pending: &upgrade.Size{Max: 6, Desired: 5}, ShrinkInstance: "gone"}, Marks: true},
			upgrade.Sizes{Owner: three, Expected: upgrade.Size{Max: 6, Desired: 6}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := scaling(phase(upgrade.Setup), func(s *state) { s.Ledger = c.ledger })
			p := plan.New(s.Now, s.record)
			setupScaling(s, p)
			if diff := cmp.Diff(c.want, *p.Record.Ledger.Sizes); diff != "" || p.Record.Run.Phase != upgrade.ScaleDown || !p.Record.Ledger.Marks {
				t.Errorf("phase %s, ledger %+v, sizes -want +got:\n%s", p.Record.Run.Phase, p.Record.Ledger, diff)
			}
		})
	}
}

// A size out of bounds is refused with what to ask for, and nothing is borrowed.
func TestScalingOutOfBounds(t *testing.T) {
	for words, asked := range map[string]upgrade.Scaling{
		"the minimum size is 1: ask for 1 or more":  {Desired: new(0)},
		"the maximum size is 6: ask for 6 or fewer": {Desired: new(7)},
		"the maximum cannot be less":                {Min: new(9)},
		"cannot be less than 0":                     {Desired: new(-1)},
	} {
		s := scaling(phase(upgrade.Setup), func(s *state) { s.Update.Scaling, s.Run.Scaling, s.Ledger = &asked, nil, upgrade.Ledger{} })
		p := decide(s)
		if v := p.Record.Run.Verdict; v == nil || v.Errors[0].Code != upgrade.Conflict || !strings.Contains(v.Errors[0].Message, words) || p.SaveLedger {
			t.Errorf("%+v ends %+v, want %q", asked, v, words)
		}
	}
}

// A minimum size above the requested desired size is lowered first.
func TestMinimumIsLoweredFirst(t *testing.T) {
	s := scaling(phase(upgrade.Setup), func(s *state) {
		s.Update.Scaling, s.Group.Min = &upgrade.Scaling{Min: new(2), Desired: new(3)}, 5
		s.Run.Scaling.To, s.Ledger = upgrade.Bounds{Min: 2, Max: 6, Desired: 3}, upgrade.Ledger{}
	})
	if diff := cmp.Diff([]string{"do plan.SetMinimum"}, summary(decide(s))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
