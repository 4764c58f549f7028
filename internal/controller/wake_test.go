package controller

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// What an update is woken for that drains node a, where shop/web-0 is held.
func TestWhatItIsWorthBeingWokenFor(t *testing.T) {
	i := interestOf(upgrade.Run{Drains: []upgrade.Drain{{Node: "a", Blocked: []upgrade.BlockedPod{{Pod: "shop/web-0"}}}}})
	pod := func(node string, change func(*corev1.Pod)) *corev1.Pod {
		p := &corev1.Pod{Spec: corev1.PodSpec{NodeName: node}}
		change(p)
		return p
	}
	running := func(*corev1.Pod) {}
	ending := func(p *corev1.Pod) { now := metav1.Now(); p.DeletionTimestamp = &now }
	finished := func(p *corev1.Pod) { p.Status.Phase = corev1.PodSucceeded }
	noticed := func(p *corev1.Pod) { p.Status.Message = "still here" }
	node := func(change func(*corev1.Node)) *corev1.Node {
		n := &corev1.Node{}
		change(n)
		return n
	}
	plain := func(*corev1.Node) {}
	ready := func(n *corev1.Node) {
		n.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}}
	}
	beat := func(n *corev1.Node) { n.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeDiskPressure}} }
	cordoned := func(n *corev1.Node) { n.Spec.Unschedulable = true }
	tainted := func(n *corev1.Node) { n.Spec.Taints = []corev1.Taint{{Key: "x"}} }
	marked := func(n *corev1.Node) {
		n.Spec.Taints = []corev1.Taint{{Key: upgrade.TaintKey}, {Key: corev1.TaintNodeUnschedulable}}
	}
	budget := func(namespace string, allowed int32) *policyv1.PodDisruptionBudget {
		b := &policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Namespace: namespace}}
		b.Status.DisruptionsAllowed = allowed
		return b
	}
	attached := func(node string) *storagev1.VolumeAttachment {
		return &storagev1.VolumeAttachment{Spec: storagev1.VolumeAttachmentSpec{NodeName: node}}
	}
	for name, tc := range map[string]struct{ got, want bool }{
		"a pod of a node in flight is gone":                 {podMatters(i, pod("a", running), nil), true},
		"it begins to end":                                  {podMatters(i, pod("a", running), pod("a", ending)), false},
		"it has finished":                                   {podMatters(i, pod("a", running), pod("a", finished)), true},
		"a pod comes to a node in flight":                   {podMatters(i, nil, pod("a", running)), true},
		"its kubelet says something about it":               {podMatters(i, pod("a", running), pod("a", noticed)), false},
		"a pod of another node is gone":                     {podMatters(i, pod("b", running), nil), false},
		"a pod comes to another node":                       {podMatters(i, nil, pod("b", running)), false},
		"a node comes":                                      {nodeMatters(i, nil, node(plain)), true},
		"a node goes":                                       {nodeMatters(i, node(plain), nil), true},
		"a node becomes Ready":                              {nodeMatters(i, node(plain), node(ready)), true},
		"a node is cordoned":                                {nodeMatters(i, node(plain), node(cordoned)), false},
		"a node is tainted":                                 {nodeMatters(i, node(plain), node(tainted)), true},
		"a node is tainted by us":                           {nodeMatters(i, node(plain), node(marked)), false},
		"a node has a heartbeat":                            {nodeMatters(i, node(plain), node(beat)), false},
		"a budget in a blocked pod's namespace allows more": {budgetMatters(i, budget("shop", 0), budget("shop", 1)), true},
		"a budget in a blocked pod's namespace is gone":     {budgetMatters(i, budget("shop", 0), nil), true},
		"it allows less":                                    {budgetMatters(i, budget("shop", 1), budget("shop", 0)), false},
		"a budget of another namespace":                     {budgetMatters(i, budget("bank", 0), budget("bank", 1)), false},
		"a volume leaves a node in flight":                  {volumeMatters(i, attached("a"), nil), true},
		"a volume leaves another node":                      {volumeMatters(i, attached("b"), nil), false},
		"a volume comes to a node in flight":                {volumeMatters(i, nil, attached("a")), false},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.got != tc.want {
				t.Errorf("matters: %t", tc.got)
			}
		})
	}
}
