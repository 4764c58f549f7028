package e2e

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

// upgradeAll is the line of a quick upgrade of all groups.
func upgradeAll(more ...string) []string {
	return slices.Concat([]string{
		"upgrade", "nodegroups", "--cluster", "eksworkshop-eksctl", "--all", "--min-ready", "0s", "--cordon-wait", "0s", "--yes",
	}, more)
}

// Two groups are upgraded one after the other, on one plan; what cannot be
// upgraded is named before anything changes; a second start has nothing to do.
func TestAllGroups(t *testing.T) {
	w := newWorld(t, "--groups", "2")
	t.Run("a group that somebody else upgrades is left out", func(t *testing.T) {
		w := w.with(t).of(w.groups[1])
		w.tag("eks:nodegroup-name", "managed")
		w.nodelift(upgradeAll("--dry-run")...).has(t, 0, "will be upgraded", "will be skipped", "belongs to the EKS managed node group managed", "Nothing was changed")
		w.nodelift(upgradeAll("--dry-run", "--all=false", "--selector", "eks:nodegroup-name=managed")...).has(t, 1, "somebody else upgrades every group")
		w.untag("eks:nodegroup-name")
	})
	t.Run("one that cannot be upgraded stops all", func(t *testing.T) {
		w := w.with(t).of(w.groups[1])
		processes := []string{"Launch"}
		_, err := w.scaling.SuspendProcesses(w.ctx(), &autoscaling.SuspendProcessesInput{AutoScalingGroupName: &w.group, ScalingProcesses: processes})
		w.check(err)
		w.nodelift(upgradeAll()...).has(t, 1, "the process Launch of group", "1 of 2 groups cannot be upgraded", "nothing was changed")
		w.nodelift(upgradeAll("--dry-run", "--keep-going")...).has(t, 1, "will be upgraded", "cannot be upgraded")
		_, err = w.scaling.ResumeProcesses(w.ctx(), &autoscaling.ResumeProcessesInput{AutoScalingGroupName: &w.group, ScalingProcesses: processes})
		w.check(err)
	})
	t.Run("a selector chooses by tags", func(t *testing.T) {
		w := w.with(t)
		r := w.nodelift(upgradeAll("--dry-run", "--all=false", "--selector", "alpha.eksctl.io/nodegroup-name=nodegroup-2")...)
		r.has(t, 0, w.groups[1])
		if strings.Contains(r.out, w.groups[0]) {
			t.Errorf("the first group is in the plan:\n%s", r.out)
		}
		w.nodelift(upgradeAll("--all=false", "--selector", "team=none")...).has(t, 1, "none of the 2 Auto Scaling groups of cluster eksworkshop-eksctl has the tags team=none")
	})
	w.changedNothing()

	r := w.nodelift(upgradeAll()...)
	r.has(t, 0, "one after the other", "1 at a time, up to 15m each", "nodegroup-2: Update", "STATUS")
	first, second := strings.Index(r.out, "nodegroup: the update ended: Successful"), strings.Index(r.out, "nodegroup-2: the target is")
	if first < 0 || second < first {
		t.Errorf("the second group began before the first was done:\n%s", r.out)
	}
	w.nodesRun(6, "v1.37.")
	w.allClean()
	w.haveUpdates(v1alpha1.UpdateSuccessful, v1alpha1.UpdateSuccessful)
	w.nodelift(upgradeAll()...).has(t, 0, "nothing to do")
	w.haveUpdates(v1alpha1.UpdateSuccessful, v1alpha1.UpdateSuccessful)
}

// Two groups at the same time: Cluster Autoscaler sleeps until the last is done,
// and what is printed for programs names the groups.
func TestParallelGroups(t *testing.T) {
	w := newWorld(t, "--groups", "2", "--workload", "sample")
	w.runOn("nodegroup-2", map[string]string{"sandbox.nodelift.dev/stops-after": "20s"}, 0)
	checked := false
	r := w.watched(func(line string, _ *os.Process) bool {
		if !strings.Contains(line, `"kind":"Summary"`) {
			return false
		}
		checked = true
		var d appsv1.Deployment
		w.check(w.kube.Get(w.ctx(), client.ObjectKey{Namespace: "kube-system", Name: "cluster-autoscaler"}, &d))
		if holders := d.Annotations["nodelift.dev/autoscaler-holders"]; aws.ToInt32(d.Spec.Replicas) != 0 || holders != v1alpha1.NodeGroupName("us-west-2", w.groups[1]) {
			t.Errorf("the first group is done: %d replicas, held by %q; want 0, held by the second", aws.ToInt32(d.Spec.Replicas), holders)
		}
		return true
	}, upgradeAll("--parallel-groups", "2", "--autoscaler", "suspend", "--output", "json")...)
	r.has(t, 0)
	if !checked {
		t.Error("nothing was seen of the first group's end")
	}
	w.nodesRun(6, "v1.37.")
	w.allClean()
	w.describedTogether()
	named := map[string]bool{}
	var last struct {
		Kind      string
		NodeGroup string
		Groups    []struct{ NodeGroup, Status string }
	}
	for line := range strings.Lines(r.out) {
		w.check(json.Unmarshal([]byte(line), &last))
		if last.Kind == "Summary" && !strings.Contains(line, `"nodeGroup":"nodegroup`) {
			t.Errorf("a summary does not say of which group: %s", line)
		}
		if last.Kind == "Event" {
			named[last.NodeGroup] = true
		}
	}
	if len(named) != 2 || !named["nodegroup"] || !named["nodegroup-2"] {
		t.Errorf("events name %v", named)
	}
	if last.Kind != "Overview" || len(last.Groups) != 2 || last.Groups[1].Status != "Successful" {
		t.Errorf("it ends with %+v", last)
	}
}

// A first group that fails stops the second, unless told to keep going; what is
// up to date is skipped by the next start.
func TestFirstGroupFails(t *testing.T) {
	w := newWorld(t, "--groups", "2")
	budget := w.runOn("nodegroup", nil, 1)
	r := w.nodelift(upgradeAll("--drain-timeout", "3s")...)
	r.has(t, 1, "PodEvictionFailure", "0 of 2 groups were upgraded, 1 failed", "1 were not started", "Not started")
	w.haveUpdates(v1alpha1.UpdateFailed)
	w.nodesRun(6, "v1.3")
	w.allClean()

	w.nodelift(upgradeAll("--drain-timeout", "3s", "--keep-going")...).has(t, 1, "1 of 2 groups were upgraded, 1 failed")
	w.haveUpdates(v1alpha1.UpdateFailed, v1alpha1.UpdateFailed, v1alpha1.UpdateSuccessful)
	w.nodesRun(6, "v1.3")
	w.allClean()

	w.check(w.kube.Delete(w.ctx(), budget))
	w.nodelift(upgradeAll()...).has(t, 0, "nothing to do")
	w.haveUpdates(v1alpha1.UpdateFailed, v1alpha1.UpdateFailed, v1alpha1.UpdateSuccessful, v1alpha1.UpdateSuccessful)
	w.nodesRun(6, "v1.37.")
	w.allClean()
}

// Ended in the first group, killed in the second: the line that is printed goes
// on each time, with the same updates.
func TestGroupsGoOn(t *testing.T) {
	w := newWorld(t, "--groups", "2")
	r := w.interrupted("NodeDraining", os.Interrupt, upgradeAll()...)
	r.has(t, 130, "0 of 2 groups are done; update ", " of 3 nodes; nobody is working on it; to continue, run:", "Stopped", "Not started")
	_, line, _ := strings.Cut(r.errors, "to continue, run:\n")
	again := strings.Fields(line)[1:]
	w.nodelift(upgradeAll("--timeout", "1s")...).has(t, 3, "timed out after 1s", "0 of 2 groups are done", "to continue, run:")
	w.interrupted("NodeDraining        nodegroup-2: ", syscall.SIGKILL, again...).has(t, -1, "continues at")
	w.haveUpdates(v1alpha1.UpdateInProgress, v1alpha1.UpdateSuccessful)
	w.nodelift(again...).has(t, 0, "continues at", "nothing to do")
	w.haveUpdates(v1alpha1.UpdateSuccessful, v1alpha1.UpdateSuccessful)
	w.nodesRun(6, "v1.37.")
	w.allClean()
}

// describedTogether fails the test unless both groups were mostly described in one
// call, while both were upgraded.
func (w *world) describedTogether() {
	w.t.Helper()
	together, alone, since := 0, 0, 0 // since the last time together: perhaps only one is left
	for _, call := range w.journal() {
		switch {
		case call.Action != "DescribeAutoScalingGroups" || call.AccessKey == controlKey:
		case call.Params["AutoScalingGroupNames.member.2"] != "":
			if together > 0 {
				alone += since
			}
			together, since = together+1, 0
		case call.Params["AutoScalingGroupNames.member.1"] != "":
			since++
		}
	}
	if together <= alone {
		w.t.Errorf("the groups were described together %d times and alone %d times", together, alone)
	}
}

// allClean fails the test unless every group has been given back what was
// borrowed.
func (w *world) allClean() {
	w.t.Helper()
	for _, group := range w.groups {
		w.of(group).isClean()
	}
}

// haveUpdates fails the test unless there are these updates, by what has come of
// them.
func (w *world) haveUpdates(want ...v1alpha1.UpdateStatus) {
	w.t.Helper()
	var got []v1alpha1.UpdateStatus
	for _, update := range w.updates() {
		got = append(got, update.Status.Status)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		w.t.Errorf("updates %v, want %v", got, want)
	}
}

// runOn runs a pod on a node of a node group, behind a budget that wants so many
// of it, and returns the budget.
func (w *world) runOn(nodegroup string, annotations map[string]string, least int32) *policyv1.PodDisruptionBudget {
	w.t.Helper()
	meta := metav1.ObjectMeta{Name: "stays", Namespace: "default"}
	labels := map[string]string{"app": "stays"}
	selector := &metav1.LabelSelector{MatchLabels: labels}
	budget := &policyv1.PodDisruptionBudget{ObjectMeta: meta, Spec: policyv1.PodDisruptionBudgetSpec{
		MinAvailable: ptr.To(intstr.FromInt32(least)), Selector: selector,
	}}
	w.check(w.kube.Create(w.ctx(), budget))
	w.check(w.kube.Create(w.ctx(), &appsv1.Deployment{ObjectMeta: meta, Spec: appsv1.DeploymentSpec{
		Replicas: ptr.To[int32](1), Selector: selector,
		Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels, Annotations: annotations}, Spec: corev1.PodSpec{
			TerminationGracePeriodSeconds: ptr.To[int64](60),
			NodeSelector:                  map[string]string{"alpha.eksctl.io/nodegroup-name": nodegroup},
			Containers:                    []corev1.Container{{Name: "pause", Image: "registry.k8s.io/pause:3.10"}},
		}},
	}}))
	w.eventually("the pod is healthy", func() bool {
		w.check(w.kube.Get(w.ctx(), client.ObjectKeyFromObject(budget), budget))
		return budget.Status.CurrentHealthy == 1
	})
	return budget
}

// tag writes a tag of the world's group, untag removes it.
func (w *world) tag(key, value string) {
	w.t.Helper()
	_, err := w.scaling.CreateOrUpdateTags(w.ctx(), &autoscaling.CreateOrUpdateTagsInput{Tags: w.tags(key, value)})
	w.check(err)
}

func (w *world) untag(key string) {
	w.t.Helper()
	_, err := w.scaling.DeleteTags(w.ctx(), &autoscaling.DeleteTagsInput{Tags: w.tags(key, "")})
	w.check(err)
}

func (w *world) tags(key, value string) []asgtypes.Tag {
	return []asgtypes.Tag{{
		Key: &key, Value: &value, PropagateAtLaunch: aws.Bool(false),
		ResourceId: &w.group, ResourceType: aws.String("auto-scaling-group"),
	}}
}
