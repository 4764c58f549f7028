package simulation

import (
	"fmt"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// evict answers as the eviction API does.
func (c *cluster) evict(asked upgrade.Pod) upgrade.Answer {
	p := c.pods[asked.ID()]
	if p != nil && p.NamespaceTerminating {
		return upgrade.Answer{Outcome: upgrade.Closing, Message: fmt.Sprintf("namespace %s is being terminated", p.Namespace)}
	}
	if p == nil || p.UID != asked.UID {
		return upgrade.Answer{Outcome: upgrade.Gone}
	}
	if p.workload.WebhookRefuses > c.w.now.Sub(c.w.story.began) {
		c.w.tally.Refused++
		denied := `admission webhook "keep.example.com" denied the request: it is busy`
		return upgrade.Answer{Outcome: upgrade.Denied, Message: denied}
	}
	if answer := c.protect(p); answer.Outcome != upgrade.Accepted {
		c.w.tally.Refused++
		return answer
	}
	c.w.tally.Evicted++
	p.workload.evicted++
	c.deletePod(p)
	return upgrade.Answer{Outcome: upgrade.Accepted}
}

// protect returns the answer of the budgets. Pods that are pending, finished or
// terminating are not protected.
func (c *cluster) protect(p *pod) upgrade.Answer {
	free := p.Pending || p.Finished || !p.Deleting.IsZero() || len(p.workload.budgets) == 0
	switch {
	case free:
		return upgrade.Answer{Outcome: upgrade.Accepted}
	case len(p.workload.budgets) > 1:
		return upgrade.Answer{Outcome: upgrade.Ambiguous, Message: "more than one disruption budget selects the pod"}
	default:
		return p.workload.budgets[0].permits(p.Ready)
	}
}

// Evicted returns how many pods of a workload were evicted.
func (w *World) Evicted(workload string) int {
	count := 0
	for _, load := range w.cluster.workloads {
		if load.Name == workload {
			count += load.evicted
		}
	}
	return count
}

// permits is the answer of one budget. A pod that is not Ready may be evicted if
// the budget always allows that, or if enough other pods are healthy.
func (b *budget) permits(ready bool) upgrade.Answer {
	answer := upgrade.Answer{Outcome: upgrade.Refused, Budget: b.id}
	enough := b.Needed > 0 && b.Healthy >= b.Needed
	switch {
	case !ready && (b.AlwaysAllow || enough):
		return upgrade.Answer{Outcome: upgrade.Accepted}
	case b.Stale:
		answer.Message = fmt.Sprintf("the status of disruption budget %s is not up to date", b.Name)
	case b.Allowed > 0:
		return upgrade.Answer{Outcome: upgrade.Accepted}
	default:
		answer.Message = fmt.Sprintf("disruption budget %s needs %d healthy pods and has %d", b.Name, b.Needed, b.Healthy)
	}
	return answer
}
