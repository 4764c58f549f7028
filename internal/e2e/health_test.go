package e2e

import (
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

// startsAfter is how long a pod of the sandbox takes to become Ready.
const startsAfter = "sandbox.nodelift.dev/starts-after"

// minding is the line of an upgrade that stops for bad health.
func minding(more ...string) []string {
	return upgrade(append([]string{"--max-unready-pods", "0", "--bad-health-after", "30s"}, more...)...)
}

// Pods that do not become Ready where they have moved to make the update stand still,
// until people have mended them and let it go on.
func TestBadHealth(t *testing.T) {
	w := newWorld(t)
	w.runUnlucky()
	r := w.during("BadHealth", func() {
		name := w.theUpdate().Name
		w.eventually("it stands still", func() bool { u := w.theUpdate(); return u.Stopped() })
		w.autoscalerRuns()
		still, evicted := len(w.journal()), w.evictions()
		w.nodelift(minding()...).has(t, 1, "paused for bad health", "nodelift resume update "+name)
		w.nodelift("describe", "update", name).has(t, 0, "bad health: no longer Ready: 1 of ", "StatefulSet default/unlucky (default/unlucky-")
		for _, call := range w.journal()[still:] {
			if !strings.HasPrefix(call.Action, "Describe") && call.Action != "GetCallerIdentity" {
				t.Errorf("%s was called while the update stood still", call.Action)
			}
		}
		if now := w.evictions(); now != evicted {
			t.Errorf("%d evictions while the update stood still", now-evicted)
		}
		w.mend()
		w.nodelift("resume", "nodegroup", "nodegroup").has(t, 0, "is under way")
		w.nodelift("resume", "nodegroup", "nodegroup").has(t, 1, "is not paused", "is working on it")
	}, minding()...)
	r.has(t, 0, "Stops", "more than 0 of the pods that are Ready now", "is paused for bad health", "HealthAccepted", "continues.", "Successful after")
	if u := w.theUpdate(); u.Status.Stops != 1 || u.Spec.AcceptedStops != 1 || u.Spec.Paused {
		t.Errorf("stops %d, accepted %d, paused %t", u.Status.Stops, u.Spec.AcceptedStops, u.Spec.Paused)
	}
	w.nodesRun(3, "v1.37.")
	w.isClean()
}

// They roll it back, if that is asked for.
func TestBadHealthRollsBack(t *testing.T) {
	w := newWorld(t)
	w.runUnlucky()
	w.nodelift(minding("--on-bad-health", "rollback")...).has(t, 1, "it is rolled back", "InsufficientNumberOfReplicas", "bad health: no longer Ready: 1 of ", "was rolled back by")
	w.nodesRun(3, "v1.36.")
	w.isClean()
	for _, u := range w.updates() {
		want := v1alpha1.UpdateFailed
		if u.Spec.RollbackOf != "" {
			want = v1alpha1.UpdateSuccessful
		}
		if u.Status.Status != want {
			t.Errorf("update %s is %s, want %s", u.Name, u.Status.Status, want)
		}
	}
}

// evictions counts the pods that were asked to go.
func (w *world) evictions() int {
	w.t.Helper()
	count := 0
	for _, r := range w.audit() {
		if r.what() == "create pods/eviction" {
			count++
		}
	}
	return count
}

// runUnlucky runs one pod in each zone. They are Ready, and those that are made from
// now on will not be for an hour: somebody has changed what they start with.
func (w *world) runUnlucky() {
	w.t.Helper()
	labels := map[string]string{"app": "unlucky"}
	selector := &metav1.LabelSelector{MatchLabels: labels}
	set := &appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{Name: "unlucky", Namespace: "default"}, Spec: appsv1.StatefulSetSpec{
		Replicas: ptr.To[int32](3), Selector: selector, PodManagementPolicy: appsv1.ParallelPodManagement,
		UpdateStrategy: appsv1.StatefulSetUpdateStrategy{Type: appsv1.OnDeleteStatefulSetStrategyType},
		Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: corev1.PodSpec{
			TerminationGracePeriodSeconds: ptr.To[int64](1),
			Containers:                    []corev1.Container{{Name: "pause", Image: "registry.k8s.io/pause:3.10"}},
			TopologySpreadConstraints: []corev1.TopologySpreadConstraint{{
				MaxSkew: 1, TopologyKey: corev1.LabelTopologyZone, WhenUnsatisfiable: corev1.DoNotSchedule, LabelSelector: selector,
			}},
		}},
	}}
	w.check(w.kube.Create(w.ctx(), set))
	w.eventually("all are Ready", func() bool {
		w.check(w.kube.Get(w.ctx(), client.ObjectKeyFromObject(set), set))
		return set.Status.ReadyReplicas == 3
	})
	w.startAfter(set, "1h")
}

func (w *world) startAfter(set *appsv1.StatefulSet, time string) {
	w.t.Helper()
	before := set.DeepCopy()
	set.Spec.Template.Annotations = map[string]string{startsAfter: time}
	w.check(w.kube.Patch(w.ctx(), set, client.MergeFrom(before)))
}

// mend lets the unlucky pods start as others, and those start anew that do not.
func (w *world) mend() {
	w.t.Helper()
	set := &appsv1.StatefulSet{}
	w.check(w.kube.Get(w.ctx(), client.ObjectKey{Namespace: "default", Name: "unlucky"}, set))
	w.startAfter(set, "1s")
	var pods corev1.PodList
	w.check(w.kube.List(w.ctx(), &pods, client.InNamespace("default"), client.MatchingLabels{"app": "unlucky"}))
	for _, pod := range pods.Items {
		if pod.Annotations[startsAfter] != "" {
			w.check(w.kube.Delete(w.ctx(), &pod))
		}
	}
	w.eventually("all are Ready again", func() bool {
		w.check(w.kube.Get(w.ctx(), client.ObjectKeyFromObject(set), set))
		return set.Status.ReadyReplicas == 3
	})
}
