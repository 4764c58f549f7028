package fakenode

import (
	"context"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/kwok/pkg/apis/internalversion"
	"sigs.k8s.io/kwok/pkg/utils/lifecycle"
)

var now = time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)

// step is what kwok does next with an object, and when.
type step struct {
	stage string
	after time.Duration
}

func TestPodStages(t *testing.T) {
	deleted := metav1.NewTime(now.Add(30 * time.Second))
	deleting := func(grace int64, annotations map[string]string, finalizers ...string) *corev1.Pod {
		return &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{DeletionTimestamp: &deleted, DeletionGracePeriodSeconds: &grace, Annotations: annotations, Finalizers: finalizers},
			Status:     corev1.PodStatus{Phase: corev1.PodRunning},
		}
	}
	pod := func(phase corev1.PodPhase, annotations map[string]string) *corev1.Pod {
		started := metav1.NewTime(now.Add(-10 * time.Minute))
		return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Annotations: annotations}, Status: corev1.PodStatus{Phase: phase, StartTime: &started}}
	}
	for name, test := range map[string]struct {
		pod  *corev1.Pod
		want step
	}{
		"a pending pod starts":                                             {pod(corev1.PodPending, nil), step{"pod-start", 2 * time.Second}},
		"a pending pod starts after the time in its annotation":            {pod(corev1.PodPending, map[string]string{AnnotationStartsAfter: "1m"}), step{"pod-start", time.Minute}},
		"a running pod stays":                                              {pod(corev1.PodRunning, nil), step{}},
		"a pod with a time to run succeeds that long after its start":      {pod(corev1.PodRunning, map[string]string{AnnotationRunsFor: "1h"}), step{"pod-complete", 50 * time.Minute}},
		"a succeeded pod stays":                                            {pod(corev1.PodSucceeded, map[string]string{AnnotationRunsFor: "1h"}), step{}},
		"a deleted pod stops":                                              {deleting(30, nil), step{"pod-stop", time.Second}},
		"a deleted pod stops after the time in its annotation":             {deleting(30, map[string]string{AnnotationStopsAfter: "10s"}), step{"pod-stop", 10 * time.Second}},
		"a deleted pod stops at the end of its grace period at the latest": {deleting(30, map[string]string{AnnotationStopsAfter: "1h"}), step{"pod-stop", 30 * time.Second}},
		"a deleted pod without grace period stops at once":                 {deleting(0, nil), step{"pod-stop", 0}},
		"a deleted pod with finalizers has stopped and stays":              {deleting(30, nil, "example.com/wait"), step{"pod-stop-finalizers", time.Second}},
		"a deleted pod of a lost kubelet stays":                            {deleting(30, map[string]string{annotationKubelet: "lost"}), step{}},
		"an annotation that is not a time counts as zero":                  {pod(corev1.PodPending, map[string]string{AnnotationStartsAfter: "soon"}), step{"pod-start", 0}},
	} {
		t.Run(name, func(t *testing.T) {
			got := next(t, "Pod", &lifecycle.Event{Annotations: test.pod.Annotations, Data: test.pod})
			if got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestNodeStages(t *testing.T) {
	node := func(ready corev1.ConditionStatus, kubelet string) *corev1.Node {
		n := &corev1.Node{Status: corev1.NodeStatus{Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: ready}}}}
		if kubelet != "" {
			n.Annotations = map[string]string{annotationKubelet: kubelet}
		}
		return n
	}
	for name, test := range map[string]struct {
		node *corev1.Node
		want string
	}{
		"a node without status turns Ready":      {&corev1.Node{}, "node-ready"},
		"a node of unknown status turns Ready":   {node(corev1.ConditionUnknown, ""), "node-ready"},
		"a Ready node sends heartbeats":          {node(corev1.ConditionTrue, ""), "node-heartbeat"},
		"a node whose kubelet has stopped stays": {node(corev1.ConditionFalse, "stopped"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := next(t, "Node", &lifecycle.Event{Data: test.node}); got.stage != test.want {
				t.Errorf("got %q, want %q", got.stage, test.want)
			}
		})
	}
}

// next asks kwok's own engine what happens next, as its controller does.
func next(t *testing.T, kind string, event *lifecycle.Event) step {
	t.Helper()
	stages, err := loadStages(2*time.Second, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	life, err := lifecycle.NewLifecycle(stages[internalversion.StageResourceRef{APIGroup: "v1", Kind: kind}])
	if err != nil {
		t.Fatal(err)
	}
	stage, err := life.Match(context.Background(), event)
	if err != nil {
		t.Fatal(err)
	}
	if stage == nil {
		return step{}
	}
	after, _, err := stage.Delay(context.Background(), event, now)
	if err != nil {
		t.Fatal(err)
	}
	return step{stage.Name(), after}
}
