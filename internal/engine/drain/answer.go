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
func Note(n Node, blocked []upgrade.BlockedPod, answers map[string]upgrade.Answer, now time.Time) []upgrade.BlockedPod {
	for _, pod := range upgrade.SortedByID(n.Pods) {
		answer, asked := answers[pod.UID]
		if !asked || answer.Outcome == upgrade.Accepted || answer.Outcome == upgrade.Gone || len(blocked) >= blockedANode {
			continue
		}
		b, before := blockedBefore(n.Drain, pod)
		if !before {
			b = upgrade.BlockedPod{Pod: pod.ID(), UID: pod.UID, Since: now}
		}
		b.Tries++
		b.Next = now.Add(backOff(b.Tries))
		b.Why, b.Budget = Refusal(answer), answer.Budget
		blocked = append(blocked, b)
	}
	return blocked
}

// backOff is how long to wait after so many refusals.
func backOff(tries int) time.Duration {
	return min(FirstRetry<<min(tries-1, 10), lastRetry)
}
