package drain

import (
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// A refused eviction is tried again after FirstRetry, then after twice as long each time, up to
// lastRetry.
const (
	FirstRetry = 2 * time.Second
	lastRetry  = 30 * time.Second
)

// Note returns the blocked pods of a node with those added whose eviction was refused. Answers are
// the eviction API's, by pod UID; blocked are those noted before the evictions were asked for.
func (r *Round) Note(n Node, blocked []upgrade.BlockedPod, answers map[string]upgrade.Answer) []upgrade.BlockedPod {
	now := r.Now
	for _, pod := range upgrade.SortedByID(n.Pods) {
		answer, asked := answers[pod.UID]
		if !asked || answer.Outcome == upgrade.Accepted || answer.Outcome == upgrade.Gone {
			continue
		}
		b, before := blockedBefore(n.Drain, pod)
		if !before {
			b = upgrade.BlockedPod{Pod: pod.ID(), UID: pod.UID, Since: now}
		}
		b.Tries++
		b.Next = now.Add(backOff(b.Tries))
		b.Why, b.Budget = Refusal(answer), answer.Budget
		blocked = note(blocked, b, r.InFlight)
	}
	return blocked
}

const (
	// notes bounds the blocked pods that are noted of all nodes in flight, and reasons those of
	// them that are noted with their reason, so that the status of an update stays below half a
	// megabyte: etcd stores no more than 1.5.
	notes   = 2000
	reasons = 200
)

// note adds a blocked pod to those of a node. Each of the nodes in flight has its share of the notes:
// of 20 nodes or fewer every pod is noted, so that none is asked again without a pause.
func note(blocked []upgrade.BlockedPod, b upgrade.BlockedPod, inFlight int) []upgrade.BlockedPod {
	inFlight = max(inFlight, 1)
	if len(blocked) >= max(notes/inFlight, 1) {
		return blocked
	}
	if len(blocked) >= max(reasons/inFlight, 1) {
		b.Why, b.Budget = "", ""
	}
	return append(blocked, b)
}

// whyRefused says why a pod that was refused before is not evicted.
func whyRefused(b upgrade.BlockedPod) string {
	if b.Why == "" {
		return "its eviction was refused"
	}
	return b.Why
}

// backOff is how long to wait after so many refusals.
func backOff(tries int) time.Duration {
	return min(FirstRetry<<min(tries-1, 10), lastRetry)
}
