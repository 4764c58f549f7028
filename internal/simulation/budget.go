package simulation

import (
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// budget is a PodDisruptionBudget with the status that its controller computes.
type budget struct {
	upgrade.Budget
	rule Budget
	id   string // namespace/name
}

func newBudget(load Workload, rule Budget) *budget {
	b := &budget{rule: rule, Budget: upgrade.Budget{
		Namespace: load.Namespace, Name: rule.Name, Expected: load.Replicas, AlwaysAllow: rule.AlwaysAllow,
	}}
	b.id = b.ID()
	b.observe()
	return b
}

// count adds or subtracts one healthy pod.
func (b *budget) count(more bool) {
	if more {
		b.Healthy++
	} else {
		b.Healthy--
	}
	b.observe()
}

// observe computes the status, as the controller does after each change.
func (b *budget) observe() {
	switch {
	case b.rule.MinAvailable != nil:
		b.Needed = *b.rule.MinAvailable
	case b.rule.MaxUnavailable != nil:
		b.Needed = max(0, b.Expected-*b.rule.MaxUnavailable)
	}
	b.Allowed = max(0, b.Healthy-b.Needed)
	b.Stale = false
}

// ChangeBudget gives a budget, named by namespace/name, another rule. Evictions
// are refused until its controller has seen the change.
func (w *World) ChangeBudget(id string, rule Budget) {
	b := w.cluster.budgets[id]
	rule.Name = b.Name
	b.rule, b.AlwaysAllow, b.Stale = rule, rule.AlwaysAllow, true
	w.tell("somebody changes the budget %s", id)
	w.after(time.Second, b.observe)
}
