package drain_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/engine/drain"
	"github.com/nodelift/nodelift/internal/upgrade"
)

var noon = time.Date(2026, time.September, 21, 12, 0, 0, 0, time.UTC)

// pod is a Ready pod that was made an hour ago.
func pod(name string, changes ...func(*upgrade.Pod)) upgrade.Pod {
	p := upgrade.Pod{Namespace: "shop", Name: name, UID: "uid-" + name, Node: "node-1", Ready: true, Created: noon.Add(-time.Hour), Grace: 30 * time.Second}
	for _, change := range changes {
		change(&p)
	}
	return p
}

func under(budgets ...string) func(*upgrade.Pod) {
	return func(p *upgrade.Pod) { p.Budgets = budgets }
}

func unready(p *upgrade.Pod)    { p.Ready = false }
func daemon(p *upgrade.Pod)     { p.Stays = true }
func finished(p *upgrade.Pod)   { p.Finished = true }
func pending(p *upgrade.Pod)    { p.Ready, p.Pending = false, true }
func terminated(p *upgrade.Pod) { p.Deleting = noon.Add(-2 * time.Minute) }
func mayReturn(p *upgrade.Pod)  { p.Tolerates = "operator Exists" }
func justMade(p *upgrade.Pod)   { p.Created = noon.Add(-time.Second) }
func asksToStay(p *upgrade.Pod) { p.Keep = "karpenter.sh/do-not-disrupt=true" }

// web is a budget that allows some disruptions of three healthy pods.
func web(allowed int) map[string]upgrade.Budget {
	return map[string]upgrade.Budget{"shop/web": {Namespace: "shop", Name: "web", Allowed: allowed, Healthy: 3, Needed: 3 - allowed, Expected: 3}}
}

// started is a drain that began an hour ago, with what was noted of it.
func started(changes ...func(*upgrade.Drain)) upgrade.Drain {
	d := upgrade.Drain{Instance: "i-1", Node: "node-1", Since: noon.Add(-time.Hour)}
	for _, change := range changes {
		change(&d)
	}
	return d
}

func forced(d *upgrade.Drain) { d.Forced = noon.Add(-10 * time.Minute) }

// refused is a pod whose eviction was refused once, and may be asked for again in a while.
func refused(in time.Duration) func(*upgrade.Drain) {
	return func(d *upgrade.Drain) {
		d.Blocked = []upgrade.BlockedPod{{Pod: "shop/web-1", UID: "uid-web-1", Since: noon.Add(-time.Minute), Tries: 1, Next: noon.Add(in), Why: "budget shop/web allows no disruption now", Budget: "shop/web"}}
	}
}

func TestWhichPodsAreAskedToLeave(t *testing.T) {
	for name, c := range map[string]struct {
		round   drain.Round
		node    drain.Node
		evicted []string // names, in order
		left    []string // names of those that have not left
		blocked []string // names of those that are neither leaving nor asked to
		reason  string   // what is said about the node
	}{
		"A pod without a budget is evicted.": {
			node:    drain.Node{Pods: []upgrade.Pod{pod("web-1")}},
			evicted: []string{"web-1"}, left: []string{"web-1"},
			reason: "pod shop/web-1: it is being evicted",
		},
		"Pods of DaemonSets and finished pods stay, and the node counts as empty.": {
			node: drain.Node{Pods: []upgrade.Pod{pod("agent", daemon), pod("job", finished)}},
		},
		"A budget that allows one disruption lets one pod of two go.": {
			round:   drain.Round{Budgets: web(1)},
			node:    drain.Node{Pods: []upgrade.Pod{pod("web-2", under("shop/web")), pod("web-1", under("shop/web"))}},
			evicted: []string{"web-1"}, left: []string{"web-1", "web-2"}, blocked: []string{"web-2"},
			reason: "pod shop/web-2: its budget shop/web needs 2 healthy pods and has 3 of 3",
		},
		"A pod that is not Ready takes no disruption from a budget that has enough.": {
			round:   drain.Round{Budgets: web(1)},
			node:    drain.Node{Pods: []upgrade.Pod{pod("web-1", under("shop/web"), unready), pod("web-2", under("shop/web"))}},
			evicted: []string{"web-1", "web-2"}, left: []string{"web-1", "web-2"},
			reason: "it is being evicted",
		},
		"A Pending pod is protected by no budget.": {
			round:   drain.Round{Budgets: web(0)},
			node:    drain.Node{Pods: []upgrade.Pod{pod("web-1", under("shop/web"), pending)}},
			evicted: []string{"web-1"}, left: []string{"web-1"},
			reason: "it is being evicted",
		},
		"A pod with two budgets is not asked, because Kubernetes evicts no such pod.": {
			round: drain.Round{Budgets: web(3)},
			node:  drain.Node{Pods: []upgrade.Pod{pod("web-1", under("shop/all", "shop/web"))}},
			left:  []string{"web-1"}, blocked: []string{"web-1"},
			reason: "it has more than one disruption budget (shop/all, shop/web)",
		},
		"A refused pod is not asked again before its time.": {
			round: drain.Round{Budgets: web(1)},
			node:  drain.Node{Drain: started(refused(time.Second)), Pods: []upgrade.Pod{pod("web-1", under("shop/web"))}},
			left:  []string{"web-1"}, blocked: []string{"web-1"},
			reason: "budget shop/web allows no disruption now, since 11:59:00 UTC",
		},
		"A refused pod is asked again at its time, and until the answer the last one is shown.": {
			round:   drain.Round{Budgets: web(1)},
			node:    drain.Node{Drain: started(refused(-time.Second)), Pods: []upgrade.Pod{pod("web-1", under("shop/web"))}},
			evicted: []string{"web-1"}, left: []string{"web-1"},
			reason: "budget shop/web allows no disruption now, since 11:59:00 UTC",
		},
		"Nothing is asked while the node must not be drained.": {
			node: drain.Node{NotNow: "draining it would leave 2 usable nodes; at least 3 are required", Pods: []upgrade.Pod{pod("web-1")}},
			left: []string{"web-1"}, blocked: []string{"web-1"},
			reason: "at least 3 are required",
		},
		"A pod that asks not to be evicted is waited for if the policy respects that.": {
			round: drain.Round{Policy: upgrade.Policy{RespectSafeToEvict: true}},
			node:  drain.Node{Pods: []upgrade.Pod{pod("train", asksToStay)}},
			left:  []string{"train"}, blocked: []string{"train"},
			reason: "it asks not to be evicted (karpenter.sh/do-not-disrupt=true)",
		},
		"A pod that asks not to be evicted is evicted by default.": {
			node:    drain.Node{Pods: []upgrade.Pod{pod("train", asksToStay)}},
			evicted: []string{"train"}, left: []string{"train"},
			reason: "it is being evicted",
		},
		"A pod that just came back to the node is left alone for a moment.": {
			node: drain.Node{Drain: started(), Pods: []upgrade.Pod{pod("web-1", mayReturn, justMade)}},
			left: []string{"web-1"}, blocked: []string{"web-1"},
			reason: "it came back to the node it left",
		},
		"A pod past its grace period keeps a node whose kubelet works.": {
			node: drain.Node{Pods: []upgrade.Pod{pod("web-1", terminated)}},
			left: []string{"web-1"}, reason: "look at the node's kubelet",
		},
		"A pod past its grace period does not keep a node whose kubelet is silent.": {
			node: drain.Node{Silent: true, Pods: []upgrade.Pod{pod("web-1", terminated)}},
		},
		"A pod past its grace period does not keep a node after it was deleted by force.": {
			node: drain.Node{Drain: started(forced), Pods: []upgrade.Pod{pod("web-1", terminated)}},
		},
		"A volume keeps the node until it is detached.": {
			node:   drain.Node{Volumes: []upgrade.Volume{{Name: "pv-1", Claim: "shop/data"}, {Name: "pv-2", Claim: "shop/more"}}},
			reason: "volume pv-1 is still attached (and 1 more)",
		},
		"The volume of a DaemonSet's pod does not keep the node.": {
			node: drain.Node{Volumes: []upgrade.Volume{{Name: "pv-1", Claim: "shop/data"}}, Pods: []upgrade.Pod{pod("agent", daemon, func(p *upgrade.Pod) { p.Claims = []string{"shop/data"} })}},
		},
		"A pod of the same budget that finds no node is named.": {
			round: drain.Round{Budgets: web(0), Unschedulable: []upgrade.Pod{pod("web-9", under("shop/web"), func(p *upgrade.Pod) { p.Unschedulable = "0/6 nodes are available: 6 Insufficient cpu" })}},
			node:  drain.Node{Pods: []upgrade.Pod{pod("web-1", under("shop/web"))}},
			left:  []string{"web-1"}, blocked: []string{"web-1"},
			reason: "pod shop/web-9 is Pending: the scheduler finds no node for it (0/6 nodes are available: 6 Insufficient cpu)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			c.round.Now = noon
			visit := c.round.Visit(c.node)
			var evicted, left, blocked []string
			for _, p := range c.round.Evictions() {
				evicted = append(evicted, p.Name)
			}
			for _, p := range visit.Left {
				left = append(left, p.Name)
			}
			for _, b := range visit.Blocked {
				blocked = append(blocked, strings.TrimPrefix(b.Pod, "shop/"))
			}
			if !slices.Equal(evicted, c.evicted) || !slices.Equal(left, c.left) || !slices.Equal(blocked, c.blocked) {
				t.Errorf("evicted %v, left %v, blocked %v; want %v, %v and %v", evicted, left, blocked, c.evicted, c.left, c.blocked)
			}
			if visit.IsEmpty() != (c.reason == "") {
				t.Fatalf("the node is empty: %t", visit.IsEmpty())
			}
			if c.reason != "" && !strings.Contains(visit.Reason(), c.reason) {
				t.Errorf("it says %q, want %q", visit.Reason(), c.reason)
			}
		})
	}
}

// Nodes that share a budget are visited in one round: what one takes, the other does not have.
func TestNodesShareTheDisruptionsOfABudget(t *testing.T) {
	round := drain.Round{Now: noon, Budgets: web(1)}
	first := round.Visit(drain.Node{Pods: []upgrade.Pod{pod("web-1", under("shop/web"))}})
	second := round.Visit(drain.Node{Pods: []upgrade.Pod{pod("web-2", under("shop/web"))}})
	if len(round.Evictions()) != 1 || len(first.Blocked) != 0 || len(second.Blocked) != 1 {
		t.Errorf("%d evictions, %d and %d blocked; want 1, 0 and 1", len(round.Evictions()), len(first.Blocked), len(second.Blocked))
	}
}

// A round asks for no more evictions than a pass may take, and the rest come next.
func TestARoundIsBounded(t *testing.T) {
	var many []upgrade.Pod
	for range 130 {
		many = append(many, pod("web"))
	}
	round := drain.Round{Now: noon}
	visit := round.Visit(drain.Node{Pods: many})
	if len(round.Evictions()) != 50 || len(visit.Left) != 130 || len(visit.Blocked) != 0 {
		t.Errorf("%d of %d pods are evicted and %d blocked, want 50 of 130 and none", len(round.Evictions()), len(visit.Left), len(visit.Blocked))
	}
}

// The status has to stay small enough to be stored: a hundred nodes in flight share the notes.
func TestNotesOfBlockedPodsAreBounded(t *testing.T) {
	for _, inFlight := range []int{1, 6, 20, 100} {
		notes, reasons := 0, 0
		round := drain.Round{Now: noon, InFlight: inFlight}
		for range inFlight {
			node, answers := drain.Node{Drain: started()}, map[string]upgrade.Answer{}
			for i := range 250 {
				p := pod(fmt.Sprintf("web-%03d", i))
				node.Pods = append(node.Pods, p)
				answers[p.UID] = upgrade.Answer{Outcome: upgrade.Denied, Message: "not now"}
			}
			for _, b := range round.Note(node, nil, answers) {
				notes++
				if b.Why != "" {
					reasons++
				}
			}
		}
		if notes > 2000 || reasons > 200 || inFlight <= 6 && notes != 250*inFlight {
			t.Errorf("of %d nodes in flight %d pods are noted, %d with reasons", inFlight, notes, reasons)
		}
	}
}

func TestRefusalsAreNotedWithTheTimeOfTheNextTry(t *testing.T) {
	answers := map[string]upgrade.Answer{
		"uid-web-1": {Outcome: upgrade.Refused, Budget: "shop/web"},
		"uid-web-2": {Outcome: upgrade.Accepted},
	}
	node := drain.Node{Drain: started(), Pods: []upgrade.Pod{pod("web-1"), pod("web-2"), pod("web-3")}}
	now := noon
	for _, wait := range []time.Duration{2, 4, 8, 16, 30, 30} { // seconds
		round := drain.Round{Now: now}
		node.Blocked = round.Note(node, nil, answers)
		if len(node.Blocked) != 1 || node.Blocked[0].Pod != "shop/web-1" || !node.Blocked[0].Since.Equal(noon) {
			t.Fatalf("noted %+v, want web-1 since noon", node.Blocked)
		}
		if got := node.Blocked[0].Next.Sub(now); got != wait*time.Second {
			t.Errorf("refused %d times, it is asked again after %s, want %ds", node.Blocked[0].Tries, got, wait)
		}
		now = node.Blocked[0].Next
	}
}

// A pod with a longer grace period than the drain timeout is given that.
func TestTheLimitIsNoShorterThanAGracePeriod(t *testing.T) {
	slow := pod("db", func(p *upgrade.Pod) { p.Deleting, p.Grace = noon.Add(20*time.Minute), 30*time.Minute })
	round := drain.Round{Now: noon}
	if got := round.Visit(drain.Node{Pods: []upgrade.Pod{slow}}).Limit(15 * time.Minute); got != 31*time.Minute {
		t.Errorf("the limit is %s, want 31m", got)
	}
	if got := round.Visit(drain.Node{Pods: []upgrade.Pod{pod("web")}}).Limit(15 * time.Minute); got != 15*time.Minute {
		t.Errorf("the limit is %s, want 15m", got)
	}
}
