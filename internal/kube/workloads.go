package kube

import (
	"context"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// fieldWorkload finds pods by the kind and name of their workload.
const fieldWorkload = "metadata.workload"

// labelTemplateHash is the label of a Deployment's pods with which the name of their
// ReplicaSet ends.
const labelTemplateHash = "pod-template-hash"

// workloads implements upgrade.Workloads. Everything that it needs is in the pods, which
// are watched anyway.
type workloads struct{ watched client.Reader }

func (w *workloads) On(ctx context.Context, nodes []string) ([]string, error) {
	var names []string
	for _, node := range nodes {
		list, err := podsOn(ctx, w.watched, node)
		if err != nil {
			return nil, err
		}
		for i := range list {
			if name := workloadOf(&list[i]); name != "" && lives(&list[i]) {
				names = append(names, titleOf(list[i].Namespace, name))
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

func (w *workloads) Health(ctx context.Context, names []string) (map[string]upgrade.WorkloadHealth, error) {
	found := make(map[string]upgrade.WorkloadHealth, len(names))
	for _, name := range names {
		kind, id, _ := strings.Cut(name, " ")
		namespace, own, _ := strings.Cut(id, "/")
		var list corev1.PodList
		err := w.watched.List(ctx, &list, client.InNamespace(namespace), client.MatchingFields{fieldWorkload: kind + " " + own}, client.UnsafeDisableDeepCopy)
		if err != nil {
			return nil, explain(err, "list the pods of %s", name)
		}
		found[name] = healthOf(list.Items)
	}
	return found, nil
}

// healthOf counts how many pods are Ready, without those that have ended or are being
// deleted.
func healthOf(pods []corev1.Pod) upgrade.WorkloadHealth {
	var h upgrade.WorkloadHealth
	for i := range pods {
		switch pod := &pods[i]; {
		case !lives(pod):
		case isReady(pod):
			h.Ready++
		default:
			h.Unready = append(h.Unready, upgrade.UnreadyPod{Name: pod.Namespace + "/" + pod.Name, Node: pod.Spec.NodeName, Since: unreadySince(pod), Why: whyUnready(pod)})
		}
	}
	return h
}

// lives reports whether a pod has not ended and is not being deleted.
func lives(pod *corev1.Pod) bool {
	ended := pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
	return pod.DeletionTimestamp == nil && !ended
}

// unreadySince is when a pod that is not Ready was created or, if later, when it stopped
// being Ready.
func unreadySince(pod *corev1.Pod) time.Time {
	since := pod.CreationTimestamp.Time
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodReady && c.LastTransitionTime.After(since) {
			since = c.LastTransitionTime.Time
		}
	}
	return since
}

// mostWords is how many bytes of a kubelet's message are told: that of an image that cannot be pulled is long.
const mostWords = 200

// whyUnready is what the scheduler says of a pod without a node, or the kubelet of the first container that waits
// for something, "" if neither says anything.
func whyUnready(pod *corev1.Pod) string {
	if why := unschedulable(pod); why != "" {
		return why
	}
	for _, c := range slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses) {
		if w := c.State.Waiting; w != nil && w.Message != "" {
			return text.Shorten(w.Reason+": "+w.Message, mostWords)
		}
	}
	return ""
}

// workloadOf returns the kind and name of the controller that recreates a pod, "" if none
// does. For a ReplicaSet of a Deployment it is the Deployment, which makes another
// ReplicaSet when its pods change.
func workloadOf(pod *corev1.Pod) string {
	owner := metav1.GetControllerOf(pod)
	switch {
	case owner == nil, owner.Kind == "Node": // a static pod's mirror
		return ""
	case owner.Kind == "ReplicaSet":
		if name, cut := strings.CutSuffix(owner.Name, "-"+pod.Labels[labelTemplateHash]); cut {
			return "Deployment " + name
		}
	}
	return owner.Kind + " " + owner.Name
}

func titleOf(namespace, workload string) string {
	kind, name, _ := strings.Cut(workload, " ")
	return kind + " " + namespace + "/" + name
}

func workloadOfPod(o client.Object) []string {
	if pod, ok := o.(*corev1.Pod); ok {
		if name := workloadOf(pod); name != "" {
			return []string{name}
		}
	}
	return nil
}
