package kube

import (
	"context"
	"slices"
	"strings"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// nodes implements upgrade.Nodes.
type nodes struct {
	watched client.Reader
	live    client.Client
}

func (n *nodes) Nodes(ctx context.Context) ([]upgrade.Node, error) {
	var list corev1.NodeList
	if err := n.watched.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
		return nil, explain(err, "list nodes")
	}
	beats, err := n.heartbeats(ctx)
	if err != nil {
		return nil, err
	}
	controlled, err := n.controlled(ctx)
	if err != nil {
		return nil, err
	}
	result := make([]upgrade.Node, 0, len(list.Items))
	for i := range list.Items {
		node := nodeOf(&list.Items[i], beats[list.Items[i].Name])
		node.Controller = controlled[node.Name]
		result = append(result, node)
	}
	return result, nil
}

func (n *nodes) Joined(ctx context.Context, instances []string) (map[string]string, error) {
	var list corev1.NodeList
	if err := n.live.List(ctx, &list); err != nil {
		return nil, explain(err, "list nodes")
	}
	joined := map[string]string{}
	for i := range list.Items {
		node := nodeOf(&list.Items[i], time.Time{})
		if id := node.Instance(); id != "" && slices.Contains(instances, id) {
			joined[id] = node.Name
		}
	}
	return joined, nil
}

// controlled returns the names of the nodes on which pods of the controller itself run. A
// pod that is terminating does not count.
func (n *nodes) controlled(ctx context.Context) (map[string]bool, error) {
	var list corev1.PodList
	err := n.watched.List(ctx, &list, client.InNamespace(v1alpha1.Namespace),
		client.MatchingLabels{v1alpha1.LabelName: v1alpha1.ControllerName}, client.UnsafeDisableDeepCopy)
	if err != nil {
		return nil, explain(err, "list pods in namespace %s", v1alpha1.Namespace)
	}
	names := map[string]bool{}
	for i := range list.Items {
		pod := podOf(&list.Items[i])
		if pod.Node != "" && pod.Deleting.IsZero() && !pod.Finished && !pod.Stays {
			names[pod.Node] = true
		}
	}
	return names, nil
}

// heartbeats returns when each kubelet last renewed its Lease, by node name.
func (n *nodes) heartbeats(ctx context.Context) (map[string]time.Time, error) {
	var list coordinationv1.LeaseList
	err := n.watched.List(ctx, &list, client.InNamespace(corev1.NamespaceNodeLease), client.UnsafeDisableDeepCopy)
	if err != nil {
		return nil, explain(err, "list leases in namespace %s", corev1.NamespaceNodeLease)
	}
	beats := make(map[string]time.Time, len(list.Items))
	for i := range list.Items {
		if renewed := list.Items[i].Spec.RenewTime; renewed != nil {
			beats[list.Items[i].Name] = renewed.Time
		}
	}
	return beats, nil
}

// nodeOf translates a node. lease is when its kubelet last renewed its Lease, zero if it
// has none.
func nodeOf(node *corev1.Node, lease time.Time) upgrade.Node {
	ready := readyCondition(node)
	return upgrade.Node{
		Name:              node.Name,
		Provider:          node.Spec.ProviderID,
		Image:             node.Labels[upgrade.LabelImage],
		Created:           node.CreationTimestamp.Time,
		Ready:             ready.Status == corev1.ConditionTrue,
		ReadySince:        ready.LastTransitionTime.Time,
		Heartbeat:         later(lease, ready.LastHeartbeatTime.Time),
		Taints:            taintsOf(node, ready.Status == corev1.ConditionTrue),
		ExtendedResources: extendedOf(node),
		Marks:             marksOn(node),
		Owned:             ownedOn(node),
		Owner:             node.Annotations[upgrade.AnnotationOwner],
		OS:                node.Status.NodeInfo.OSImage,
		Kubelet:           node.Status.NodeInfo.KubeletVersion,
	}
}

// readyCondition returns the condition of type Ready. A node without one is not Ready.
func readyCondition(node *corev1.Node) corev1.NodeCondition {
	for _, c := range node.Status.Conditions {
		if c.Type == corev1.NodeReady {
			return c
		}
	}
	return corev1.NodeCondition{}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// taintsOf returns the taints that keep pods away, except those that another field stands
// for: our own and the cordon are marks, and a node that is not Ready has taints for that.
// On a Ready node such a taint does count: the node lifecycle controller removes it a
// moment later, and no pod can run there until then.
func taintsOf(node *corev1.Node, ready bool) []string {
	var taints []string
	for _, t := range node.Spec.Taints {
		switch {
		case t.Effect == corev1.TaintEffectPreferNoSchedule, isOurTaint(t), t.Key == corev1.TaintNodeUnschedulable:
		case !ready && (t.Key == corev1.TaintNodeNotReady || t.Key == corev1.TaintNodeUnreachable):
		default:
			taints = append(taints, t.Key+"="+t.Value+":"+string(t.Effect))
		}
	}
	slices.Sort(taints)
	return taints
}

// extendedOf returns the resources that the node offers beyond what every node has: those
// of device plugins, under a domain that is not Kubernetes' own.
func extendedOf(node *corev1.Node) []string {
	var names []string
	for name, quantity := range node.Status.Allocatable {
		domain, _, qualified := strings.Cut(string(name), "/")
		if qualified && domain != "kubernetes.io" && !strings.HasSuffix(domain, ".kubernetes.io") && !quantity.IsZero() {
			names = append(names, string(name))
		}
	}
	slices.Sort(names)
	return names
}
