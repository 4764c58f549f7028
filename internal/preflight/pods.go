package preflight

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// moving returns the pods on outdated nodes that have to move, by namespace and name.
func moving(f Facts) []upgrade.Pod {
	nodes := f.nodes()
	var pods []upgrade.Pod
	for _, i := range f.outdated() {
		if nodes[i.ID] == nil {
			continue
		}
		for _, pod := range f.Occupancy.Pods[nodes[i.ID].Name] {
			if !pod.Stays && !pod.Finished {
				pods = append(pods, pod)
			}
		}
	}
	slices.SortFunc(pods, func(a, b upgrade.Pod) int { return cmp.Compare(a.ID(), b.ID()) })
	return pods
}

// podsThat returns a finding about those moving pods for which is holds, nothing if there
// are none.
func podsThat(f Facts, is func(upgrade.Pod) bool, found Finding) []Finding {
	for _, pod := range moving(f) {
		if is(pod) {
			found.Things = append(found.Things, pod.ID())
		}
	}
	if len(found.Things) == 0 {
		return nil
	}
	return one(found)
}

// withoutController warns about pods that nothing recreates.
func withoutController(f Facts) []Finding {
	return podsThat(f, func(p upgrade.Pod) bool { return p.Owner == "" }, Finding{
		Rule: "BarePods",
		What: "pods have no controller",
		Why:  "they are evicted and nothing recreates them",
	})
}

// localData warns about pods whose data is lost with the node.
func localData(f Facts) []Finding {
	return podsThat(f, func(p upgrade.Pod) bool { return p.LocalData }, Finding{
		Rule: "LocalData",
		What: "pods keep data on their node (emptyDir or hostPath)",
		Why:  "the data is lost when they move",
	})
}

// localVolumes warns about pods that can run on their node alone.
func localVolumes(f Facts) []Finding {
	return podsThat(f, func(p upgrade.Pod) bool { return len(p.LocalVolumes) > 0 }, Finding{
		Rule: "LocalVolumes",
		What: "pods have volumes on a disk of their node",
		Why:  "they cannot run on another node: they stay Pending after their eviction, and the data is lost with the node",
		Next: "move the data, then delete their PersistentVolumeClaims",
	})
}

// tolerating warns about pods that the taint of outdated nodes does not keep from coming
// back.
func tolerating(f Facts) []Finding {
	return podsThat(f, func(p upgrade.Pod) bool { return p.Tolerates != "" }, Finding{
		Rule: "Tolerating",
		What: "pods tolerate the taint of outdated nodes",
		Why:  "they may be scheduled to the node that they were evicted from, and block its drain",
		Next: "narrow their tolerations, or run them as a DaemonSet",
	})
}

// askingToStay names pods that ask not to be evicted.
func askingToStay(f Facts) []Finding {
	found := Finding{
		Rule: "SafeToEvict",
		What: "pods ask not to be evicted",
		Why:  "they are evicted like all others",
		Next: "use --respect-safe-to-evict to wait until they finish",
	}
	if f.Policy.RespectSafeToEvict {
		found.Why = fmt.Sprintf("each drain waits up to %s for them to finish, then %s", text.Duration(f.Policy.DrainTimeout), keptAfter(f))
		found.Next = ""
	}
	return podsThat(f, func(p upgrade.Pod) bool { return p.Keep != "" }, found)
}

func keptAfter(f Facts) string {
	p := f.Policy
	if p.Force {
		return "they are evicted (--force)"
	}
	if p.Quarantine {
		return "the node is quarantined (--on-drain-timeout quarantine)"
	}
	return "the " + f.work() + " fails with PodEvictionFailure"
}

// jobs warns about pods of Jobs, which start again from the beginning.
func jobs(f Facts) []Finding {
	return podsThat(f, func(p upgrade.Pod) bool { return strings.HasPrefix(p.Owner, "Job/") && p.Keep == "" }, Finding{
		Rule: "Jobs",
		What: "pods of Jobs are running",
		Why:  "they are evicted and start again from the beginning, which counts against their Job's backoffLimit unless its podFailurePolicy ignores disruptions",
	})
}

// ambiguous warns about pods that the eviction API refuses to evict at all.
func ambiguous(f Facts) []Finding {
	return podsThat(f, func(p upgrade.Pod) bool { return len(p.Budgets) > 1 }, Finding{
		Rule: "SeveralBudgets",
		What: "pods are selected by more than one disruption budget",
		Why:  "the eviction API refuses to evict such pods",
		Next: "change the budgets so that each pod is selected by one",
	})
}

// single warns about workloads that are unavailable while their only pod moves.
func single(f Facts) []Finding {
	var workloads []string
	for _, pod := range moving(f) {
		if pod.Owner != "" && f.Replicas[WorkloadID(pod.Namespace, pod.Owner)] == 1 {
			workloads = append(workloads, WorkloadID(pod.Namespace, pod.Owner))
		}
	}
	if len(workloads) == 0 {
		return nil
	}
	return one(Finding{
		Rule:   "SingleReplica",
		What:   "workloads have a single pod",
		Why:    "they are unavailable until the pod runs on another node",
		Things: workloads,
	})
}

// budgets warns about budgets that allow no disruption right now.
func budgets(f Facts) []Finding {
	var closed []string
	for _, id := range selecting(moving(f)) {
		b, known := f.Occupancy.Budgets[id]
		if known && b.Allowed <= 0 {
			closed = append(closed, fmt.Sprintf("%s needs %s and has %d of %d", id, text.Count(b.Needed, "healthy pod"), b.Healthy, b.Expected))
		}
	}
	if len(closed) == 0 {
		return nil
	}
	return one(Finding{
		Rule:   "BudgetsClosed",
		What:   "disruption budgets allow no disruption right now",
		Why:    fmt.Sprintf("a drain waits up to %s for them, then %s", text.Duration(f.Policy.DrainTimeout), afterwards(f)),
		Next:   "add replicas, or let the budgets allow a disruption",
		Things: closed,
	})
}

func afterwards(f Facts) string {
	p := f.Policy
	if p.Force {
		return "pods are deleted past their budget (--force)"
	}
	if p.Quarantine {
		return "the node is quarantined and tried once more at the end (--on-drain-timeout quarantine)"
	}
	return "the " + f.work() + " fails with PodEvictionFailure"
}

// selecting lists the budgets of pods, each once.
func selecting(pods []upgrade.Pod) []string {
	var ids []string
	for _, pod := range pods {
		ids = append(ids, pod.Budgets...)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
