package drain

import (
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

const (
	// evictionsAPass bounds the evictions asked for in one pass, and retriesAPass those of pods that
	// were refused before: they leave half of the places to pods that were not asked yet.
	evictionsAPass = 50
	retriesAPass   = 25
	// slack is added to grace periods before a pod counts as gone or a limit has run out.
	slack = time.Minute
)

// Node is a node in flight and what runs on it.
type Node struct {
	upgrade.Drain
	Pods    []upgrade.Pod
	Volumes []upgrade.Volume // attached to it
	// Silent: its kubelet has been silent for so long that the machine counts as dead.
	Silent bool
	// NotNow is why no pod of it may be evicted now, "" if pods may.
	NotNow string
}

// Round decides about the pods of all nodes in flight in one pass.
type Round struct {
	Now     time.Time
	Policy  upgrade.Policy
	Budgets map[string]upgrade.Budget // by namespace/name
	// Unschedulable are the pods of the cluster that the scheduler finds no node for, and NoRoom is
	// what to add when a budget waits for one of them.
	Unschedulable []upgrade.Pod
	NoRoom        string

	// InFlight is how many nodes are in flight, among which the notes of blocked pods are shared.
	InFlight int

	evictions []upgrade.Pod
	retries   int            // how many of them were refused before
	spent     map[string]int // disruptions that the evictions take from each budget
}

// Evictions are the pods that are to be evicted, in the order of the visits.
func (r *Round) Evictions() []upgrade.Pod { return r.evictions }

// Visit decides about each pod of a node.
func (r *Round) Visit(n Node) Visit {
	v := Visit{Volumes: r.attached(n), NotNow: n.NotNow}
	for _, pod := range upgrade.SortedByID(n.Pods) {
		if !pod.MustMove() || n.Leaves(pod, r.Now) {
			continue
		}
		p := r.judge(n, pod)
		v.Left = append(v.Left, p)
		if p.IsBlocked() {
			v.Blocked = note(v.Blocked, p.Blocked, r.InFlight)
		}
		v.lookIn(p.Blocked.Next.Sub(r.Now))
	}
	return v
}

// Visit is what a round decided about one node.
type Visit struct {
	// Left are the pods that must leave and have not left yet, sorted by namespace and name.
	Left []Pod
	// Volumes are those attached to the node that pods still have to leave.
	Volumes []upgrade.Volume
	// Blocked are the pods to note as blocked.
	Blocked []upgrade.BlockedPod
	// NotNow is why no pod may be evicted now, as in the Node.
	NotNow string
	// Look is when the next pod may be asked for again, 0 if none waits for that.
	Look time.Duration
}

// lookIn notes when a pod may be asked for again, if that is to come.
func (v *Visit) lookIn(wait time.Duration) {
	if wait > 0 && (v.Look == 0 || wait < v.Look) {
		v.Look = wait
	}
}

// Pod is a pod that must leave and has not left yet.
type Pod struct {
	upgrade.Pod
	Why     string             // it is still there
	Blocked upgrade.BlockedPod // zero if it is on its way
	// again: it was refused before, as Blocked says, and is asked for once more now.
	again bool
}

// IsBlocked reports whether a pod is neither on its way nor asked for now.
func (p Pod) IsBlocked() bool { return p.Blocked.UID != "" && !p.again }

// IsEmpty reports whether nothing has to leave the node any more.
func (v Visit) IsEmpty() bool { return len(v.Left) == 0 && len(v.Volumes) == 0 }

// Limit is how long the drain may take: the timeout, or the longest accepted grace period and a
// minute if that is more.
func (v Visit) Limit(timeout time.Duration) time.Duration {
	for _, p := range v.Left {
		if !p.Deleting.IsZero() {
			timeout = max(timeout, p.Grace+slack)
		}
	}
	return timeout
}

// Leaves reports whether a pod that is still there may go with its node: one that was deleted by
// force or whose kubelet is silent, after its grace period and a minute (finalizers keep the pod
// then, not the instance), and one that has come back to the node it was deleted from by force, as
// it would do again and again.
func (n Node) Leaves(pod upgrade.Pod, now time.Time) bool {
	forced := !n.Forced.IsZero()
	if forced && pod.Tolerates != "" && pod.Created.After(n.Forced) {
		return true
	}
	if pod.Deleting.IsZero() || now.Before(pod.Deleting.Add(slack)) {
		return false
	}
	return forced || n.Silent
}

// attached returns the volumes attached to the node that pods still have to leave. Those of a
// DaemonSet's pod stay with the node, and those of a pod that counts as gone are detached only when
// its node is.
func (r *Round) attached(n Node) []upgrade.Volume {
	if !n.Forced.IsZero() {
		return nil
	}
	staying := map[string]bool{}
	for _, pod := range n.Pods {
		for _, claim := range pod.Claims {
			staying[claim] = staying[claim] || !pod.MustMove() || n.Leaves(pod, r.Now)
		}
	}
	return slices.DeleteFunc(slices.Clone(n.Volumes), func(v upgrade.Volume) bool { return staying[v.Claim] })
}

// judge decides about one pod: it is on its way, it is evicted now, or it is blocked.
func (r *Round) judge(n Node, pod upgrade.Pod) Pod {
	if !pod.Deleting.IsZero() {
		return Pod{Pod: pod, Why: r.terminating(pod)}
	}
	blocked, before := blockedBefore(n.Drain, pod)
	if before && r.Now.Before(blocked.Next) {
		return Pod{Pod: pod, Why: whyRefused(blocked), Blocked: blocked}
	}
	if n.NotNow != "" {
		return r.block(n, pod, obstacle{why: n.NotNow})
	}
	if o := r.obstacle(n, pod); o.why != "" {
		return r.block(n, pod, o)
	}
	retry := before && blocked.Tries > 0
	switch {
	case retry && (r.retries == retriesAPass || len(r.evictions) == evictionsAPass):
		return Pod{Pod: pod, Why: whyRefused(blocked), Blocked: blocked}
	case len(r.evictions) == evictionsAPass:
		return Pod{Pod: pod, Why: "its eviction is next"}
	}
	r.evict(pod)
	if retry { // what the answer said is true until there is another one
		r.retries++
		return Pod{Pod: pod, Why: whyRefused(blocked), Blocked: blocked, again: true}
	}
	return Pod{Pod: pod, Why: "it is being evicted"}
}

// evict takes a pod's disruption off its budgets for the rest of the round.
func (r *Round) evict(pod upgrade.Pod) {
	r.evictions = append(r.evictions, pod)
	for _, id := range pod.Budgets {
		if !pod.Pending && !isFree(r.Budgets[id], pod) {
			if r.spent == nil {
				r.spent = map[string]int{}
			}
			r.spent[id]++
		}
	}
}

// block notes a pod that is not evicted now.
func (r *Round) block(n Node, pod upgrade.Pod, o obstacle) Pod {
	blocked, before := blockedBefore(n.Drain, pod)
	if !before {
		blocked = upgrade.BlockedPod{Pod: pod.ID(), UID: pod.UID, Since: r.Now}
	}
	blocked.Why, blocked.Budget = o.why, o.budget
	return Pod{Pod: pod, Why: o.why, Blocked: blocked}
}

// blockedBefore returns what was noted of a pod before.
func blockedBefore(d upgrade.Drain, pod upgrade.Pod) (upgrade.BlockedPod, bool) {
	i := slices.IndexFunc(d.Blocked, func(b upgrade.BlockedPod) bool { return b.UID == pod.UID })
	if i < 0 {
		return upgrade.BlockedPod{}, false
	}
	return d.Blocked[i], true
}
