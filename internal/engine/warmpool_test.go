package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// warm puts an instance into the warm pool.
func warm(id, image string, lifecycle upgrade.Lifecycle) func(*state) {
	return func(s *state) {
		if s.Group.WarmPool == nil {
			s.Group.WarmPool = &upgrade.WarmPool{}
		}
		s.Group.WarmPool.Instances = append(s.Group.WarmPool.Instances, upgrade.Instance{
			ID: id, Zone: "a", Lifecycle: lifecycle, Image: image, Launched: noon.Add(-24 * time.Hour),
		})
	}
}

func reuses(s *state) { s.Group.WarmPool.Reuse = true }

// warmSince is since when the update waits for the warm pool.
func warmSince(d time.Duration) func(*state) {
	return func(s *state) {
		s.Run.Timers = append(s.Run.Timers, upgrade.Timer{Key: plan.WarmPool, Since: noon.Add(-d)})
	}
}

// warmNode is the node of an instance in the warm pool, with marks of ours.
func warmNode(id string, ready bool) func(*state) {
	return func(s *state) {
		s.Nodes = append(s.Nodes, upgrade.Node{
			Name: "node-" + id, Provider: "aws:///a/" + id, Ready: ready, Heartbeat: noon.Add(-time.Hour), Owner: "ng",
			Marks: []upgrade.Mark{upgrade.MarkCordon}, Owned: []upgrade.Mark{upgrade.MarkCordon},
		})
	}
}

// askedForWarm: AWS was asked a moment ago to terminate instances of the warm pool.
func askedForWarm(s *state) {
	key, _ := plan.Asked(plan.TerminateWarm{})
	s.Run.Timers = append(s.Run.Timers, upgrade.Timer{Key: key, Since: noon.Add(-time.Second)})
}

const oneWarm = "wait: waiting for 1 instance of the warm pool (i-w) to be gone: outdated"

func warmPoolDecisions() map[string]decision {
	justScaling := []func(*state){phase(upgrade.ScaleUp), sizes(3), withoutMembers("new-a", "new-b", "new-c")}
	given := func(more ...func(*state)) []func(*state) { return append(slices.Clone(justScaling), more...) }
	return map[string]decision{
		"No node is added before the outdated instances of the warm pool are gone.": {
			given: given(warm("i-w", oldImage, "Warmed:Stopped"), warm("i-x", newImage, "Warmed:Stopped")),
			want:  []string{"do plan.TerminateWarm", oneWarm},
		},
		"An instance of the warm pool that is being terminated is not waited for.": {
			given: given(warm("i-w", oldImage, "Warmed:Terminating"), warm("i-x", oldImage, upgrade.ShuttingDown)),
			want:  nil,
		},
		"What is in flight goes on while the warm pool is replaced, and no drain starts.": {
			given: []func(*state){warm("i-w", oldImage, "Warmed:Stopped"), askedForWarm, inFlight("old-a", time.Minute), runs("old-a", "web-1"), func(s *state) {
				s.Update.Policy.MaxUnavailable = upgrade.Count{Value: 3}
			}},
			want: []string{
				"do plan.Evict", "wait: asked AWS to terminate 1 instance of the warm pool (i-w)", oneWarm,
				"wait: draining node-old-a (a): pod default/web-1: it is being evicted",
			},
		},
		"The surge that somebody has taken away is not raised again while an outdated instance would be taken for it.": {
			given: []func(*state){sizes(3), warm("i-w", oldImage, "Warmed:Stopped"), askedForWarm, inFlight("old-a", time.Minute), runs("old-a", "web-1")},
			want: []string{
				"do plan.Evict", "wait: asked AWS to terminate 1 instance of the warm pool (i-w)", oneWarm,
				"wait: draining node-old-a (a): pod default/web-1: it is being evicted",
			},
		},
		"Outdated instances that cannot be replaced fail the update.": {
			given: given(warm("i-w", oldImage, "Warmed:Stopped"), warmSince(15*time.Minute)),
			want: []string{
				"NodeCreationFailure: 1 outdated instance of the warm pool, which Auto Scaling would put into service, not replaced within 15m: i-w. Terminate them (aws ec2 terminate-instances) or delete the warm pool, then retry",
				"do plan.TerminateWarm", oneWarm,
			},
		},
		"A node in the warm pool that may run pods is named.": {
			given: given(warm("i-w", oldImage, "Warmed:Running"), warmSince(15*time.Minute), warmNode("i-w", true)),
			want: []string{
				"NodeCreationFailure: 1 outdated instance of the warm pool, which Auto Scaling would put into service, not replaced within 15m: i-w. Pods may run on node node-i-w (i-w): cordon and drain it, and keep the kubelets of the pool from joining, then retry",
				"do plan.TerminateWarm", "wait: node-i-w carries marks but is not in the group; reading again", oneWarm,
			},
		},
	}
}

// A node of the warm pool that was stopped is no silent node, and one that has just left the pool is not
// usable before its kubelet has reported since its start.
func TestANodeFromTheWarmPoolIsComingUp(t *testing.T) {
	fromPool := func(ready bool) func(*fleet.Member) {
		return func(m *fleet.Member) {
			m.Launched = noon.Add(-10 * time.Second)
			m.Node.Ready, m.Node.ReadySince, m.Node.Heartbeat = ready, noon.Add(-time.Hour), noon.Add(-15*time.Second)
			if !ready {
				m.Node.Heartbeat = noon.Add(-time.Hour)
			}
		}
	}
	s := given(change("new-a", fromPool(false)), change("new-b", fromPool(true)), change("new-c", fromPool(false)), withoutMembers("old-a", "old-b", "old-c"))
	for _, m := range s.UpToDate() {
		if m.Usable || s.IsUnheard(m) || s.IsSilent(m) || !s.MayJoin(m) {
			t.Errorf("%s: usable %t, unheard %t, silent %t, may join %t", m.ID, m.Usable, s.IsUnheard(m), s.IsSilent(m), s.MayJoin(m))
		}
	}
	if s.MostlySilent() != nil {
		t.Errorf("%s", s.MostlySilent())
	}
}

// Marks come off the node of an instance that has returned to the warm pool, although Nodelift has asked
// for its termination: it may go into service again.
func TestMarksComeOffANodeThatHasReturnedToTheWarmPool(t *testing.T) {
	went := func(s *state) {
		s.Run.RecentlyTerminated = []upgrade.TerminatedInstance{{Instance: "i-w", At: noon.Add(-time.Minute)}}
	}
	for name, c := range map[string]struct {
		given []func(*state)
		want  int
	}{
		"It is in the pool.":                    {[]func(*state){warm("i-w", newImage, "Warmed:Stopped"), warmNode("i-w", false), went}, 1},
		"It is terminating there.":              {[]func(*state){warm("i-w", newImage, "Warmed:Terminating"), warmNode("i-w", false), went}, 0},
		"It was terminated, and its node goes.": {[]func(*state){warmNode("i-w", false), went}, 0},
	} {
		if got := given(c.given...).DetachedNodes(); len(got) != c.want {
			t.Errorf("%s %d nodes lose their marks, want %d", name, len(got), c.want)
		}
	}
}

// After a success it is waited for outdated nodes that may return to the pool, and not if they cannot.
func TestTheEndWaitsForNodesThatMayReturnToTheWarmPool(t *testing.T) {
	going := change("old-a", func(m *fleet.Member) { m.Lifecycle = "Terminating:Wait" })
	ended := func(s *state) {
		s.Run.Phase, s.Run.Verdict = upgrade.ScaleDown, &upgrade.Verdict{Status: upgrade.Successful, At: noon}
		s.Ledger = upgrade.Ledger{}
	}
	base := []func(*state){warm("i-x", newImage, "Warmed:Stopped"), withoutMembers("old-b", "old-c"), going, ended}
	longAgo := func(s *state) { s.Run.Verdict.At = noon.Add(-time.Hour) } // the scale down has taken long
	if p := decide(given(append(slices.Clone(base), reuses, longAgo)...)); p.Decision != plan.Wait {
		t.Errorf("an hour after the verdict: decided %v: %q", p.Decision, summary(p))
	}
	if p := decide(given(append(base, reuses)...)); p.Decision != plan.Wait || !strings.Contains(fmt.Sprint(summary(p)), "it may return to the warm pool") {
		t.Errorf("decided %v: %q", p.Decision, summary(p))
	}
	if p := decide(given(base...)); p.Record.Run.Phase != upgrade.Done {
		t.Errorf("without ReuseOnScaleIn: %q", summary(p))
	}
}

// Once the launch template is restored, instances of the target are replaced in the pool: they would
// become no usable nodes.
func TestARestoredTemplateRestoresTheWarmPool(t *testing.T) {
	base := func(version string) []func(*state) {
		return []func(*state){warm("i-old", oldImage, "Warmed:Stopped"), warm("i-new", newImage, "Warmed:Stopped"), func(s *state) {
			s.Run.Phase, s.Run.Verdict = upgrade.ScaleDown, &upgrade.Verdict{Status: upgrade.Failed, At: noon, RestoreTemplate: true}
			s.Group.Template.Version, s.Ledger = version, upgrade.Ledger{}
			for n := range s.Members {
				s.Members[n].Node.Marks, s.Members[n].Node.Owned = nil, nil
			}
		}}
	}
	terminated := func(p *plan.Plan) (ids []string) {
		for _, st := range p.Steps {
			if a, ok := st.Action.(plan.TerminateWarm); ok {
				for _, i := range a.Instances {
					ids = append(ids, i.ID)
				}
			}
		}
		return ids
	}
	if got := terminated(decide(given(base("1")...))); !slices.Equal(got, []string{"i-new"}) {
		t.Errorf("it terminates %v, want i-new: %q", got, summary(decide(given(base("1")...))))
	}
	if got := terminated(decide(given(base("2")...))); len(got) > 0 {
		t.Errorf("it terminates %v while the group launches the target", got)
	}
}

// warmWorld is a warm pool, of which some instances are nodes that run pods.
type warmWorld struct {
	fakeNode
	nodesInterface
	nodes map[string]string
	ended []string
}

func (w *warmWorld) Joined(_ context.Context, instances []string) (map[string]string, error) {
	joined := map[string]string{}
	for _, id := range instances {
		if node := w.nodes[id]; node != "" {
			joined[id] = node
		}
	}
	return joined, nil
}

func (w *warmWorld) TerminateWarm(_ context.Context, _ string, instances []string) error {
	w.ended = append(w.ended, instances...)
	return nil
}

// The node of a stopped instance may still list pods; nothing runs there. One that runs is not terminated
// with its pods, and does not keep the others.
func TestANodeOfTheWarmPoolThatRunsPodsIsNotTerminated(t *testing.T) {
	w := &warmWorld{nodes: map[string]string{"i-runs": "node-1", "i-stopped": "node-1"}}
	w.pods = []upgrade.Pod{{Name: "web-1", UID: "uid-web-1", Node: "node-1"}}
	at := &executor{World: upgrade.World{Nodes: w, Pods: &w.fakeNode, WarmPools: w}}
	err := at.do(t.Context(), plan.TerminateWarm{Instances: []plan.WarmInstance{{ID: "i-runs"}, {ID: "i-idle"}, {ID: "i-stopped", Stopped: true}}})
	var notEmpty *notEmptyError
	if !errors.As(err, &notEmpty) || !strings.Contains(err.Error(), "web-1") {
		t.Errorf("it says %v", err)
	}
	if want := []string{"i-idle", "i-stopped"}; !slices.Equal(w.ended, want) {
		t.Errorf("terminated %v, want %v", w.ended, want)
	}
}
