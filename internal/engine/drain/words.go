package drain

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// Reason says what keeps the node from being empty: the pod that has been blocked for the longest
// time, or the first one, and how many more.
func (v Visit) Reason() string {
	if len(v.Left) == 0 {
		return "volume " + v.Volumes[0].Name + " is still attached" + text.More(len(v.Volumes)-1)
	}
	first := slices.MinFunc(v.Left, func(a, b Pod) int { return a.blockedSince().Compare(b.blockedSince()) })
	words := "pod " + first.ID() + ": " + first.Why
	if first.Blocked.UID != "" {
		words += ", since " + first.Blocked.Since.UTC().Format("15:04:05 MST")
	}
	return words + text.More(len(v.Left)-1)
}

// blockedSince is far in the future for a pod on its way, so that such pods are named last.
func (p Pod) blockedSince() time.Time {
	if p.Blocked.UID == "" {
		return time.Unix(1<<40, 0)
	}
	return p.Blocked.Since
}

// Advice says what a person can do about pods that do not leave.
func (r *Round) Advice(v Visit) string {
	const force = ", or use --force to delete such pods past the limit"
	for _, p := range v.Left {
		switch {
		case p.Blocked.Budget != "":
			return "Let the budget " + p.Blocked.Budget + " allow a disruption (more replicas, healthy pods, a looser budget) and retry" + force
		case strings.HasPrefix(p.Why, denied):
			return "Ask whoever runs that webhook or policy, or grant the right, and retry" + force
		case r.asksToStay(p.Pod):
			return "Wait until pod " + p.ID() + " has finished and retry, or leave out --respect-safe-to-evict, or use --force to evict such pods past the limit"
		}
	}
	return "Fix the cause and retry" + force
}

// terminating says what a pod that was evicted waits for.
func (r *Round) terminating(pod upgrade.Pod) string {
	late := r.Now.Sub(pod.Deleting)
	switch {
	case late > 0 && len(pod.Finalizers) > 0:
		return "it has ended, but its finalizers (" + strings.Join(pod.Finalizers, ", ") + ") keep it: whoever set them has to remove them"
	case late > slack:
		return "it should have ended " + text.Duration(late) + " ago: look at the node's kubelet"
	}
	return "it is terminating, within its grace period of " + text.Duration(pod.Grace)
}

// budgetWords says what a budget needs and has, and why it keeps a pod that is not healthy.
func budgetWords(b upgrade.Budget, pod upgrade.Pod) string {
	words := fmt.Sprintf("its budget %s needs %s and has %d of %d", b.ID(), text.Count(b.Needed, "healthy pod"), b.Healthy, b.Expected)
	if b.Stale {
		words += " (Kubernetes has not recounted them since the budget changed)"
	}
	if !pod.Ready && !b.AlwaysAllow {
		words += "; the pod is not Ready itself, but with too few healthy ones only unhealthyPodEvictionPolicy: AlwaysAllow lets it be evicted"
	}
	return words
}

// missing names a pod that a budget counts on and that has no node to go to, or "".
func (r *Round) missing(b upgrade.Budget) string {
	for _, pod := range r.Unschedulable {
		if slices.Contains(pod.Budgets, b.ID()) {
			return "; " + Pending(pod) + r.NoRoom
		}
	}
	return ""
}

// Pending says why a pod has no node.
func Pending(pod upgrade.Pod) string {
	return "pod " + pod.ID() + " is Pending: the scheduler finds no node for it (" + pod.Unschedulable + ")"
}

// denied begins what is said of an eviction that a webhook, a policy or a missing right refuses.
const denied = "denied, but not by a disruption budget: "

// Refusal says why an eviction was not accepted.
func Refusal(a upgrade.Answer) string {
	switch a.Outcome {
	case upgrade.Refused:
		return "budget " + a.Budget + " allows no disruption now"
	case upgrade.Ambiguous:
		return "it has more than one disruption budget, and Kubernetes evicts no such pod: leave it one"
	case upgrade.Closing:
		return "its namespace is being deleted, which deletes the pod itself"
	case upgrade.Denied:
		return denied + a.Message
	}
	return "no clear answer from the API server: " + a.Message
}
