package kube

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// The annotations with which pods ask not to be evicted.
const (
	annotationSafeToEvict  = "cluster-autoscaler.kubernetes.io/safe-to-evict"
	annotationDoNotDisrupt = "karpenter.sh/do-not-disrupt"
)

// podOf translates what the pod object itself says.
func podOf(pod *corev1.Pod) upgrade.Pod {
	result := upgrade.Pod{
		Namespace:  pod.Namespace,
		Name:       pod.Name,
		UID:        string(pod.UID),
		Node:       pod.Spec.NodeName,
		Owner:      ownerOf(pod),
		Created:    pod.CreationTimestamp.Time,
		Ready:      isReady(pod),
		Pending:    pod.Status.Phase == corev1.PodPending,
		Finished:   pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed,
		Stays:      staysOn(pod),
		Grace:      graceOf(pod),
		Finalizers: slices.Clone(pod.Finalizers),
		Tolerates:  toleration(pod),
		Keep:       keepOf(pod),
		LocalData:  slices.ContainsFunc(pod.Spec.Volumes, isLocal),
		Claims:     claimsOf(pod),

		Unschedulable: unschedulable(pod),
	}
	if pod.DeletionTimestamp != nil {
		result.Deleting = pod.DeletionTimestamp.Time // for pods this includes the grace period
	}
	return result
}

// keepOf returns the annotation with which a pod asks Cluster Autoscaler or Karpenter not
// to evict it, "" if it has none.
func keepOf(pod *corev1.Pod) string {
	for _, ask := range [][2]string{{annotationSafeToEvict, "false"}, {annotationDoNotDisrupt, "true"}} {
		if pod.Annotations[ask[0]] == ask[1] {
			return ask[0] + "=" + ask[1]
		}
	}
	return ""
}

// unschedulable returns what the scheduler says about a pod for which it has found no node,
// "" for any other pod. What it says about preemption and devices after the reasons is cut
// off.
func unschedulable(pod *corev1.Pod) string {
	if pod.Spec.NodeName != "" || pod.DeletionTimestamp != nil {
		return ""
	}
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse && c.Reason == corev1.PodReasonUnschedulable {
			words, _, _ := strings.Cut(c.Message, " preemption: ")
			words, _, _ = strings.Cut(words, " no new claims to deallocate")
			return cmp.Or(strings.TrimRight(words, ". ,"), c.Reason)
		}
	}
	return ""
}

func ownerOf(pod *corev1.Pod) string {
	if owner := metav1.GetControllerOf(pod); owner != nil {
		return owner.Kind + "/" + owner.Name
	}
	return ""
}

func isReady(pod *corev1.Pod) bool {
	return slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}

// staysOn reports whether a pod belongs to its node: the mirror of a static pod, or the pod
// of a DaemonSet, which would be created again on the node at once.
func staysOn(pod *corev1.Pod) bool {
	if _, mirror := pod.Annotations[corev1.MirrorPodAnnotationKey]; mirror {
		return true
	}
	owner := metav1.GetControllerOf(pod)
	return owner != nil && owner.Kind == "DaemonSet"
}

// graceOf returns the pod's grace period or, if it is terminating, the one with which it
// was deleted.
func graceOf(pod *corev1.Pod) time.Duration {
	for _, seconds := range []*int64{pod.DeletionGracePeriodSeconds, pod.Spec.TerminationGracePeriodSeconds} {
		if seconds != nil {
			return time.Duration(*seconds) * time.Second
		}
	}
	return corev1.DefaultTerminationGracePeriodSeconds * time.Second
}

// toleration returns the first toleration that lets a pod onto a node with the taint of
// outdated nodes.
func toleration(pod *corev1.Pod) string {
	for _, t := range pod.Spec.Tolerations {
		switch {
		case t.Effect != "" && t.Effect != corev1.TaintEffectNoSchedule:
		case t.Key == "" && t.Operator == corev1.TolerationOpExists:
			return "every taint"
		case t.Key != upgrade.TaintKey:
		case t.Operator == corev1.TolerationOpExists:
			return t.Key
		case t.Value == upgrade.TaintValue:
			return fmt.Sprintf("%s=%s", t.Key, t.Value)
		}
	}
	return ""
}

// isLocal reports whether the data of a volume is on the node and lost with it.
func isLocal(v corev1.Volume) bool {
	if v.EmptyDir != nil {
		return true
	}
	if v.HostPath == nil || v.HostPath.Type == nil {
		return v.HostPath != nil
	}
	switch *v.HostPath.Type {
	case corev1.HostPathSocket, corev1.HostPathCharDev, corev1.HostPathBlockDev:
		return false // something of the node's, not data
	default:
		return true
	}
}

// claimsOf returns the claims of a pod's volumes. The claim of a generic ephemeral volume
// is named after pod and volume.
func claimsOf(pod *corev1.Pod) []string {
	var claims []string
	for _, v := range pod.Spec.Volumes {
		switch {
		case v.PersistentVolumeClaim != nil:
			claims = append(claims, pod.Namespace+"/"+v.PersistentVolumeClaim.ClaimName)
		case v.Ephemeral != nil:
			claims = append(claims, pod.Namespace+"/"+pod.Name+"-"+v.Name)
		}
	}
	return claims
}
