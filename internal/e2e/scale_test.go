package e2e

import (
	"slices"
	"syscall"
	"testing"

	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

// scale is the line of a quick change of the sizes of the world's group.
func scale(more ...string) []string {
	return slices.Concat([]string{
		"scale", "nodegroup", "--cluster", "eksworkshop-eksctl", "--name", "nodegroup",
		"--min-ready", "0s", "--cordon-wait", "0s", "--yes",
	}, more)
}

// A group shrinks by draining, also when its process is killed in the middle and the
// same line goes on; nothing else begins meanwhile; it grows again.
func TestScale(t *testing.T) {
	w := newWorld(t, "--nodes", "6", "--workload", "sample")
	down := scale("--nodes", "3", "--nodes-max", "4")
	w.interrupted("NodeGone", syscall.SIGKILL, down...).has(t, -1, "desired 6 -> 3, minimum 1, maximum 6 -> 4", "3 nodes, from the fullest zone, emptiest nodes first")
	id := w.theUpdate().Name
	w.nodelift(upgrade()...).has(t, 1, "update "+id, "is under way to other sizes (3 nodes, maximum 4) and has to end first")
	w.nodelift(scale("--nodes", "2")...).has(t, 1, "update "+id, "is under way to other sizes")
	w.nodelift("rollback", "nodegroup", "nodegroup", "--yes").has(t, 1, "which is not rolled back", "nodelift cancel update "+id)
	w.nodelift("get", "updates").has(t, 0, "ConfigUpdate", "3 nodes, maximum 4", "InProgress")
	w.nodelift(down...).has(t, 0, "Update "+id+", at ", "Scaled", "Successful after", "Nodes drained", "Desired size  3")
	w.nodesRun(3, "v1.36.")
	w.sizesAre(3, 4)
	w.isCleanButSizes()
	w.nodelift(down...).has(t, 0, "Nothing to do: the sizes of "+w.group+" are desired 3, minimum 1, maximum 4 already")
	w.nodelift("history", "nodegroup", "nodegroup").has(t, 0, "3 nodes, maximum 4", "Successful")
	w.nodelift("describe", "update", id).has(t, 0, "ConfigUpdate", "desired 6 -> 3", "3 nodes drained, 0 instances launched")
	w.nodelift("rollback", "update", id, "--yes").has(t, 1, "has changed the sizes of node group", "scale it back")

	w.nodelift(scale("--nodes", "5")...).has(t, 1, "the desired size would be 5 and the maximum size is 4", "--nodes-max")
	w.nodelift(scale("--nodes", "5", "--nodes-max", "5", "--nodes-min", "2")...).has(t, 0, "2 nodes at once", "Successful after", "Minimum size  2")
	w.nodesRun(5, "v1.36.")
	w.isCleanWith(5)
	w.nodelift(upgrade()...).has(t, 0, "Successful after")
	w.nodesRun(5, "v1.37.")
	w.isCleanWith(5)
}

// Cancelled in the middle, the size stays where it has come to.
func TestScaleCancelled(t *testing.T) {
	w := newWorld(t, "--nodes", "6", "--workload", "sample")
	r := w.during("NodeGone", func() {
		w.nodelift("cancel", "nodegroup", "nodegroup", "--yes", "--restore-template").has(t, 1, "and not its launch template: leave out --restore-template")
		w.nodelift("cancel", "nodegroup", "nodegroup", "--yes").has(t, 0, "the group keeps the size that it has reached", "Cancelled after")
	}, scale("--nodes", "1", "--cordon-wait", "5s")...)
	r.has(t, 1, "UpgradeCancelled", "Cancelled")
	if now := *w.describe().DesiredCapacity; now < 2 || now > 5 {
		t.Errorf("the desired size is %d, want one between", now)
	}
	w.nodesRun(int(*w.describe().DesiredCapacity), "v1.36.")
	w.isCleanButSizes()
}

// A budget that never allows anything: it fails, names pod and budget, and the group
// keeps the size that it has come to. When the budget is mended, retry goes on.
func TestScaleBlocked(t *testing.T) {
	w := newWorld(t, "--workload", "none")
	budget := w.runStubborn()
	w.nodelift(scale("--nodes", "2", "--drain-timeout", "3s")...).has(t, 1,
		"PodEvictionFailure", "default/stubborn-", "its budget default/stubborn needs 3 healthy pods and has 3", "The desired size stays 3")
	w.nodesRun(3, "v1.36.")
	w.isClean()
	if update := w.theUpdate(); update.Status.Status != v1alpha1.UpdateFailed {
		t.Errorf("the update is %s", update.Status.Status)
	}
	budget.Spec.MinAvailable = ptr.To(intstr.FromInt32(2))
	w.check(w.kube.Update(w.ctx(), budget))
	w.nodelift("retry", "nodegroup", "nodegroup", "--yes").has(t, 0, "Successful after")
	w.nodesRun(2, "v1.36.")
	w.sizesAre(2, 3)
	w.isCleanButSizes()
}

// Bad input: one clear sentence, and nothing is changed.
func TestScaleRefused(t *testing.T) {
	w := newWorld(t)
	for name, tc := range map[string]struct {
		line []string
		code int
		says string
	}{
		"no number at all":  {nil, 2, "how many nodes? Give --nodes"},
		"no number":         {[]string{"--nodes", "few"}, 2, "--nodes few: give a number of nodes from 0 to 100000"},
		"less than none":    {[]string{"--nodes", "-1"}, 2, "give a number of nodes from 0"},
		"below its minimum": {[]string{"--nodes", "0"}, 1, "the desired size would be 0 and the minimum size is 1: ask for 1 or more nodes"},
		"above its maximum": {[]string{"--nodes", "9"}, 1, "the desired size would be 9 and the maximum size is 3: ask for 3 or fewer nodes"},
		"a minimum above":   {[]string{"--nodes", "2", "--nodes-min", "3"}, 2, "--nodes-min 3 is more than --nodes 2"},
		"a maximum below":   {[]string{"--nodes-max", "2"}, 1, "the desired size would be 3 and the maximum size is 2"},
		"no such group":     {[]string{"--nodes", "2", "--name", "nope"}, 1, "node group nope: not found"},
		"another cluster":   {[]string{"--nodes", "2", "--cluster", "other", "--name", w.group}, 1, "name another cluster than other"},
		"without staying":   {[]string{"--nodes", "2", "--wait=false"}, 1, "--wait=false: no controller runs in the cluster"},
		"a target":          {[]string{"--nodes", "2", "--kubernetes-version", "1.37"}, 2, "unknown flag: --kubernetes-version"},
		"rolled back":       {[]string{"--nodes", "2", "--on-bad-health", "rollback"}, 2, "--on-bad-health rollback: give pause or cancel"},
		"what stops it":     {[]string{"--nodes", "2", "--max-unready-pods", "0", "--on-bad-health", "cancel", "--dry-run"}, 0, "more than 0 of the pods that are Ready now are not any more"},
		"as a rehearsal":    {[]string{"--nodes", "2", "--dry-run"}, 0, "Nothing was changed (--dry-run)"},
	} {
		t.Run(name, func(t *testing.T) { w.with(t).nodelift(scale(tc.line...)...).has(t, tc.code, tc.says) })
	}
	t.Run("a group that EKS manages", func(t *testing.T) {
		w := w.with(t)
		w.tag("eks:nodegroup-name", "managed")
		w.nodelift(scale("--nodes", "2")...).has(t, 1, "belongs to the EKS managed node group managed", "without respecting disruption budgets",
			"aws eks update-nodegroup-config --cluster-name eksworkshop-eksctl --nodegroup-name managed --scaling-config minSize=1,maxSize=3,desiredSize=2")
		w.untag("eks:nodegroup-name")
	})
	w.changedNothing()
}
