package ring

import (
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/nodelift/nodelift/internal/fakeaws"
	"github.com/nodelift/nodelift/internal/fakekube"
)

// beatEvery is how often a kubelet renews its Lease. A real one does so every 10 s.
const beatEvery = 40 * time.Second

// kubelets are the kubelets of all instances, and what removes nodes and pods of instances that are
// gone.
type kubelets struct{ *World }

// live lets the kubelets do what is due.
func (k kubelets) live() {
	running := map[string]bool{}
	for _, i := range k.cloud.Instances() {
		if i.State == fakeaws.StateRunning {
			running[nodeName(i)] = true
			k.join(i)
		}
	}
	for _, node := range fakekube.All[*corev1.Node](k.kube) {
		if running[node.Name] {
			k.beat(node.Name)
			continue
		}
		k.kube.Remove(node)
		if lease, ok := fakekube.Find[*coordinationv1.Lease](k.kube, corev1.NamespaceNodeLease, node.Name); ok {
			k.kube.Remove(lease)
		}
	}
	for _, pod := range fakekube.All[*corev1.Pod](k.kube) {
		k.care(pod, running[pod.Spec.NodeName])
	}
}

// join makes a node of an instance that has been running for long enough.
func (k kubelets) join(i fakeaws.Instance) {
	_, joined := fakekube.Find[*corev1.Node](k.kube, "", nodeName(i))
	if joined || time.Since(i.Launched) < k.dice.fixed("join %s", i.ID).between(20*time.Second, 70*time.Second) {
		return
	}
	all := corev1.ResourceList{
		corev1.ResourceCPU: resource.MustParse("4"), corev1.ResourceMemory: resource.MustParse("16Gi"), corev1.ResourcePods: resource.MustParse("58"),
	}
	now := metav1.Now()
	node := &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: nodeName(i), Labels: map[string]string{corev1.LabelTopologyZone: i.Zone, corev1.LabelHostname: nodeName(i)}},
		Spec:       corev1.NodeSpec{ProviderID: "aws:///" + i.Zone + "/" + i.ID},
		Status: corev1.NodeStatus{Allocatable: all, Capacity: all, Conditions: []corev1.NodeCondition{
			{Type: corev1.NodeReady, Status: corev1.ConditionTrue, LastHeartbeatTime: now, LastTransitionTime: now},
		}},
	}
	k.must(k.kube.Create(node))
	k.must(k.kube.Create(&coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Namespace: corev1.NamespaceNodeLease, Name: node.Name},
		Spec:       coordinationv1.LeaseSpec{RenewTime: ptr.To(metav1.NowMicro())},
	}))
}

func (k kubelets) beat(node string) {
	lease, ok := fakekube.Find[*coordinationv1.Lease](k.kube, corev1.NamespaceNodeLease, node)
	if !ok || time.Since(lease.Spec.RenewTime.Time) < beatEvery {
		return
	}
	fakekube.Change(k.kube, corev1.NamespaceNodeLease, node, func(l *coordinationv1.Lease) { l.Spec.RenewTime = ptr.To(metav1.NowMicro()) })
}

// care starts and stops a pod. One whose node is gone goes, too.
func (k kubelets) care(pod *corev1.Pod, running bool) {
	takes := k.dice.fixed("pod %s", pod.UID)
	starts, stops := takes.between(2*time.Second, 20*time.Second), takes.between(time.Second, 25*time.Second)
	switch {
	case pod.Spec.NodeName == "":
	case !running:
		k.kube.Remove(pod)
	case pod.DeletionTimestamp != nil:
		asked := pod.DeletionTimestamp.Add(-time.Duration(ptr.Deref(pod.DeletionGracePeriodSeconds, 0)) * time.Second)
		if time.Since(asked) >= stops {
			k.kube.Remove(pod)
		}
	case pod.Status.Phase == corev1.PodPending && time.Since(pod.Status.StartTime.Time) >= starts:
		fakekube.Change(k.kube, pod.Namespace, pod.Name, func(p *corev1.Pod) {
			p.Status.Phase = corev1.PodRunning
			p.Status.Conditions = append(p.Status.Conditions, corev1.PodCondition{Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: metav1.Now()})
		})
	}
}

func nodeName(i fakeaws.Instance) string { return i.PrivateDNS }
