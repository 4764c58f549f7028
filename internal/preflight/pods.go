package preflight

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// moving returns the pods on outdated nodes that have to move, by namespace and
// name.
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

// podsThat is a finding about the moving pods of which it is true, if any.
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

// bare warns of pods that nobody makes again.
func bare(f Facts) []Finding {
	return podsThat(f, func(p upgrade.Pod) bool { return p.Owner == "" }, Finding{
		Rule: "BarePods",
		What: "pods have no controller",
		Why:  "they are evicted and do not come back",
	})
}

// localData warns of pods whose data goes with the node.
func localData(f Facts) []Finding {
	return podsThat(f, func(p upgrade.Pod) bool { return p.LocalData }, Finding{
		Rule: "LocalData",
		What: "pods keep data on their node (emptyDir or hostPath)",
		Why:  "it is lost when they move",
	})
}

// localVolumes warns of pods that can run on their node alone.
func localVolumes(f Facts) []Finding {
	return podsThat(f, func(p upgrade.Pod) bool { return len(p.LocalVolumes) > 0 }, Finding{
		Rule: "LocalVolumes",
		What: "pods have a volume that is a disk of their node",
		Why:  "they can run nowhere else: evicted, they stay Pending, and the data goes with the node",
		Next: "move the data, then delete their claims",
	})
}

// tolerating warns of pods that our taint does not keep off the node they leave.
func tolerating(f Facts) []Finding {
	return podsThat(f, func(p upgrade.Pod) bool { return p.Tolerates != "" }, Finding{
		Rule: "Tolerating",
		What: "pods tolerate the taint of outdated nodes",
		Why:  "they may come back to the node that they leave and hold it",
		Next: "narrow their tolerations, or make a DaemonSet of them",
	})
}

// keeping names pods that ask not to be evicted.
func keeping(f Facts) []Finding {
	found := Finding{
		Rule: "SafeToEvict",
		What: "pods ask not to be evicted",
		Why:  "they are evicted as others are",
		Next: "use --respect-safe-to-evict to wait until they have finished",
	}
	if f.Policy.RespectSafeToEvict {
		found.Why = fmt.Sprintf("each holds its node until it has finished, up to %s, then %s", text.Duration(f.Policy.DrainTimeout), keptAfter(f))
		found.Next = ""
	}
	return podsThat(f, func(p upgrade.Pod) bool { return p.Keep != "" }, found)
}

func keptAfter(f Facts) string {
	p := f.Policy
	if p.Force {
		return "it is evicted (--force)"
	}
	if p.Quarantine {
		return "the node is put aside (--on-drain-timeout quarantine)"
	}
	return "the " + f.work() + " fails with PodEvictionFailure"
}

// jobs warns of work that begins anew.
func jobs(f Facts) []Finding {
	return podsThat(f, func(p upgrade.Pod) bool { return strings.HasPrefix(p.Owner, "Job/") && p.Keep == "" }, Finding{
		Rule: "Jobs",
		What: "pods of Jobs are at work",
		Why:  "they are evicted and begin anew elsewhere, which counts against their Job's backoffLimit unless its podFailurePolicy ignores disruptions",
	})
}

// ambiguous warns of pods that the eviction API refuses to move at all.
func ambiguous(f Facts) []Finding {
	return podsThat(f, func(p upgrade.Pod) bool { return len(p.Budgets) > 1 }, Finding{
		Rule: "SeveralBudgets",
		What: "pods are selected by more than one budget",
		Why:  "the eviction API then refuses every eviction",
		Next: "let one budget select each pod",
	})
}

// single warns of workloads that are away while their one pod moves.
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
		Why:    "they are away until it runs again elsewhere",
		Things: workloads,
	})
}

// budgets warns of budgets that allow no disruption right now.
func budgets(f Facts) []Finding {
	var closed []string
	for _, id := range selecting(moving(f)) {
		b, known := f.Occupancy.Budgets[id]
		if known && b.Allowed <= 0 {
			pods := "pods"
			if b.Needed == 1 {
				pods = "pod"
			}
			closed = append(closed, fmt.Sprintf("%s needs %d healthy %s and has %d of %d", id, b.Needed, pods, b.Healthy, b.Expected))
		}
	}
	if len(closed) == 0 {
		return nil
	}
	return one(Finding{
		Rule:   "BudgetsClosed",
		What:   "budgets allow no disruption right now",
		Why:    fmt.Sprintf("a drain waits for them up to %s, then %s", text.Duration(f.Policy.DrainTimeout), afterwards(f)),
		Next:   "add replicas or widen the budgets",
		Things: closed,
	})
}

func afterwards(f Facts) string {
	p := f.Policy
	if p.Force {
		return "pods are deleted past their budget (--force)"
	}
	if p.Quarantine {
		return "the node is put aside and tried again at the end (--on-drain-timeout quarantine)"
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
