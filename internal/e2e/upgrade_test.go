package e2e

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

// The plain story: 3 nodes in 3 zones with the sample workload.
func TestUpgrade(t *testing.T) {
	w := newWorld(t, "--workload", "sample")
	r := w.nodelift(upgrade("--min-ready", "10s", "--autoscaler", "suspend")...)
	r.likeTheReadme(t)
	r.has(t, 0, "Account     123456789012", "3 of 3 are outdated", "default/scratch", "kube-system/cluster-autoscaler",
		"Successful after", "Nodes replaced      3", "Image in it", "Version that the group uses  2")
	w.nodesRun(3, "v1.37.")
	w.isClean()
	update := w.theUpdate()
	if update.Status.Status != v1alpha1.UpdateSuccessful {
		t.Errorf("the update is %s", update.Status.Status)
	}
	t.Run("nothing is left to do", func(t *testing.T) {
		w.with(t).nodelift(upgrade()...).has(t, 0, "Nothing to do")
		w.with(t).theUpdate()
	})
	t.Run("the node group's own settings are in the next plan", func(t *testing.T) {
		w := w.with(t)
		group := w.nodeGroups()[0]
		before := group.DeepCopy()
		group.Spec.DrainTimeout = &metav1.Duration{Duration: 33 * time.Minute}
		w.check(w.kube.Patch(w.ctx(), &group, client.MergeFrom(before)))
		w.nodelift(upgrade("--kubernetes-version", "1.36", "--dry-run")...).has(t, 0, "up to 33m each")
		w.nodelift(upgrade("--kubernetes-version", "1.36", "--dry-run", "--drain-timeout", "7m")...).has(t, 0, "up to 7m each")
	})
	t.Run("it can be seen", func(t *testing.T) {
		w.with(t).nodelift("get", "nodegroups").has(t, 0, w.group, "1.37")
		w.with(t).nodelift("get", "updates").has(t, 0, update.Name, "Successful", "3/3")
		w.with(t).nodelift("get", "updates", "--name", w.group).has(t, 0, update.Name)
		w.with(t).nodelift("get", "updates", "--name", "nodegroup").has(t, 0, update.Name)
		w.with(t).nodelift("get", "updates", "--name", "other").has(t, 1, "node group other: not found")
		w.with(t).nodelift("describe", "update", update.Name).has(t, 0, update.Name, "3 of 3 nodes", "ami-")
		w.with(t).nodelift("describe", "update", "other").has(t, 1, "update other: not found")
	})
}

// Killed in the middle, the same line goes on with the same update.
func TestKilled(t *testing.T) {
	w := newWorld(t, "--workload", "sample")
	r := w.interrupted("NodeTerminated", syscall.SIGKILL, upgrade()...)
	r.has(t, -1)
	killed := w.theUpdate()
	w.nodelift(upgrade()...).has(t, 0, killed.Name, "Successful after")
	w.theUpdate()
	w.nodesRun(3, "v1.37.")
	w.isClean()
}

// Interrupted, the update stands still with the autoscaler back; the line that
// is printed goes on with it.
func TestInterrupted(t *testing.T) {
	w := newWorld(t, "--workload", "sample")
	r := w.interrupted("NodeDraining", os.Interrupt, upgrade("--autoscaler", "suspend")...)
	r.has(t, 130, "stopped at ", " of 3 nodes; nobody is working on it; to continue, run:")
	w.autoscalerRuns()
	for _, node := range w.nodes() {
		if node.Annotations["cluster-autoscaler.kubernetes.io/scale-down-disabled"] != "true" {
			t.Errorf("Cluster Autoscaler may remove %s while the update stands still", node.Name)
		}
	}
	t.Run("its status says that nobody is working on it", func(t *testing.T) {
		id := w.theUpdate().Name
		w.with(t).nodelift("status", "update", id).has(t, 0, "nobody is working on it; to continue, run: nodelift resume update "+id)
		w.with(t).nodelift("status", "update", id, "--wait", "--timeout", "1s").has(t, 3, "nobody is working on it", "to wait for it, run:")
	})
	t.Run("another target is refused", func(t *testing.T) {
		w.with(t).nodelift(upgrade("--kubernetes-version", "1.35")...).has(t, 1, w.theUpdate().Name, "under way to another target", "nothing was changed")
	})
	t.Run("so is another strategy", func(t *testing.T) {
		w.with(t).nodelift(upgrade("--strategy", "LEAN")...).has(t, 1, w.theUpdate().Name, "is under way with strategy DEFAULT and keeps it", "nothing was changed")
	})
	t.Run("a dry run says that it is under way", func(t *testing.T) {
		w.with(t).nodelift(upgrade("--dry-run")...).has(t, 0, w.theUpdate().Name, "is under way", "Nothing was changed")
	})
	release := w.hold("autoscaling:TerminateInstanceInAutoScalingGroup") // it must not end before it is interrupted
	t.Run("the wait times out", func(t *testing.T) {
		w.with(t).nodelift(upgrade("--timeout", "1s")...).has(t, 3, "timed out after 1s", "stopped ", "to continue, run:")
	})
	t.Run("a terminal that is closed ends it like Ctrl-C", func(t *testing.T) {
		w.with(t).interrupted("AutoscalerSuspended", syscall.SIGHUP, upgrade()...).has(t, 130, "stopped ", "to continue, run:")
		w.with(t).autoscalerRuns()
	})
	release()
	_, line, _ := strings.Cut(r.errors, "to continue, run:\n")
	w.nodelift(strings.Fields(line)[1:]...).has(t, 0, "Successful after")
	w.theUpdate()
	w.nodesRun(3, "v1.37.")
	w.isClean()
}

// By default Cluster Autoscaler is suspended only while nodes are added, and may not remove the group's nodes
// until the end.
func TestAutoscalerRunsOn(t *testing.T) {
	w := newWorld(t, "--workload", "sample")
	r := w.interrupted("NodeDraining", os.Interrupt, upgrade()...)
	r.has(t, 130, "Marks       the group's nodes with cluster-autoscaler.kubernetes.io/scale-down-disabled=true", "ScaleDownDisabled", "AutoscalerSuspended", "AutoscalerResumed", "stopped at ")
	if back, drain := strings.Index(r.out, "AutoscalerResumed"), strings.Index(r.out, "NodeDraining"); back > drain {
		t.Errorf("Cluster Autoscaler is suspended while nodes are drained:\n%s", r.out)
	}
	w.autoscalerRuns()
	for _, node := range w.nodes() {
		if node.Annotations["cluster-autoscaler.kubernetes.io/scale-down-disabled"] != "true" {
			t.Errorf("Cluster Autoscaler may remove %s", node.Name)
		}
	}
	r = w.nodelift(upgrade()...)
	r.has(t, 0, "Successful after")
	if said := r.out + r.errors; strings.Contains(said, "AutoscalerSuspended") {
		t.Errorf("Cluster Autoscaler was suspended:\n%s", said)
	}
	w.nodesRun(3, "v1.37.")
	w.isClean()
}

// Every line of --output json is an object with its version and kind.
func TestJSON(t *testing.T) {
	w := newWorld(t)
	r := w.nodelift(upgrade("--output", "json")...)
	r.has(t, 0)
	var kinds []string
	for lines := bufio.NewScanner(strings.NewReader(r.out)); lines.Scan(); {
		var object struct{ APIVersion, Kind, Time, Reason, Message, Status string }
		if err := json.Unmarshal(lines.Bytes(), &object); err != nil {
			t.Fatalf("%v: %s", err, lines.Text())
		}
		if object.APIVersion != "nodelift.dev/v1alpha1" {
			t.Errorf("no version: %s", lines.Text())
		}
		if object.Kind == "Event" && (object.Time == "" || object.Reason == "" || object.Message == "") {
			t.Errorf("an event without time, reason or message: %s", lines.Text())
		}
		if object.Kind == "Summary" && object.Status != "Successful" {
			t.Errorf("the summary says %s", object.Status)
		}
		kinds = append(kinds, object.Kind)
	}
	if len(kinds) < 3 || kinds[0] != "Plan" || kinds[1] != "Event" || kinds[len(kinds)-1] != "Summary" {
		t.Errorf("kinds %v, want a Plan, Events and a Summary", kinds)
	}
}

// Two people start the same upgrade in the same second: one works, the other
// waits for the node group, as there is one update. Nodes are replaced once.
func TestTwoStartsAtOnce(t *testing.T) {
	w := newWorld(t)
	results := make([]result, 2)
	var both sync.WaitGroup
	for i := range results {
		both.Go(func() { results[i] = w.nodelift(upgrade()...) })
	}
	both.Wait()
	for _, r := range results {
		r.has(t, 0, w.theUpdate().Name, "Successful after")
	}
	if out := results[0].errors + results[1].errors; !strings.Contains(out, "is working on node group") {
		t.Errorf("nobody was told that somebody else works on the node group:\n%s", out)
	}
	if replaced := w.theUpdate().Status.Counts.Replaced; replaced != 3 {
		t.Errorf("%d nodes were replaced, want 3", replaced)
	}
	w.nodesRun(3, "v1.37.")
	w.isClean()
}
