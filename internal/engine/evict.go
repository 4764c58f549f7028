package engine

import (
	"slices"
	"strings"
	"time"

	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/upgrade"
)

const (
	// evictionsAPass bounds the evictions asked for in one pass.
	evictionsAPass = 50
	// A refused eviction is tried again after firstRetry, then after twice as
	// long each time, up to lastRetry.
	firstRetry = 2 * time.Second
	lastRetry  = 30 * time.Second
	// heldANode bounds the held pods that are noted for a node, so that the
	// status of an update with a hundred nodes in flight stays storable.
	heldANode = 20
)

// evictor decides about the pods of all nodes in flight in one pass: they may
// share budgets.
type evictor struct {
	*state
	plan  *plan
	short string         // why no pod of the node that is visited may be evicted now, or ""
	pods  []upgrade.Pod  // to be evicted
	spent map[string]int // disruptions of each budget that pods takes
}

// leftPod is a pod that must move and has not left yet.
type leftPod struct {
	pod  upgrade.Pod
	why  string             // why it is still there
	held upgrade.BlockedPod // zero if it is on its way
	// again: it was refused before, as held says, and is asked for anew now.
	again bool
}

// isHeld reports whether a pod is neither on its way nor asked for now.
func (l leftPod) isHeld() bool { return l.held.UID != "" && !l.again }

// visit decides about each pod of a node in flight and returns those that have
// not left.
func (e *evictor) visit(d upgrade.Drain, m *fleet.Member) []leftPod {
	var left []leftPod
	var held []upgrade.BlockedPod
	for _, pod := range fleet.SortedByID(e.Occupancy.Pods[d.Node]) {
		if !pod.MustMove() || e.leaves(pod, d) {
			continue
		}
		l := e.judge(pod, d)
		left = append(left, l)
		if l.isHeld() && len(held) < heldANode {
			held = append(held, l.held)
		}
	}
	e.plan.held[d.Instance] = held
	return left
}

// leaves reports whether a pod that is still there may go with its node: one
// that was deleted by force or whose kubelet is silent, after its grace period
// and a minute (finalizers hold the pod then, not the instance), and one that
// has come back to the node it was deleted from by force, as it would for ever.
func (s *state) leaves(pod upgrade.Pod, d upgrade.Drain) bool {
	if !d.Forced.IsZero() && pod.Tolerates != "" && pod.Created.After(d.Forced) {
		return true
	}
	if pod.Deleting.IsZero() || s.Now.Before(pod.Deleting.Add(slack)) {
		return false
	}
	if !d.Forced.IsZero() {
		return true
	}
	return s.IsSilent(s.ByID[d.Instance])
}

// judge decides about one pod: it is on its way, it is evicted now, or it is
// held, and why.
func (e *evictor) judge(pod upgrade.Pod, d upgrade.Drain) leftPod {
	if !pod.Deleting.IsZero() {
		return leftPod{pod: pod, why: e.terminating(pod)}
	}
	held, before := heldBefore(d, pod)
	if before && e.Now.Before(held.Next) {
		e.plan.lookIn(held.Next.Sub(e.Now))
		return leftPod{pod: pod, why: held.Why, held: held}
	}
	if e.short != "" {
		return e.hold(pod, d, e.short, "")
	}
	if why, budget := e.obstacle(pod, d); why != "" {
		return e.hold(pod, d, why, budget)
	}
	if len(e.pods) == evictionsAPass {
		return leftPod{pod: pod, why: "its eviction is next"}
	}
	e.spend(pod)
	e.pods = append(e.pods, pod)
	if before && held.Tries > 0 { // what it said is true until it says something else
		return leftPod{pod: pod, why: held.Why, held: held, again: true}
	}
	return leftPod{pod: pod, why: "it is being evicted"}
}

// heldBefore returns what was noted of a pod before.
func heldBefore(d upgrade.Drain, pod upgrade.Pod) (upgrade.BlockedPod, bool) {
	i := slices.IndexFunc(d.Blocked, func(h upgrade.BlockedPod) bool { return h.UID == pod.UID })
	if i < 0 {
		return upgrade.BlockedPod{}, false
	}
	return d.Blocked[i], true
}

// hold notes a pod that is not evicted now.
func (e *evictor) hold(pod upgrade.Pod, d upgrade.Drain, why, budget string) leftPod {
	held, before := heldBefore(d, pod)
	if !before {
		held = upgrade.BlockedPod{Pod: pod.ID(), UID: pod.UID, Since: e.Now}
	}
	held.Why, held.Budget = why, budget
	return leftPod{pod: pod, why: why, held: held}
}

// obstacle says why an eviction would be refused, so that it is not tried, or "".
func (e *evictor) obstacle(pod upgrade.Pod, d upgrade.Drain) (why, budget string) {
	switch {
	case pod.NamespaceTerminating:
		return "its namespace " + pod.Namespace + " is being deleted, which refuses evictions and deletes the pod itself", ""
	case pod.Tolerates != "" && pod.Created.After(d.Since) && e.Now.Before(pod.Created.Add(lastRetry)):
		return "it came back to the node it left: its toleration " + pod.Tolerates + " lets it", ""
	case e.keeps(pod) && d.Forced.IsZero():
		return "it asks not to be evicted (" + pod.Keep + "); waiting until it has finished", ""
	case pod.Pending:
		return "", ""
	case len(pod.Budgets) > 1:
		return "it has more than one disruption budget (" + strings.Join(pod.Budgets, ", ") + "), and Kubernetes evicts no such pod: leave it one", ""
	case len(pod.Budgets) == 0:
		return "", ""
	}
	b := e.Occupancy.Budgets[pod.Budgets[0]]
	if allows(b, pod, e.spent[b.ID()]) {
		return "", ""
	}
	return budgetWords(b, pod) + e.missing(b), b.ID()
}

// keeps reports whether a pod asks not to be evicted and is listened to.
func (s *state) keeps(pod upgrade.Pod) bool {
	return pod.Keep != "" && s.Update.Policy.RespectSafeToEvict
}

// spend takes a disruption off the pod's budget for the rest of the pass.
func (e *evictor) spend(pod upgrade.Pod) {
	for _, id := range pod.Budgets {
		if b := e.Occupancy.Budgets[id]; !pod.Pending && !free(b, pod) {
			e.spent[id]++
		}
	}
}

// allows reports whether the eviction API would let the pod go, after spent
// others.
func allows(b upgrade.Budget, pod upgrade.Pod, spent int) bool {
	return free(b, pod) || !b.Stale && b.Allowed > spent
}

// free reports whether the pod is evicted without taking from the budget: it
// is not healthy anyway, and the budget does without it.
func free(b upgrade.Budget, pod upgrade.Pod) bool {
	return !pod.Ready && (b.AlwaysAllow || b.Healthy >= b.Needed && b.Needed > 0)
}

// send asks for the evictions.
func (e *evictor) send() {
	if len(e.pods) == 0 {
		return
	}
	// Each eviction has an event of its own, by its answer.
	e.plan.steps = append(e.plan.steps, step{action: evict{e.pods}})
}
