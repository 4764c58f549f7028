package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// crowded is a node's pods as the API server has them right before a
// termination, and the instances that were ended.
type crowded struct {
	upgrade.Pods
	upgrade.Groups
	pods  []upgrade.Pod // of node-1
	ended []string
	calls int
}

func (c *crowded) OccupancyNow(context.Context, []string) (upgrade.Occupancy, error) {
	return upgrade.Occupancy{Pods: map[string][]upgrade.Pod{"node-1": c.pods}}, nil
}

func (c *crowded) Terminate(_ context.Context, _ string, instances []string, _ bool) error {
	c.ended = append(c.ended, instances...)
	c.calls++
	return nil
}

// Promise 4: what runs on a node is read again right before it is terminated.
func TestAnInstanceIsEndedOnlyIfItsNodeIsStillEmpty(t *testing.T) {
	nobody := func(upgrade.Pod) bool { return false }
	for name, c := range map[string]struct {
		pods  []upgrade.Pod
		leave func(upgrade.Pod) bool
		ended int
	}{
		"an empty node":                             {nil, nobody, 1},
		"a DaemonSet's pod and a finished one":      {[]upgrade.Pod{{Name: "agent", UID: "uid-agent", Stays: true}, {Name: "job", UID: "uid-job", Finished: true}}, nobody, 1},
		"a pod that came since the cordon":          {[]upgrade.Pod{{Name: "web-1", UID: "uid-web-1"}}, nobody, 0},
		"a pod that may go with its node, by force": {[]upgrade.Pod{{Name: "web-1", UID: "uid-web-1"}}, func(upgrade.Pod) bool { return true }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			world := &crowded{pods: c.pods}
			at := &executor{World: upgrade.World{Pods: world, Groups: world}}
			err := terminate{drain: upgrade.Drain{Instance: "i-1", Node: "node-1"}, leave: c.leave}.do(t.Context(), at)
			if len(world.ended) != c.ended || len(at.asked) != c.ended {
				t.Errorf("%d instances were ended and %d noted, want %d", len(world.ended), len(at.asked), c.ended)
			}
			var notEmpty *notEmptyError
			if errors.As(err, &notEmpty) != (c.ended == 0) {
				t.Errorf("the answer is %v", err)
			}
		})
	}
}

// The instances of one pass go in one call, but those whose node is not empty any
// more, and those that give their place back.
func TestInstancesAreEndedTogether(t *testing.T) {
	world := &crowded{pods: []upgrade.Pod{{Name: "web-1", UID: "uid-web-1"}}}
	at := &executor{World: upgrade.World{Pods: world, Groups: world}}
	p := &plan{state: &state{}}
	for i := range 4 {
		d := upgrade.Drain{Instance: fmt.Sprintf("i-%d", i), Node: fmt.Sprintf("node-%d", i)}
		p.do(terminate{drain: d, shrink: i == 3, leave: func(upgrade.Pod) bool { return false }}, "NodeTerminated", d.Node, "%s is terminated", d.Node)
	}
	if act(t.Context(), at, p.state, p) {
		t.Error("a call failed")
	}
	if want := []string{"i-3", "i-0", "i-2"}; world.calls != 2 || !slices.Equal(world.ended, want) || !slices.Equal(at.asked, want) {
		t.Errorf("%d calls ended %v, noted %v; want 2 calls and %v", world.calls, world.ended, at.asked, want)
	}
	var told []string
	for _, e := range at.events {
		told = append(told, e.Reason+" "+e.Node)
	}
	if want := []string{"NodeTerminated node-3", "NodeTerminated node-0", "NodeNotEmpty node-1", "NodeTerminated node-2"}; !slices.Equal(told, want) {
		t.Errorf("told %v, want %v", told, want)
	}
}

// herd is nodes of which one cannot be changed.
type herd struct {
	anyNodes
	marked []string
}

type anyNodes = upgrade.Nodes // an embedded field of this name hides no method

func (h *herd) Mark(_ context.Context, node, _ string, _ []upgrade.Mark) error {
	if node == "node-1" {
		return errors.New("patch nodes/node-1: it is locked")
	}
	h.marked = append(h.marked, node)
	return nil
}

// Nodes are changed side by side; one that cannot be is named and hides no other.
func TestNodesAreChangedBeside(t *testing.T) {
	nodes, together := &herd{}, 0
	beside := func(n int, call func(int)) {
		together = n
		for i := range n {
			call(i)
		}
	}
	at := &executor{World: upgrade.World{Nodes: nodes, Parallel: beside}}
	p := &plan{state: &state{}}
	for i := range 4 {
		node := fmt.Sprintf("node-%d", i)
		p.do(setMarks{node, []upgrade.Mark{upgrade.MarkTaint}}, "NodeTainted", node, "%s is tainted", node)
	}
	if !act(t.Context(), at, p.state, p) {
		t.Error("no call failed")
	}
	if want := []string{"node-0", "node-2", "node-3"}; together != 4 || !slices.Equal(nodes.marked, want) || len(at.events) != 3 {
		t.Errorf("%d together, marked %v, told %v; want 4 and %v", together, nodes.marked, at.events, want)
	}
	if len(p.waits) != 1 || p.waits[0].Message != "patch nodes/node-1: it is locked; retrying" {
		t.Errorf("waits %+v", p.waits)
	}
}

// The wait for load balancers begins when the node is cordoned, not when the pass
// that cordons it began, and does not begin where that call fails.
func TestTheWaitBeginsWithTheCordon(t *testing.T) {
	s := given(flying("old-a", time.Minute), flying("old-b", time.Minute))
	s.Run.Drains[1].Node = "node-1"
	after := noon.Add(20 * time.Second)
	at := &executor{World: upgrade.World{Nodes: &herd{}, Now: func() time.Time { return after }}}
	p := newPlan(s)
	for _, d := range s.Run.Drains {
		p.do(setMarks{d.Node, []upgrade.Mark{upgrade.MarkCordon, upgrade.MarkExclude}}, "NodeCordoned", d.Node, "%s is cordoned", d.Node)
	}
	act(t.Context(), at, s, p)
	drains := s.report(p, at).Drains
	if !drains[0].Cordoned.Equal(after) || !drains[1].Cordoned.IsZero() {
		t.Errorf("cordoned at %s and at %s, want %s and never", drains[0].Cordoned, drains[1].Cordoned, after)
	}
}

// sized is a group that takes every size.
type sized struct {
	upgrade.Groups
	size upgrade.Size
}

func (g *sized) Resize(_ context.Context, _ string, _, to upgrade.Size) error {
	g.size = to
	return nil
}

// A process that stood still after it had read the cloud, as after SIGSTOP, sends no
// number that somebody else may have left behind since.
func TestWhoStoodStillSendsNothing(t *testing.T) {
	for name, c := range map[string]struct {
		stood time.Duration
		want  int
	}{
		"right after the read": {time.Second, 5},
		"stopped for a minute": {time.Minute, 0},
	} {
		t.Run(name, func(t *testing.T) {
			group := &sized{}
			at := &executor{World: upgrade.World{Groups: group, Now: func() time.Time { return noon.Add(c.stood) }}}
			s := &state{Fleet: fleet.Fleet{Group: upgrade.Group{Read: noon}}}
			p := &plan{state: s}
			p.do(resize{upgrade.Size{Max: 6, Desired: 4}, upgrade.Size{Max: 6, Desired: 5}}, "Resizing", "", "the sizes go up")
			if act(t.Context(), at, s, p); group.size.Desired != c.want {
				t.Errorf("the desired size is %d, want %d", group.size.Desired, c.want)
			}
		})
	}
}

// People look at the first wait: that a call fails is why the others last.
func TestACallThatFailsIsSaidFirst(t *testing.T) {
	s := given(waitsFor(callPrefix + upgrade.AccessDenied + "/PodDeleted"))
	p := newPlan(s)
	p.wait("drain/old-a", time.Minute, "node-old-a is drained")
	p.do(evict{}, "PodEvicted", "", "")
	var keys []string
	for _, w := range s.report(p, &executor{}).Waits {
		keys = append(keys, w.Key)
	}
	if diff := cmp.Diff([]string{callPrefix + upgrade.AccessDenied + "/PodDeleted", "drain/old-a"}, keys); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
