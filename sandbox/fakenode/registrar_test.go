package fakenode

import (
	"context"
	"io"
	"testing"

	"github.com/nodelift/nodelift/internal/fakeaws"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
	"sigs.k8s.io/kwok/pkg/log"
)

// images is a cloud of which only the images are read.
type images map[string]fakeaws.Image

func (images) Watch(context.Context) <-chan fakeaws.Instance { return nil }

func (known images) Image(id string) (fakeaws.Image, bool) {
	image, ok := known[id]
	return image, ok
}

// A state may be reported any number of times, and states may be skipped.
func TestRegistrarFollowsTheState(t *testing.T) {
	ctx := context.Background()
	client := fake.NewClientset(&corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "default"},
		Spec:       corev1.PodSpec{NodeName: instance().PrivateDNS},
		Status:     corev1.PodStatus{Phase: corev1.PodRunning, Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}},
	})
	r := newRegistrar(client, Config{Cloud: images{"ami-1": {}}}, log.NewLogger(io.Discard, log.LevelError))
	see := func(state string) *corev1.Node {
		t.Helper()
		i := instance()
		i.State = state
		for range 2 {
			if r.settle(ctx, i); len(r.failed) > 0 {
				t.Fatalf("%s: not done", state)
			}
		}
		node, err := client.CoreV1().Nodes().Get(ctx, i.PrivateDNS, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return node
	}
	for _, state := range []string{fakeaws.StatePending, fakeaws.StateShuttingDown, fakeaws.StateTerminated} {
		if see(state) != nil {
			t.Errorf("%s: there is a node before the instance runs", state)
		}
	}
	if see(fakeaws.StateRunning) == nil {
		t.Fatal("running: there is no node yet")
	}
	node := see(fakeaws.StateShuttingDown)
	if node == nil || node.Annotations[annotationKubelet] == "" || node.Status.Conditions[0].Status != corev1.ConditionFalse {
		t.Errorf("shutting down: the node is %+v", node)
	}
	pod, err := client.CoreV1().Pods("default").Get(ctx, "web", metav1.GetOptions{})
	if err != nil || pod.Status.Conditions[0].Status != corev1.ConditionFalse {
		t.Errorf("shutting down: the pod is still ready, %v", err)
	}
	if see(fakeaws.StateTerminated) != nil {
		t.Error("terminated: the node is still there")
	}
}

func TestRegistrarKeepsBrokenMachinesOut(t *testing.T) {
	client := fake.NewClientset()
	r := newRegistrar(client, Config{Cloud: images{"ami-1": {Broken: true}}}, log.NewLogger(io.Discard, log.LevelError))
	i := instance()
	i.State = fakeaws.StateRunning
	r.settle(context.Background(), i)
	if nodes, _ := client.CoreV1().Nodes().List(context.Background(), metav1.ListOptions{}); len(nodes.Items) != 0 {
		t.Error("an instance of a broken image joined")
	}
}

func TestRegistrarLetsMachinesJoinNotReady(t *testing.T) {
	client := fake.NewClientset()
	r := newRegistrar(client, Config{Cloud: images{"ami-1": {NeverReady: true}}}, log.NewLogger(io.Discard, log.LevelError))
	i := instance()
	i.State = fakeaws.StateRunning
	r.settle(context.Background(), i)
	node, err := client.CoreV1().Nodes().Get(context.Background(), i.PrivateDNS, metav1.GetOptions{})
	if err != nil || node.Annotations[annotationKubelet] == "" || node.Status.Conditions[0].Status != corev1.ConditionFalse {
		t.Errorf("the node is %+v, %v", node, err)
	}
}

// An instance that its warm pool boots and stops is no node before it is in the group. One that returns
// there leaves a node that is not Ready until it starts again.
func TestRegistrarKeepsTheWarmPoolOut(t *testing.T) {
	ctx := context.Background()
	client := fake.NewClientset()
	r := newRegistrar(client, Config{Cloud: images{"ami-1": {}}}, log.NewLogger(io.Discard, log.LevelError))
	for _, step := range []struct{ state, lifecycle, node string }{
		{fakeaws.StateRunning, "Warmed:Pending", "none"},
		{fakeaws.StateStopped, "Warmed:Stopped", "none"},
		{fakeaws.StatePending, "Pending", "none"},
		{fakeaws.StateRunning, "InService", ""},
		{fakeaws.StateStopped, "Warmed:Stopped", "Unknown"},
		{fakeaws.StatePending, "Pending", "none"},
		{fakeaws.StateRunning, "InService", ""},
	} {
		i := instance()
		i.State, i.Lifecycle = step.state, step.lifecycle
		r.settle(ctx, i)
		node, err := client.CoreV1().Nodes().Get(ctx, i.PrivateDNS, metav1.GetOptions{})
		got := "none"
		if err == nil {
			got = ""
			for _, c := range node.Status.Conditions {
				got = string(c.Status)
			}
		}
		if got != step.node {
			t.Errorf("%s, %s: the node is %q, want %q", step.state, step.lifecycle, got, step.node)
		}
	}
}

// A lost kubelet no longer reports, and its deleted pods stay.
func TestRegistrarLosesKubelets(t *testing.T) {
	ctx := context.Background()
	client := fake.NewClientset(&corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "default"},
		Spec:       corev1.PodSpec{NodeName: instance().PrivateDNS},
		Status:     corev1.PodStatus{Phase: corev1.PodRunning, Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}},
	})
	r := newRegistrar(client, Config{Cloud: images{"ami-1": {}}}, log.NewLogger(io.Discard, log.LevelError))
	i := instance()
	i.State, i.Silent = fakeaws.StateRunning, true
	r.settle(ctx, i)
	node, err := client.CoreV1().Nodes().Get(ctx, i.PrivateDNS, metav1.GetOptions{})
	if err != nil || node.Annotations[annotationKubelet] == "" || node.Status.Conditions[0].Status != corev1.ConditionUnknown {
		t.Errorf("the node is %+v, %v", node, err)
	}
	pod, err := client.CoreV1().Pods("default").Get(ctx, "web", metav1.GetOptions{})
	if err != nil || pod.Annotations[annotationKubelet] == "" || pod.Status.Conditions[0].Status != corev1.ConditionFalse {
		t.Errorf("the pod is %+v, %v", pod, err)
	}
}
