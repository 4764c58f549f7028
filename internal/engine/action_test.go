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
	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// fakeNode returns the pods of node-1 right before a termination, and records the
// instances that are terminated.
type fakeNode struct {
	upgrade.Pods
	upgrade.Groups
	pods       []upgrade.Pod // of node-1
	terminated []string
	calls      int
	err        error // of terminations
}

func (c *fakeNode) OccupancyNow(context.Context, []string) (upgrade.Occupancy, error) {
	return upgrade.Occupancy{Pods: map[string][]upgrade.Pod{"node-1": c.pods}}, nil
}

func (c *fakeNode) Terminate(_ context.Context, _ string, instances []string, _ bool) error {
	c.terminated = append(c.terminated, instances...)
	c.calls++
	return c.err
}

// Promise 4: the pods of a node are read again right before it is terminated.
func TestAnInstanceIsEndedOnlyIfItsNodeIsStillEmpty(t *testing.T) {
	for name, c := range map[string]struct {
		pods       []upgrade.Pod
		forced     time.Time
		terminated int
	}{
		"An empty node is terminated.":                                      {nil, time.Time{}, 1},
		"A node with a DaemonSet's pod and a finished one is terminated.":   {[]upgrade.Pod{{Name: "agent", UID: "uid-agent", Stays: true}, {Name: "job", UID: "uid-job", Finished: true}}, time.Time{}, 1},
		"A node with a pod that came after the cordon is not terminated.":   {[]upgrade.Pod{{Name: "web-1", UID: "uid-web-1"}}, time.Time{}, 0},
		"With force a node with a pod past its grace period is terminated.": {[]upgrade.Pod{{Name: "web-1", UID: "uid-web-1", Deleting: noon.Add(-2 * time.Minute)}}, noon.Add(-time.Hour), 1},
	} {
		t.Run(name, func(t *testing.T) {
			world := &fakeNode{pods: c.pods}
			at := &executor{World: upgrade.World{Pods: world, Groups: world}, now: noon}
			err := at.do(t.Context(), plan.Terminate{Drain: upgrade.Drain{Instance: "i-1", Node: "node-1", Forced: c.forced}})
			if len(world.terminated) != c.terminated || len(at.terminated) != c.terminated {
				t.Errorf("%d instances were terminated and %d noted, want %d", len(world.terminated), len(at.terminated), c.terminated)
			}
			var notEmpty *notEmptyError
			if errors.As(err, &notEmpty) != (c.terminated == 0) {
				t.Errorf("it returns %v", err)
			}
		})
	}
}

// lateWatch is a cluster whose API server has a node that the watch does not show yet.
type lateWatch struct {
	nodesInterface
	joined map[string]string
}

func (l lateWatch) Joined(context.Context, []string) (map[string]string, error) { return l.joined, nil }

// An instance without a node is terminated as empty. One that is a node by now may run pods, even if
// the watch does not show it yet.
func TestAnInstanceThatHasJustJoinedIsNotEnded(t *testing.T) {
	for name, c := range map[string]struct {
		joined map[string]string
		ended  bool
	}{
		"An instance that is no node is terminated.":        {nil, true},
		"One that has become a node since is not.":          {map[string]string{"i-1": "node-1"}, false},
		"Another instance that has joined does not matter.": {map[string]string{"i-2": "node-2"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			world := &fakeNode{}
			at := &executor{World: upgrade.World{Nodes: lateWatch{joined: c.joined}, Pods: world, Groups: world, Records: &savedRun{}}}
			err := at.do(t.Context(), plan.Terminate{Drain: upgrade.Drain{Instance: "i-1"}, Shrink: true})
			if ended := len(world.terminated) == 1; ended != c.ended || (err == nil) != c.ended {
				t.Errorf("terminated: %v, %v", world.terminated, err)
			}
		})
	}
}

// The instances of one pass are terminated in one call, except those whose node is not
// empty any more, and those that lower the desired size.
func TestInstancesAreEndedTogether(t *testing.T) {
	world := &fakeNode{pods: []upgrade.Pod{{Name: "web-1", UID: "uid-web-1"}}}
	at := &executor{World: upgrade.World{Pods: world, Groups: world, Records: &savedRun{}}}
	s, p := &state{}, &plan.Plan{}
	for i := range 4 {
		d := upgrade.Drain{Instance: fmt.Sprintf("i-%d", i), Node: fmt.Sprintf("node-%d", i)}
		p.Do(plan.Terminate{Drain: d, Shrink: i == 3}, "NodeTerminated", d.Node, "%s is terminated", d.Node)
	}
	if act(t.Context(), at, s, p) {
		t.Error("a call failed")
	}
	if want := []string{"i-3", "i-0", "i-2"}; world.calls != 2 || !slices.Equal(world.terminated, want) || !slices.Equal(at.terminated, want) {
		t.Errorf("%d calls terminated %v, noted %v; want 2 calls and %v", world.calls, world.terminated, at.terminated, want)
	}
	var events []string
	for _, e := range at.events {
		events = append(events, e.Reason+" "+e.Node)
	}
	if want := []string{"NodeTerminated node-3", "NodeTerminated node-0", "NodeNotEmpty node-1", "NodeTerminated node-2"}; !slices.Equal(events, want) {
		t.Errorf("events %v, want %v", events, want)
	}
}

// savedRun keeps the run that was saved last, or cannot be reached.
type savedRun struct {
	upgrade.Records
	run         upgrade.Run
	unreachable error
}

func (r *savedRun) SaveRun(_ context.Context, record upgrade.Record) (upgrade.Record, error) {
	if r.unreachable == nil {
		r.run = record.Run
	}
	return record, r.unreachable
}

// AWS lowers the desired size once more for each termination that asks for it. So that it is
// requested is saved before: a process that dies right after it has sent the request is succeeded by
// one that knows.
func TestASmallerSizeIsSavedBeforeItIsRequested(t *testing.T) {
	for name, c := range map[string]struct {
		shrink      bool
		unreachable error
		terminated  int
		saved       bool
	}{
		"With a smaller size it is saved first.":                    {shrink: true, terminated: 1, saved: true},
		"Without one the request can be repeated.":                  {terminated: 1},
		"What cannot be saved is not requested with a smaller one.": {shrink: true, unreachable: errors.New("connection refused")},
	} {
		t.Run(name, func(t *testing.T) {
			records, node := &savedRun{unreachable: c.unreachable}, &fakeNode{}
			drain := upgrade.Drain{Instance: "i-1", Node: "node-1"}
			at := &executor{World: upgrade.World{Pods: node, Groups: node, Records: records}, now: noon}
			at.record.Run.Drains = []upgrade.Drain{drain}
			err := at.do(t.Context(), plan.Terminate{Drain: drain, Shrink: c.shrink})
			if !errors.Is(err, c.unreachable) || len(node.terminated) != c.terminated {
				t.Errorf("terminated %v, %v", node.terminated, err)
			}
			if saved := len(records.run.Drains) > 0 && records.run.Drains[0].TerminationRequested.Equal(noon); saved != c.saved {
				t.Errorf("saved that it is requested: %t", saved)
			}
		})
	}
}

// A size that is set late undoes what was set meanwhile. So it is asked for again only when the first
// request must have arrived, whoever has sent that.
func TestASizeIsAskedForOnceInAWhile(t *testing.T) {
	resize := plan.Resize{From: upgrade.Size{Max: 6, Desired: 4}, To: upgrade.Size{Max: 6, Desired: 5}}
	asked := func(ago time.Duration) func(*state) {
		return func(s *state) {
			key, _ := plan.Asked(resize)
			s.Run.Timers = append(s.Run.Timers, upgrade.Timer{Key: key, Since: noon.Add(-ago)})
		}
	}
	for name, c := range map[string]struct {
		given func(*state)
		sent  bool
	}{
		"A size that nobody has asked for is sent.":          {given: func(*state) {}, sent: true},
		"One that was asked for a moment ago is waited for.": {given: asked(10 * time.Second)},
		"After half a minute it is sent again.":              {given: asked(30 * time.Second), sent: true},
	} {
		t.Run(name, func(t *testing.T) {
			group, records := &fakeGroup{}, &savedRun{}
			s := given(c.given)
			at := &executor{World: upgrade.World{Groups: group, Records: records, Now: func() time.Time { return noon }}, now: noon, sizesRead: noon}
			p := plan.New(s.Now, s.record)
			p.Do(resize, "Resizing", "", "desired size 4 -> 5")
			s.holdBack(p)
			act(t.Context(), at, s, p)
			if sent := group.size == resize.To; sent != c.sent || len(records.run.Timers) > 0 != c.sent {
				t.Errorf("sent: %t, saved: %v", sent, records.run.Timers)
			}
			if run := s.run(p, at); len(run.Timers) != 1 || len(p.Waits) > 0 == c.sent {
				t.Errorf("timers %v, waits %v", run.Timers, p.Waits)
			}
		})
	}
}

// fakeNodes records which nodes are marked. node-1 cannot be changed.
type fakeNodes struct {
	nodesInterface
	marked []string
}

type nodesInterface = upgrade.Nodes // embedded as Nodes it would hide the method Nodes

func (h *fakeNodes) Mark(_ context.Context, node, _ string, _ []upgrade.Mark) error {
	if node == "node-1" {
		return errors.New("patch nodes/node-1: it is locked")
	}
	h.marked = append(h.marked, node)
	return nil
}

// Nodes are changed in parallel. One that cannot be changed is named, and the others are
// changed all the same.
func TestNodesAreChangedInParallel(t *testing.T) {
	nodes, together := &fakeNodes{}, 0
	parallel := func(n int, call func(int)) {
		together = n
		for i := range n {
			call(i)
		}
	}
	at := &executor{World: upgrade.World{Nodes: nodes, Parallel: parallel}}
	s, p := &state{}, &plan.Plan{}
	for i := range 4 {
		node := fmt.Sprintf("node-%d", i)
		p.Do(plan.SetMarks{Node: node, Marks: []upgrade.Mark{upgrade.MarkTaint}}, "NodeTainted", node, "%s is tainted", node)
	}
	if !act(t.Context(), at, s, p) {
		t.Error("no call failed")
	}
	if want := []string{"node-0", "node-2", "node-3"}; together != 4 || !slices.Equal(nodes.marked, want) || len(at.events) != 3 {
		t.Errorf("%d in parallel, marked %v, events %v; want 4 and %v", together, nodes.marked, at.events, want)
	}
	if len(p.Waits) != 1 || p.Waits[0].Message != "patch nodes/node-1: it is locked; retrying" {
		t.Errorf("waits %+v", p.Waits)
	}
}

// The wait for load balancers begins when the node is cordoned, not when that pass began,
// and not if the call fails.
func TestTheWaitBeginsWithTheCordon(t *testing.T) {
	s := given(inFlight("old-a", time.Minute), inFlight("old-b", time.Minute))
	s.Run.Drains[1].Node = "node-1"
	after := noon.Add(20 * time.Second)
	at := &executor{World: upgrade.World{Nodes: &fakeNodes{}, Now: func() time.Time { return after }}}
	p := plan.New(s.Now, s.record)
	for _, d := range s.Run.Drains {
		p.Do(plan.SetMarks{Node: d.Node, Marks: []upgrade.Mark{upgrade.MarkCordon, upgrade.MarkExclude}}, "NodeCordoned", d.Node, "%s is cordoned", d.Node)
	}
	act(t.Context(), at, s, p)
	drains := s.run(p, at).Drains
	if !drains[0].Cordoned.Equal(after) || !drains[1].Cordoned.IsZero() {
		t.Errorf("cordoned at %s and at %s, want %s and never", drains[0].Cordoned, drains[1].Cordoned, after)
	}
}

// fakeGroup is a group that accepts every size.
type fakeGroup struct {
	upgrade.Groups
	now  upgrade.Size // what a read shows
	size upgrade.Size // what was set
}

func (g *fakeGroup) Group(context.Context, string, bool) (upgrade.Group, error) {
	return upgrade.Group{Size: g.now}, nil
}

func (g *fakeGroup) Resize(_ context.Context, _ string, _, to upgrade.Size) error {
	g.size = to
	return nil
}

// A process that was stopped after it had read the group, as by SIGSTOP, does not send
// sizes that may be out of date.
func TestAStoppedProcessSendsNoOldSizes(t *testing.T) {
	for name, c := range map[string]struct {
		stopped time.Duration
		want    int
	}{
		"Right after the read the sizes are sent.": {time.Second, 5},
		"After a minute they are not sent.":        {time.Minute, 0},
	} {
		t.Run(name, func(t *testing.T) {
			group := &fakeGroup{}
			at := &executor{World: upgrade.World{Groups: group, Records: &savedRun{}, Now: func() time.Time { return noon.Add(c.stopped) }}, observed: noon, sizesRead: noon}
			s, p := &state{}, &plan.Plan{}
			p.Do(plan.Resize{From: upgrade.Size{Max: 6, Desired: 4}, To: upgrade.Size{Max: 6, Desired: 5}}, "Resizing", "", "the sizes go up")
			act(t.Context(), at, s, p)
			if group.size.Desired != c.want {
				t.Errorf("the desired size is %d, want %d", group.size.Desired, c.want)
			}
			if said := len(p.Waits) > 0; said != (c.want == 0) {
				t.Errorf("it says why it waits: %t", said)
			}
		})
	}
}

// A number that is sent undoes what somebody has set since the group was read. So the group is read
// again if that was a while ago, as when other reads or calls of the pass took long.
func TestSizesThatSomebodyHasChangedAreNotSet(t *testing.T) {
	from, to := upgrade.Size{Max: 6, Desired: 4}, upgrade.Size{Max: 6, Desired: 5}
	for name, c := range map[string]struct {
		ago  time.Duration
		now  upgrade.Size
		want int
	}{
		"The group was read just now: the sizes are sent.":                   {time.Second, upgrade.Size{Max: 9, Desired: 8}, 5},
		"It was read a while ago, and nobody has changed it: they are sent.": {8 * time.Second, from, 5},
		"Somebody has changed it since: they are not sent.":                  {8 * time.Second, upgrade.Size{Max: 9, Desired: 8}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			group := &fakeGroup{now: c.now}
			at := &executor{World: upgrade.World{Groups: group, Records: &savedRun{}, Now: func() time.Time { return noon }}, observed: noon, sizesRead: noon.Add(-c.ago)}
			s, p := &state{}, &plan.Plan{}
			p.Do(plan.Resize{From: from, To: to}, "Resizing", "", "the sizes go up")
			act(t.Context(), at, s, p)
			if group.size.Desired != c.want {
				t.Errorf("the desired size is %d, want %d", group.size.Desired, c.want)
			}
			if said := len(p.Waits) > 0; said != (c.want == 0) {
				t.Errorf("it says why it waits: %t", said)
			}
		})
	}
}

// A failing call is the first wait, because people look at that, and because it is why
// the other waits last.
func TestACallThatFailsIsSaidFirst(t *testing.T) {
	s := given(withFailedCall(upgrade.FailedCall{Reason: "PodDeleted", Code: upgrade.AccessDenied}))
	p := plan.New(s.Now, s.record)
	p.WaitFor(plan.Drain("old-a"), time.Minute, "node-old-a is drained")
	p.Do(plan.Evict{}, "PodEvicted", "", "")
	var keys []upgrade.WaitKey
	for _, w := range s.run(p, &executor{}).Waits {
		keys = append(keys, w.Key)
	}
	if diff := cmp.Diff([]upgrade.WaitKey{"call/AccessDenied/PodDeleted", "drain/old-a"}, keys); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// While one instance is still to go whose termination failed, others are terminated: the request works
// again, and the failure does not last until its limit.
func TestATerminationThatWorksEndsTheFailureOfAnother(t *testing.T) {
	for _, fails := range []error{nil, errors.New("the connection was reset")} {
		call := upgrade.FailedCall{Reason: "NodeTerminated", Code: "Unknown", Message: "the connection was reset", Limit: time.Hour}
		s := given(withFailedCall(call))
		world := &fakeNode{err: fails}
		at := &executor{World: upgrade.World{Pods: world, Groups: world, Records: &savedRun{}}}
		p := plan.New(s.Now, s.record)
		s.awaitGoing(p, upgrade.Drain{Instance: "old-a", Node: "node-old-a", TerminationRequested: noon.Add(-time.Second)})
		p.Do(plan.Terminate{Drain: upgrade.Drain{Instance: "old-b", Node: "node-old-b"}}, "NodeTerminated", "node-old-b", "terminating node-old-b")
		act(t.Context(), at, s, p)
		run := s.run(p, at)
		if lasts := len(run.FailedCalls) == 1; lasts != (fails != nil) {
			t.Errorf("the next termination answers %v; calls that fail: %+v", fails, run.FailedCalls)
		} else if lasts && !run.FailedCalls[0].Since.Equal(noon.Add(-time.Minute)) {
			t.Errorf("it fails since %s, want since it first did", run.FailedCalls[0].Since)
		}
		if waits := slices.ContainsFunc(run.Waits, func(w upgrade.Wait) bool { return plan.IsCall(w.Key) }); waits != (fails != nil) {
			t.Errorf("the next termination answers %v; waits: %+v", fails, run.Waits)
		}
	}
}

// withFailedCall adds a call that has been failing for a minute.
func withFailedCall(c upgrade.FailedCall) func(*state) {
	return func(s *state) {
		c.Since = noon.Add(-time.Minute)
		s.Run.FailedCalls = append(s.Run.FailedCalls, c)
		s.Run.Waits = append(s.Run.Waits, upgrade.Wait{Key: plan.Call(c), Since: c.Since, Message: c.Message})
	}
}

// The next pass is made at once only if this one had an effect: otherwise it would decide the same.
func TestAPassWithoutEffectIsFollowedByAPause(t *testing.T) {
	web := upgrade.Pod{Namespace: "default", Name: "web-1", UID: "uid-web-1", Node: "node-1"}
	for name, c := range map[string]struct {
		pods  []upgrade.Pod
		pause bool
	}{
		"An instance was terminated.":                {nil, false},
		"Pods came back to the node of an instance.": {[]upgrade.Pod{web}, true},
	} {
		t.Run(name, func(t *testing.T) {
			world := &fakeNode{pods: c.pods}
			at := &executor{World: upgrade.World{Pods: world, Groups: world}, now: noon}
			p := plan.New(noon, upgrade.Record{})
			p.Do(plan.Terminate{Drain: upgrade.Drain{Instance: "i-1", Node: "node-1"}}, "NodeTerminated", "node-1", "terminating i-1")
			failed := act(t.Context(), at, &state{}, p)
			if got := after(p, failed, at.done); (got > 0) != c.pause {
				t.Errorf("the next pass is made after %s", got)
			}
		})
	}
}

// A node that was lost and registered again is cordoned again, and load balancers have their time
// from then.
func TestTheWaitBeginsAgainWithAnotherCordon(t *testing.T) {
	s := &state{}
	s.Run.Drains = []upgrade.Drain{{Instance: "i-1", Node: "node-2", Cordoned: noon.Add(-time.Hour)}}
	s.Members = []fleet.Member{{Instance: upgrade.Instance{ID: "i-1"}, NodeName: "node-2"}}
	s.ByID = map[string]*fleet.Member{"i-1": &s.Members[0]}
	at := &executor{World: upgrade.World{Nodes: &fakeNodes{}, Now: func() time.Time { return noon }}}
	p := plan.New(noon, s.record)
	p.Do(plan.SetMarks{Node: "node-2", Marks: []upgrade.Mark{upgrade.MarkCordon}}, "NodeCordoned", "node-2", "cordoned node-2")
	act(t.Context(), at, s, p)
	if got := s.run(p, at).Drains[0].Cordoned; !got.Equal(noon) {
		t.Errorf("cordoned at %s, want %s", got, noon)
	}
}
