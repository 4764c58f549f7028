package kube

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

var made = time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC)

// owned is a pod that a controller has made.
func owned(name, kind, owner, node string, changes ...func(*corev1.Pod)) *corev1.Pod {
	pod := &corev1.Pod{ObjectMeta: in("shop", name), Spec: corev1.PodSpec{NodeName: node}}
	pod.CreationTimestamp, pod.Status.Phase = metav1.NewTime(made), corev1.PodRunning
	pod.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: kind, Name: owner, UID: "u", Controller: ptr.To(true)}}
	pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: metav1.NewTime(made)}}
	for _, change := range changes {
		change(pod)
	}
	return pod
}

func hashed(hash string) func(*corev1.Pod) {
	return func(pod *corev1.Pod) { pod.Labels = map[string]string{labelTemplateHash: hash} }
}

func unreadySinceThen(after time.Duration) func(*corev1.Pod) {
	return func(pod *corev1.Pod) {
		pod.Status.Conditions[0].Status, pod.Status.Conditions[0].LastTransitionTime = corev1.ConditionFalse, metav1.NewTime(made.Add(after))
	}
}

func ended(pod *corev1.Pod) { pod.Status.Phase = corev1.PodSucceeded }

func nowhere(pod *corev1.Pod) { pod.Status.Conditions, pod.Status.Phase = nil, corev1.PodPending }

func unscheduled(pod *corev1.Pod) {
	nowhere(pod)
	pod.Status.Conditions = []corev1.PodCondition{{
		Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: corev1.PodReasonUnschedulable,
		Message: "0/6 nodes are available: 6 Insufficient cpu. preemption: 0/6 nodes are available: 6 No preemption victims found.",
	}}
}

func withoutImage(pod *corev1.Pod) {
	pod.Status.ContainerStatuses = []corev1.ContainerStatus{{State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{
		Reason: "ImagePullBackOff", Message: `Back-off pulling image "web:2"`,
	}}}}
}

func beingDeleted(pod *corev1.Pod) {
	pod.DeletionTimestamp, pod.Finalizers = ptr.To(metav1.NewTime(made)), []string{"example.com/wait"}
}

// Pods are counted by what recreates them, a Deployment whichever of its ReplicaSets,
// and wherever in the cluster they run.
func TestHealthOfWorkloads(t *testing.T) {
	w := &workloads{watched: clusterWith(t,
		owned("web-1", "ReplicaSet", "web-5d4f8", "a", hashed("5d4f8")),
		owned("web-2", "ReplicaSet", "web-7c9b6", "elsewhere", hashed("7c9b6"), unreadySinceThen(time.Minute), withoutImage),
		owned("web-3", "ReplicaSet", "web-7c9b6", "", hashed("7c9b6"), nowhere),
		owned("web-5", "ReplicaSet", "web-7c9b6", "", hashed("7c9b6"), unscheduled),
		owned("web-4", "ReplicaSet", "web-5d4f8", "a", hashed("5d4f8"), beingDeleted),
		owned("alone-1", "ReplicaSet", "alone", "a"),
		owned("db-0", "StatefulSet", "db", "b"),
		owned("done-1", "Job", "done", "a", ended),
		owned("static", "Node", "a", "a"),
		owned("far-1", "StatefulSet", "far", "elsewhere"),
		&corev1.Pod{ObjectMeta: in("shop", "bare"), Spec: corev1.PodSpec{NodeName: "a"}},
	)}
	names, err := w.On(t.Context(), []string{"a", "b"})
	if diff := cmp.Diff([]string{"Deployment shop/web", "ReplicaSet shop/alone", "StatefulSet shop/db"}, names); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	got, err := w.Health(t.Context(), append(names, "StatefulSet shop/gone"))
	want := map[string]upgrade.WorkloadHealth{
		"Deployment shop/web": {Ready: 1, Unready: []upgrade.UnreadyPod{
			{Name: "shop/web-2", Node: "elsewhere", Since: made.Add(time.Minute), Why: `ImagePullBackOff: Back-off pulling image "web:2"`},
			{Name: "shop/web-3", Since: made}, {Name: "shop/web-5", Since: made, Why: "0/6 nodes are available: 6 Insufficient cpu"},
		}},
		"ReplicaSet shop/alone": {Ready: 1}, "StatefulSet shop/db": {Ready: 1}, "StatefulSet shop/gone": {},
	}
	for _, h := range got {
		for i := range h.Unready {
			h.Unready[i].Since = h.Unready[i].Since.UTC()
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestPolicyOfHealth(t *testing.T) {
	none, five := ptr.To(intstr.FromInt32(0)), ptr.To(intstr.FromString("5%"))
	for name, c := range map[string]struct {
		update, group v1alpha1.HealthSettings
		want          upgrade.Health
	}{
		"is not looked at":    {want: upgrade.Health{After: 10 * time.Minute}},
		"a time alone is not": {update: v1alpha1.HealthSettings{BadHealthAfter: &metav1.Duration{Duration: time.Minute}}, want: upgrade.Health{After: time.Minute}},
		"pods pause it":       {update: v1alpha1.HealthSettings{MaxUnreadyPods: none}, want: upgrade.Health{Then: upgrade.BadHealthPauses, MaxUnready: &upgrade.Count{}, After: 10 * time.Minute}},
		"new nodes alone":     {update: v1alpha1.HealthSettings{OnBadHealth: "cancel"}, want: upgrade.Health{Then: upgrade.BadHealthCancels, After: 10 * time.Minute}},
		"as the group says but for what the update says": {
			update: v1alpha1.HealthSettings{MaxUnreadyPods: five}, group: v1alpha1.HealthSettings{MaxUnreadyPods: none, OnBadHealth: "rollback"},
			want: upgrade.Health{Then: upgrade.BadHealthRollsBack, MaxUnready: &upgrade.Count{Value: 5, Percent: true}, After: 10 * time.Minute},
		},
	} {
		t.Run(name, func(t *testing.T) {
			update := v1alpha1.NodeGroupUpdateSpec{Settings: v1alpha1.Settings{HealthSettings: c.update}}
			group := v1alpha1.NodeGroupSpec{Settings: v1alpha1.Settings{HealthSettings: c.group}}
			got, err := Policy(update, group)
			if diff := cmp.Diff(c.want, got.Health); diff != "" || err != nil {
				t.Errorf("%v\n%s", err, diff)
			}
			update.RollbackOf = "other"
			if got, err = Policy(update, group); got.Health.Then != "" || err != nil {
				t.Errorf("a rollback stops for bad health: %+v, %v", got.Health, err)
			}
			update.RollbackOf, update.Scaling = "", &v1alpha1.ScalingConfig{}
			got, err = Policy(update, group)
			want := c.want
			if want.Then == upgrade.BadHealthRollsBack {
				want.Then = upgrade.BadHealthCancels
			}
			if diff := cmp.Diff(want, got.Health); diff != "" || err != nil {
				t.Errorf("of a scaling: %v\n%s", err, diff)
			}
			again, err := Policy(v1alpha1.NodeGroupUpdateSpec{Settings: Settings(upgrade.Policy{Health: c.want})}, v1alpha1.NodeGroupSpec{})
			if c.want.Then != "" && (!cmp.Equal(c.want, again.Health) || err != nil) {
				t.Errorf("its settings mean %+v, %v", again.Health, err)
			}
		})
	}
	for _, text := range []string{"101%", "few", "-1%"} {
		spec := v1alpha1.NodeGroupUpdateSpec{Settings: v1alpha1.Settings{HealthSettings: v1alpha1.HealthSettings{MaxUnreadyPods: ptr.To(intstr.FromString(text))}}}
		if _, err := Policy(spec, v1alpha1.NodeGroupSpec{}); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
}
