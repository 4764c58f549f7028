package engine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// terminating says what a pod that was evicted waits for.
func (e *evictor) terminating(pod upgrade.Pod) string {
	late := e.Now.Sub(pod.Deleting)
	switch {
	case late > 0 && len(pod.Finalizers) > 0:
		return "it has ended, but its finalizers (" + strings.Join(pod.Finalizers, ", ") + ") keep it: whoever set them has to remove them"
	case late > slack:
		return "it should have ended " + text.Duration(late) + " ago: look at the node's kubelet"
	}
	return "it is terminating, within its grace period of " + text.Duration(pod.Grace)
}

// budgetWords says what a budget needs and has, and why it does not let a pod go that
// is not healthy anyway.
func budgetWords(b upgrade.Budget, pod upgrade.Pod) string {
	text := fmt.Sprintf("its budget %s needs %s and has %d of %d", b.ID(), text.Count(b.Needed, "healthy pod"), b.Healthy, b.Expected)
	if b.Stale {
		text += " (Kubernetes has not recounted them since the budget changed)"
	}
	if !pod.Ready && !b.AlwaysAllow {
		text += "; the pod is not Ready itself, but with too few healthy ones only unhealthyPodEvictionPolicy: AlwaysAllow lets it be evicted"
	}
	return text
}

// deniedWords begin what is said of an eviction that a webhook, a policy or a
// missing right refuses.
const deniedWords = "denied, but not by a disruption budget: "

// refusalWords says why an eviction was not accepted.
func refusalWords(a upgrade.Answer) string {
	switch a.Outcome {
	case upgrade.Refused:
		return "budget " + a.Budget + " allows no disruption now"
	case upgrade.Ambiguous:
		return "it has more than one disruption budget, and Kubernetes evicts no such pod: leave it one"
	case upgrade.Closing:
		return "its namespace is being deleted, which deletes the pod itself"
	case upgrade.Denied:
		return deniedWords + a.Message
	}
	return "no clear answer from the API server: " + a.Message
}

// holding says what keeps a node from being empty: the pod that is held
// longest, or the first one, and how many more.
func holding(left []leftPod, volumes []upgrade.Volume) string {
	if len(left) == 0 {
		return "volume " + volumes[0].Name + " is still attached" + text.More(len(volumes)-1)
	}
	first := slices.MinFunc(left, func(a, b leftPod) int { return a.urgency().Compare(b.urgency()) })
	words := "pod " + first.pod.ID() + ": " + first.why
	if first.held.UID != "" {
		words += ", since " + first.held.Since.UTC().Format("15:04:05 MST")
	}
	return words + text.More(len(left)-1)
}

// urgency orders pods by how long they are held; those on their way come last.
func (l leftPod) urgency() time.Time {
	if l.held.UID == "" {
		return time.Unix(1<<40, 0)
	}
	return l.held.Since
}

// advice says what a person can do about pods that do not leave.
func (s *state) advice(left []leftPod) string {
	const force = ", or use --force to delete such pods past the limit"
	for _, l := range left {
		switch {
		case l.held.Budget != "":
			return "Let the budget " + l.held.Budget + " allow a disruption (more replicas, healthy pods, a looser budget) and retry" + force
		case strings.HasPrefix(l.why, deniedWords):
			return "Ask whoever runs that webhook or policy, or grant the right, and retry" + force
		case s.keeps(l.pod):
			return "Wait until pod " + l.pod.ID() + " has finished and retry, or leave out --respect-safe-to-evict, or use --force to evict such pods past the limit"
		}
	}
	return "Fix the cause and retry" + force
}
