package kube

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

func at(minute int) time.Time { return time.Date(2026, 11, 22, 10, minute, 0, 0, time.UTC) }

func condition(kind corev1.NodeConditionType, status corev1.ConditionStatus) corev1.NodeCondition {
	return corev1.NodeCondition{
		Type: kind, Status: status, LastTransitionTime: metav1.NewTime(at(1)), LastHeartbeatTime: metav1.NewTime(at(2)),
	}
}

func TestNodeInTheEnginesWords(t *testing.T) {
	meta := named("ip-10-0-0-1")
	meta.CreationTimestamp = metav1.NewTime(at(0))
	meta.Labels = map[string]string{upgrade.LabelImage: "ami-1", upgrade.LabelExclude: "yes"}
	meta.Annotations = map[string]string{upgrade.AnnotationOwned: "cordon,taint", upgrade.AnnotationOwner: "shop"}
	node := &corev1.Node{
		ObjectMeta: meta,
		Spec: corev1.NodeSpec{ProviderID: "aws:///us-west-2a/i-1", Taints: []corev1.Taint{
			{Key: upgrade.TaintKey, Value: upgrade.TaintValue, Effect: corev1.TaintEffectNoSchedule},
			{Key: "gpu", Value: "yes", Effect: corev1.TaintEffectNoExecute},
			{Key: "nicer-elsewhere", Effect: corev1.TaintEffectPreferNoSchedule},
		}},
		Status: corev1.NodeStatus{
			Allocatable: corev1.ResourceList{
				corev1.ResourceCPU: resource.MustParse("4"), "nvidia.com/gpu": resource.MustParse("1"),
				"vpc.amazonaws.com/pod-eni": resource.MustParse("0"), "hugepages-2Mi": resource.MustParse("1Gi"),
			},
			Conditions: []corev1.NodeCondition{
				condition(corev1.NodeReady, corev1.ConditionTrue),
				condition(corev1.NodeMemoryPressure, corev1.ConditionFalse), // the last one, as in real lists
			},
		},
	}
	want := upgrade.Node{
		Name: "ip-10-0-0-1", Provider: "aws:///us-west-2a/i-1", Image: "ami-1", Created: at(0),
		Ready: true, ReadySince: at(1), Heartbeat: at(3),
		Taints: []string{"gpu=yes:NoExecute"}, ExtendedResources: []string{"nvidia.com/gpu"},
		Marks: []upgrade.Mark{upgrade.MarkTaint, upgrade.MarkExclude},
		Owned: []upgrade.Mark{upgrade.MarkTaint}, // the cordon is noted, but somebody has taken it off
		Owner: "shop",
	}
	renewed := metav1.NewMicroTime(at(3))
	live := clusterWith(t, node, &coordinationv1.Lease{
		ObjectMeta: in(corev1.NamespaceNodeLease, node.Name), Spec: coordinationv1.LeaseSpec{RenewTime: &renewed},
	})
	got, err := (&nodes{watched: live, live: live}).Nodes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]upgrade.Node{want}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestTaintsThatKeepPodsOff(t *testing.T) {
	notReady := corev1.Taint{Key: corev1.TaintNodeNotReady, Effect: corev1.TaintEffectNoSchedule}
	unreachable := corev1.Taint{Key: corev1.TaintNodeUnreachable, Effect: corev1.TaintEffectNoExecute}
	for name, tc := range map[string]struct {
		ready  corev1.ConditionStatus
		taints []corev1.Taint
		want   []string
	}{
		"a node that is not Ready is tainted for it": {corev1.ConditionFalse, []corev1.Taint{notReady}, nil},
		"so is one that cannot be reached":           {corev1.ConditionUnknown, []corev1.Taint{unreachable}, nil},
		"a Ready node that still has the taint takes no pods": {
			corev1.ConditionTrue, []corev1.Taint{notReady}, []string{"node.kubernetes.io/not-ready=:NoSchedule"},
		},
		"the cordon is a mark": {
			corev1.ConditionTrue, []corev1.Taint{{Key: corev1.TaintNodeUnschedulable, Effect: corev1.TaintEffectNoSchedule}}, nil,
		},
		"pressure counts": {
			corev1.ConditionTrue, []corev1.Taint{{Key: corev1.TaintNodeDiskPressure, Effect: corev1.TaintEffectNoSchedule}},
			[]string{"node.kubernetes.io/disk-pressure=:NoSchedule"},
		},
		"so do start-up taints": {
			corev1.ConditionTrue, []corev1.Taint{{Key: "ebs.csi.aws.com/agent-not-ready", Effect: corev1.TaintEffectNoExecute}},
			[]string{"ebs.csi.aws.com/agent-not-ready=:NoExecute"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			node := &corev1.Node{Spec: corev1.NodeSpec{Taints: tc.taints}}
			node.Status.Conditions = []corev1.NodeCondition{condition(corev1.NodeReady, tc.ready)}
			if diff := cmp.Diff(tc.want, nodeOf(node, time.Time{}).Taints); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// A node hosts the controller while one of its pods runs there and does not end.
func TestNodeWithController(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*corev1.Pod)
		want   bool
	}{
		"a pod of it":              {func(*corev1.Pod) {}, true},
		"of another namespace":     {func(p *corev1.Pod) { p.Namespace = "shop" }, false},
		"of something else":        {func(p *corev1.Pod) { p.Labels = map[string]string{v1alpha1.LabelName: "other"} }, false},
		"on another node":          {func(p *corev1.Pod) { p.Spec.NodeName = "other" }, false},
		"without a node":           {func(p *corev1.Pod) { p.Spec.NodeName = "" }, false},
		"that has finished":        {func(p *corev1.Pod) { p.Status.Phase = corev1.PodFailed }, false},
		"that is being deleted":    {func(p *corev1.Pod) { now := metav1.Now(); p.DeletionTimestamp, p.Finalizers = &now, []string{"x"} }, false},
		"that does not run yet":    {func(p *corev1.Pod) { p.Status.Phase = corev1.PodPending }, true},
		"of a DaemonSet of theirs": {func(p *corev1.Pod) { p.OwnerReferences = ownedBy("DaemonSet") }, false},
	} {
		t.Run(name, func(t *testing.T) {
			pod := podOn("node", "nodelift-1", func(p *corev1.Pod) {
				p.Namespace, p.Labels = v1alpha1.Namespace, map[string]string{v1alpha1.LabelName: v1alpha1.ControllerName}
				tc.change(p)
			})
			live := clusterWith(t, &corev1.Node{ObjectMeta: named("node")}, pod)
			got, err := (&nodes{watched: live, live: live}).Nodes(t.Context())
			if err != nil || len(got) != 1 || got[0].Controller != tc.want {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}
