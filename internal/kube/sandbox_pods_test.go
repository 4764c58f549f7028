package kube

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// create makes objects that go with the test.
func create(t *testing.T, c *Cluster, objects ...client.Object) {
	t.Helper()
	for _, object := range objects {
		if err := c.live.Create(t.Context(), object); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.live.Delete(context.Background(), object, client.GracePeriodSeconds(0)) })
	}
}

// eventually asks again and again until there is nothing to object to.
func eventually(t *testing.T, objection func() string) {
	t.Helper()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for ctx := within(t); ; {
		said := objection()
		if said == "" {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatal(said)
		case <-ticker.C:
		}
	}
}

// sandboxNode is a node that the sandbox makes Ready.
func sandboxNode(name string) *corev1.Node {
	node := &corev1.Node{ObjectMeta: named(name), Spec: corev1.NodeSpec{ProviderID: "aws:///us-west-2a/i-" + name}}
	node.Status.Allocatable = corev1.ResourceList{}
	return node
}

func sandboxPod(node, name string, labels map[string]string) *corev1.Pod {
	pod := &corev1.Pod{ObjectMeta: in("default", name)}
	pod.Labels = labels
	pod.Spec.NodeName = node
	pod.Spec.TerminationGracePeriodSeconds = ptr.To[int64](600)
	pod.Spec.Containers = []corev1.Container{{Name: "main", Image: "example.com/main"}}
	pod.Finalizers = []string{"nodelift.dev/test"} // so that it is seen while it ends
	return pod
}

func testMarks(t *testing.T, config *rest.Config) {
	ctx, c := within(t), connect(t, config)
	if err := c.Start(ctx); err != nil {
		t.Fatal(err)
	}
	create(t, c, sandboxNode("marked"))
	find := func() upgrade.Node {
		nodes, err := c.Nodes().Nodes(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range nodes {
			if n.Name == "marked" {
				return n
			}
		}
		return upgrade.Node{}
	}
	eventually(t, func() string {
		if n := find(); !n.Ready || n.Instance() != "i-marked" || n.Heartbeat.IsZero() || len(n.Taints) > 0 {
			return "the node is not Ready"
		}
		return ""
	})
	if err := errors.Join(c.Nodes().Mark(ctx, "marked", "shop", allMarks()), c.Nodes().LabelImage(ctx, "marked", "ami-1")); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() string {
		if n := find(); !reflect.DeepEqual(n.Owned, allMarks()) || n.Image != "ami-1" {
			return "the node is not marked"
		}
		return ""
	})
	if err := c.Nodes().Unmark(ctx, "marked", allMarks()); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() string {
		if n := find(); len(n.Marks)+len(n.Owned)+len(n.Taints) > 0 {
			return "the node still has marks"
		}
		return ""
	})
}

func testEvictions(t *testing.T, config *rest.Config) {
	ctx, c := within(t), connect(t, config)
	if err := c.Start(ctx); err != nil {
		t.Fatal(err)
	}
	web := map[string]string{"app": "web"}
	both := map[string]string{"app": "both"}
	selects := func(labels map[string]string) *metav1.LabelSelector {
		return &metav1.LabelSelector{MatchLabels: labels}
	}
	pdb := func(name string, labels map[string]string) *policyv1.PodDisruptionBudget {
		return &policyv1.PodDisruptionBudget{ObjectMeta: in("default", name), Spec: policyv1.PodDisruptionBudgetSpec{
			Selector: selects(labels), MinAvailable: ptr.To(intstr.FromInt32(1)),
		}}
	}
	closing := &corev1.Namespace{ObjectMeta: named("closing")}
	closing.Finalizers = []string{"nodelift.dev/test"}
	create(t, c, sandboxNode("busy"), pdb("web", web), pdb("one", both), pdb("two", both),
		sandboxPod("busy", "free", nil), sandboxPod("busy", "held", web), sandboxPod("busy", "twice", both))

	var all []upgrade.Pod
	eventually(t, func() string {
		o, err := c.Pods().OccupancyNow(ctx, []string{"busy"})
		if err != nil {
			t.Fatal(err)
		}
		all = o.Pods["busy"]
		if len(all) != 3 || !all[0].Ready || !all[1].Ready || !all[2].Ready || o.Budgets["default/web"].Healthy != 1 {
			return "the pods are not Ready"
		}
		return ""
	})
	free, held, twice := all[0], all[1], all[2]
	gone := upgrade.Pod{Namespace: "default", Name: "nobody", UID: "x"}
	replaced := held
	replaced.UID = "11111111-2222-3333-4444-555555555555"

	answers := c.Pods().Evict(ctx, []upgrade.Pod{free, held, twice, gone})
	for i, want := range []upgrade.Outcome{upgrade.Accepted, upgrade.Refused, upgrade.Ambiguous, upgrade.Gone} {
		if answers[i].Outcome != want {
			t.Errorf("eviction %d: %+v, want %s", i, answers[i], want)
		}
	}
	if a := answers[1]; a.Budget != "default/web" || !strings.Contains(a.Message, "needs 1 healthy pods and has 1") {
		t.Errorf("refused: %+v", a)
	}
	// At once, whatever the watch has seen by now.
	o, err := c.Pods().Occupancy(ctx, []string{"busy"})
	if err != nil {
		t.Fatal(err)
	}
	for _, pod := range o.Pods["busy"] {
		if pod.UID == free.UID && pod.Deleting.Before(time.Now().Add(5*time.Minute)) {
			t.Errorf("an evicted pod is shown as deleting at %v", pod.Deleting)
		}
	}
	if err := c.Pods().Delete(ctx, replaced); err != nil {
		t.Errorf("delete of a pod that was replaced: %v", err)
	}
	if pod := get(t, c.live, &corev1.Pod{ObjectMeta: in("default", "held")}); pod.DeletionTimestamp != nil {
		t.Error("a pod was deleted for another of its name")
	}
	if a := c.Pods().Evict(ctx, []upgrade.Pod{{Namespace: "default", Name: "free", UID: replaced.UID}}); a[0].Outcome != upgrade.Gone {
		t.Errorf("eviction of a pod that was replaced: %+v", a[0])
	}
	if err := c.Pods().Delete(ctx, held); err != nil {
		t.Errorf("delete: %v", err)
	}
	testClosing(t, c, closing)
	testGoesWithItsFinalizer(t, c)
}

// An eviction in a namespace that is being deleted is refused.
func testClosing(t *testing.T, c *Cluster, ns *corev1.Namespace) {
	t.Helper()
	ctx := within(t)
	pod := sandboxPod("busy", "late", nil)
	pod.Namespace = ns.Name
	create(t, c, ns, pod)
	if err := c.live.Delete(ctx, ns); err != nil {
		t.Fatal(err)
	}
	late := upgrade.Pod{Namespace: ns.Name, Name: pod.Name, UID: string(pod.UID)}
	eventually(t, func() string {
		if a := c.Pods().Evict(ctx, []upgrade.Pod{late}); a[0].Outcome != upgrade.Closing {
			return "eviction in a closing namespace: " + string(a[0].Outcome) + " " + a[0].Message
		}
		return ""
	})
}

// testGoesWithItsFinalizer removes the finalizers that kept the pods for the checks before.
func testGoesWithItsFinalizer(t *testing.T, c *Cluster) {
	t.Helper()
	var list corev1.PodList
	if err := c.live.List(t.Context(), &list); err != nil {
		t.Fatal(err)
	}
	for i := range list.Items {
		pod := &list.Items[i]
		if len(pod.Finalizers) == 0 {
			continue
		}
		before := pod.DeepCopy()
		pod.Finalizers = nil
		if err := client.IgnoreNotFound(c.live.Patch(t.Context(), pod, client.MergeFrom(before))); err != nil {
			t.Error(err)
		}
	}
}
