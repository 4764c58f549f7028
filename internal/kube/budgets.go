package kube

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// budgets are all disruption budgets of the cluster.
type budgets struct {
	byID      map[string]upgrade.Budget
	selectors map[string][]selector // by namespace
}

type selector struct {
	id      string // of the budget
	matches labels.Selector
}

// readBudgets reads all budgets and which pods they select, as the eviction API understands
// it: an empty selector selects all pods of the namespace; no selector, or one that cannot
// be parsed, selects none.
func readBudgets(ctx context.Context, read client.Reader) (budgets, error) {
	var list policyv1.PodDisruptionBudgetList
	if err := read.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
		return budgets{}, explain(err, "list poddisruptionbudgets")
	}
	all := budgets{byID: map[string]upgrade.Budget{}, selectors: map[string][]selector{}}
	for i := range list.Items {
		pdb := &list.Items[i]
		matches, err := metav1.LabelSelectorAsSelector(pdb.Spec.Selector)
		if err != nil {
			continue
		}
		b := budgetOf(pdb)
		all.byID[b.ID()] = b
		all.selectors[pdb.Namespace] = append(all.selectors[pdb.Namespace], selector{b.ID(), matches})
	}
	return all, nil
}

// selecting lists the budgets that select a pod.
func (b budgets) selecting(pod *corev1.Pod) []string {
	var ids []string
	for _, s := range b.selectors[pod.Namespace] {
		if s.matches.Matches(labels.Set(pod.Labels)) {
			ids = append(ids, s.id)
		}
	}
	slices.Sort(ids)
	return ids
}

func budgetOf(pdb *policyv1.PodDisruptionBudget) upgrade.Budget {
	policy := pdb.Spec.UnhealthyPodEvictionPolicy
	return upgrade.Budget{
		Namespace:   pdb.Namespace,
		Name:        pdb.Name,
		Allowed:     int(pdb.Status.DisruptionsAllowed),
		Healthy:     int(pdb.Status.CurrentHealthy),
		Needed:      int(pdb.Status.DesiredHealthy),
		Expected:    int(pdb.Status.ExpectedPods),
		Stale:       pdb.Status.ObservedGeneration < pdb.Generation,
		AlwaysAllow: policy != nil && *policy == policyv1.AlwaysAllow,
	}
}
