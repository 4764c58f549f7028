package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

// The files of docs/gitops.md, applied by somebody with kubectl alone: an update, paused
// and changed on the way, and its rollback.
func TestGitOps(t *testing.T) {
	w := newWorld(t, "--workload", "sample")
	w.installResources()
	w.applyFile("update.yaml") // in any order
	w.applyFile("nodegroup.yaml")
	const name, back = "workers-to-1.37", "workers-to-1.37-rollback"
	r := w.caught("NodeCordoned", func(func()) {
		w.patchUpdate(name, `{"spec":{"paused":true}}`)
		w.eventually("it stands still", func() bool { return strings.Contains(w.updateNamed(name).Status.Message, "spec.paused is false") })
		w.autoscalerRuns()
		w.patchUpdate(name, `{"spec":{"paused":false,"soak":"0s"}}`)
	}, "resume", "update", name, "--verbose")
	r.has(t, 0, "Somebody paused update "+name, "continues.", "Successful after")
	w.nodesRun(3, "v1.37.")
	w.isClean()
	update := w.updateNamed(name)
	if s := update.Status.Settings; s == nil || s.Strategy != v1alpha1.StrategyDefault || s.MaxUnavailable.String() != "1" || s.Canary.Nodes != 1 ||
		s.Soak.Duration != 0 || s.OnDrainTimeout != v1alpha1.OnDrainTimeoutQuarantine || s.MinReady.Duration != 0 || s.Autoscaler != v1alpha1.AutoscalerAnnotate {
		t.Errorf("the settings in force are %+v", s)
	}
	w.nodelift(upgrade("--dry-run")...).has(t, 0, "Nothing to do")
	w.applyFile("rollback.yaml")
	w.nodelift("resume", "update", back).has(t, 0, "Successful after")
	w.nodesRun(3, "v1.36.")
	w.isClean()
	if groups := w.nodeGroups(); len(groups) != 1 {
		t.Errorf("there are %d node groups", len(groups))
	}
}

// What a command would refuse an update refuses that was made by hand: it fails with
// words, and touches nothing.
func TestHandMadeUpdatesAreChecked(t *testing.T) {
	w := newWorld(t)
	w.installResources()
	w.applyFile("nodegroup.yaml")
	gone := w.groupSpec("strangers")
	nameless := w.groupSpec(w.group)
	delete(nameless, "clusterName")
	w.make("NodeGroup", "gone", gone)
	for _, tc := range []struct {
		name   string
		spec   map[string]any
		before func()
		after  func()
		says   string
	}{
		{name: "newer", spec: map[string]any{"target": map[string]any{"version": "1.38"}}, says: "Kubernetes 1.38 is newer than the API server (1.37)"},
		{name: "no-image", spec: map[string]any{"target": map[string]any{"imageID": "ami-0123456789abcdef0"}}, says: "ami-0123456789abcdef0"},
		{name: "nothing-before", spec: map[string]any{"rollbackOf": "newer"}, says: "update newer has changed nothing, so there is nothing to roll back"},
		{name: "nobody", spec: map[string]any{"rollbackOf": "nowhere"}, says: "update nowhere, which is to be rolled back, does not exist"},
		{
			name: "managed", before: func() { w.tag("eks:nodegroup-name", "managed") }, after: func() { w.untag("eks:nodegroup-name") },
			says: "belongs to the EKS managed node group managed",
		},
		{
			name: "launches-nothing", before: func() { w.setLaunch(false) }, after: func() { w.setLaunch(true) },
			says: "the process Launch of group",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := w.with(t)
			if tc.before != nil {
				tc.before()
				defer tc.after()
			}
			w.failsBecause(tc.name, "workers", tc.spec, tc.says)
		})
	}
	for line, says := range map[string]string{
		"pause update newer":               "update newer has ended (Failed), so there is nothing to pause; 'nodelift retry update newer' starts it again",
		"resume update newer":              "has ended (Failed), so there is nothing to resume",
		"cancel update newer --yes":        "has ended (Failed), so there is nothing to cancel",
		"rollback update newer --yes":      "update newer has changed nothing, so there is nothing to roll back",
		"rollback nodegroup workers --yes": "has no update that has changed anything",
	} {
		w.nodelift(strings.Fields(line)...).has(t, 1, says)
	}
	t.Run("a group that is gone", func(t *testing.T) {
		w.with(t).failsBecause("of-gone", "gone", nil, "there is no Auto Scaling group strangers: node group gone has to name it as AWS does")
	})
	t.Run("a second NodeGroup", func(t *testing.T) {
		w := w.with(t)
		w.make("NodeGroup", "twin", w.groupSpec(w.group))
		w.failsBecause("of-twin", "twin", nil, "node groups workers and twin are the same Auto Scaling group")
		w.check(w.kube.Delete(w.ctx(), &v1alpha1.NodeGroup{ObjectMeta: metav1.ObjectMeta{Name: "twin"}}))
	})
	t.Run("a NodeGroup without its cluster", func(t *testing.T) {
		w := w.with(t)
		w.check(w.kube.Delete(w.ctx(), &v1alpha1.NodeGroup{ObjectMeta: metav1.ObjectMeta{Name: "workers"}}))
		w.make("NodeGroup", "nameless", nameless)
		w.failsBecause("of-nameless", "nameless", nil, "set spec.clusterName")
	})
	for _, call := range w.journal() {
		if strings.HasPrefix(call.Action, "Set") || strings.HasPrefix(call.Action, "Update") || strings.HasPrefix(call.Action, "Terminate") ||
			call.Action == "SuspendProcesses" || call.Action == "CreateLaunchTemplateVersion" && call.Params["DryRun"] != "true" {
			t.Errorf("it called %s", call.Action)
		}
	}
	for _, node := range w.nodes() {
		w.hasNoMarks(node)
	}
}

// A rollback that was made by hand to an image that is gone fails with words, and the
// nodes stay as they are.
func TestRollbackToAnImageThatIsGone(t *testing.T) {
	w := newWorld(t)
	golden := w.build("AmazonLinux2023", "x86_64")
	w.nodelift(upgrade("--image-id", golden)...).has(t, 0)
	w.nodelift(upgrade("--ami-family", "AmazonLinux2023", "--kubernetes-version", "1.37")...).has(t, 0)
	_, err := w.machines().DeregisterImage(w.ctx(), &ec2.DeregisterImageInput{ImageId: &golden})
	w.check(err)
	var newest v1alpha1.NodeGroupUpdate
	for _, u := range w.updates() {
		if u.Spec.Target.ImageID == "" {
			newest = u
		}
	}
	w.nodelift("rollback", "update", newest.Name, "--yes").has(t, 1, "the old image", golden, "cannot be rolled back and nothing was changed", "--image-id")
	w.failsBecause("back-by-hand", newest.Spec.NodeGroup, map[string]any{"rollbackOf": newest.Name}, "cannot be rolled back and nothing was changed")
	w.nodesRun(3, "v1.37.")
	w.isClean()
}

// failsBecause makes an update by hand and has it worked on.
func (w *world) failsBecause(name, nodeGroup string, spec map[string]any, says string) {
	w.t.Helper()
	whole := map[string]any{"nodeGroup": nodeGroup}
	for key, value := range spec {
		whole[key] = value
	}
	w.make("NodeGroupUpdate", name, whole)
	if r := w.nodelift("resume", "update", name, "--timeout", "2m"); r.code != 1 {
		w.t.Errorf("exit code %d:\n%s\n%s", r.code, r.out, r.errors)
	}
	u := w.updateNamed(name)
	if u.Status.Status != v1alpha1.UpdateFailed || !strings.Contains(u.Status.Message, says) {
		w.t.Errorf("%s is %s: %s; want %q", name, u.Status.Status, u.Status.Message, says)
	}
}

func (w *world) groupSpec(group string) map[string]any {
	return map[string]any{"autoScalingGroup": group, "region": "us-west-2", "clusterName": "eksworkshop-eksctl"}
}

func (w *world) make(kind, name string, spec map[string]any) {
	w.t.Helper()
	object := &unstructured.Unstructured{Object: map[string]any{"spec": spec}}
	object.SetGroupVersionKind(v1alpha1.GroupVersion().WithKind(kind))
	object.SetName(name)
	w.check(w.kube.Create(w.ctx(), object))
}

func (w *world) updateNamed(name string) v1alpha1.NodeGroupUpdate {
	w.t.Helper()
	var update v1alpha1.NodeGroupUpdate
	w.check(w.kube.Get(w.ctx(), client.ObjectKey{Name: name}, &update))
	return update
}

func (w *world) patchUpdate(name, patch string) {
	w.t.Helper()
	update := w.updateNamed(name)
	w.check(w.kube.Patch(w.ctx(), &update, client.RawPatch(types.MergePatchType, []byte(patch))))
}

// installResources applies what `nodelift crds` prints.
func (w *world) installResources() {
	w.t.Helper()
	w.install()
	w.eventually("the resources are served", func() bool {
		return w.kube.List(w.ctx(), &v1alpha1.NodeGroupUpdateList{}) == nil && w.kube.List(w.ctx(), &v1alpha1.NodeGroupList{}) == nil
	})
}

// applyFile applies a file of docs/gitops, with the names of this world, and with times that
// suit a test.
func (w *world) applyFile(name string) {
	w.t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "..", "docs", "gitops", name))
	w.check(err)
	object := &unstructured.Unstructured{}
	w.check(yaml.Unmarshal(content, &object.Object))
	spec := object.Object["spec"].(map[string]any)
	here := map[string]any{
		"autoScalingGroup": w.group, "clusterName": "eksworkshop-eksctl",
		"minReady": "0s", "cordonWait": "0s", "soak": "1s", "canary": map[string]any{"nodes": int64(1), "soak": "1s"},
	}
	for field := range here {
		if spec[field] != nil {
			spec[field] = here[field]
		}
	}
	w.check(w.kube.Create(w.ctx(), object))
}

// setLaunch resumes or suspends the process Launch of the group.
func (w *world) setLaunch(on bool) {
	w.t.Helper()
	var err error
	if on {
		_, err = w.scaling.ResumeProcesses(w.ctx(), &autoscaling.ResumeProcessesInput{AutoScalingGroupName: &w.group, ScalingProcesses: []string{"Launch"}})
	} else {
		_, err = w.scaling.SuspendProcesses(w.ctx(), &autoscaling.SuspendProcessesInput{AutoScalingGroupName: &w.group, ScalingProcesses: []string{"Launch"}})
	}
	w.check(err)
}
