package drain

import (
	"strings"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// obstacle is why an eviction would be refused, so that it is not asked for.
type obstacle struct {
	why    string // "" if nothing stands against it
	budget string // the budget that refuses, namespace/name
}

// Obstacle names the first pod of a node that could not be evicted now, and why, "" if all could.
func (r *Round) Obstacle(n Node) string {
	for _, pod := range upgrade.SortedByID(n.Pods) {
		if o := r.obstacle(n, pod); pod.MustMove() && o.why != "" {
			return "pod " + pod.ID() + ": " + o.why
		}
	}
	return ""
}

func (r *Round) obstacle(n Node, pod upgrade.Pod) obstacle {
	switch {
	case pod.NamespaceTerminating:
		return obstacle{why: "its namespace " + pod.Namespace + " is being deleted, which refuses evictions and deletes the pod itself"}
	case pod.Tolerates != "" && pod.Created.After(n.Since) && r.Now.Before(pod.Created.Add(lastRetry)):
		return obstacle{why: "it came back to the node it left: its toleration " + pod.Tolerates + " lets it"}
	case r.asksToStay(pod) && n.Forced.IsZero():
		return obstacle{why: "it asks not to be evicted (" + pod.Keep + "); waiting until it has finished"}
	case pod.Pending:
		return obstacle{}
	case len(pod.Budgets) > 1:
		return obstacle{why: "it has more than one disruption budget (" + strings.Join(pod.Budgets, ", ") + "), and Kubernetes evicts no such pod: leave it one"}
	case len(pod.Budgets) == 0:
		return obstacle{}
	}
	b := r.Budgets[pod.Budgets[0]]
	if allows(b, pod, r.spent[b.ID()]) {
		return obstacle{}
	}
	return obstacle{why: budgetWords(b, pod) + r.missing(b), budget: b.ID()}
}

// asksToStay reports whether a pod asks not to be evicted and the policy respects that.
func (r *Round) asksToStay(pod upgrade.Pod) bool {
	return pod.Keep != "" && r.Policy.RespectSafeToEvict
}

// allows reports whether the eviction API would let the pod go, after spent others.
func allows(b upgrade.Budget, pod upgrade.Pod, spent int) bool {
	return isFree(b, pod) || !b.Stale && b.Allowed > spent
}

// isFree reports whether the pod is evicted without taking a disruption from the budget: it is not
// healthy, and the budget has enough healthy pods without it.
func isFree(b upgrade.Budget, pod upgrade.Pod) bool {
	return !pod.Ready && (b.AlwaysAllow || b.Healthy >= b.Needed && b.Needed > 0)
}
