package ring

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/nodelift/nodelift/internal/fakekube"
)

// workload is a ReplicaSet with a budget.
type workload struct {
	name     string
	replicas int
	needed   int // Ready pods, by its budget
}

func workloads() []workload { return []workload{{"web", 3, 2}, {"db", 2, 1}} }

func (l workload) labels() map[string]string { return map[string]string{"app": l.name} }

// budget is the workload's disruption budget.
func (l workload) budget() *policyv1.PodDisruptionBudget {
	return &policyv1.PodDisruptionBudget{
		ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceDefault, Name: l.name},
		Spec: policyv1.PodDisruptionBudgetSpec{
			MinAvailable: ptr.To(intstr.FromInt(l.needed)), Selector: &metav1.LabelSelector{MatchLabels: l.labels()},
		},
	}
}

// pods are the workload's pods.
func (l workload) pods(s *fakekube.Server) []*corev1.Pod {
	return slices.DeleteFunc(fakekube.All[*corev1.Pod](s), func(p *corev1.Pod) bool { return p.Labels["app"] != l.name })
}

// controllers are the controllers of workloads and budgets, and the scheduler.
type controllers struct {
	*World
	binding map[types.UID]string // pods, to the nodes that the scheduler has chosen
}

// live lets them do what is due.
func (c controllers) live() {
	if !c.begun() && len(fakekube.All[*corev1.Node](c.kube)) < size {
		return // the pods would all be on the first node
	}
	for _, l := range workloads() {
		c.replicate(l)
		c.keepBudget(l)
	}
	for _, pod := range fakekube.All[*corev1.Pod](c.kube) {
		if pod.Spec.NodeName == "" && pod.DeletionTimestamp == nil {
			c.schedule(pod)
		}
	}
}

// rollout is 1 while somebody replaces a pod of a workload by a newer one.
func (c controllers) rollout(l workload) int {
	if c.dice.fixed("rollout %s %d", l.name, time.Since(c.story.begun)/(30*time.Second)).happens(0.4) {
		return 1
	}
	return 0
}

// replicate creates the pods that are missing, and deletes the oldest one where there are too many
// when all are Ready.
func (c controllers) replicate(l workload) {
	lives, ready := 0, 0
	var oldest *corev1.Pod
	for _, p := range l.pods(c.kube) {
		if p.DeletionTimestamp != nil {
			continue
		}
		lives++
		if isReady(p) {
			ready++
		}
		if oldest == nil || p.CreationTimestamp.Before(&oldest.CreationTimestamp) {
			oldest = p
		}
	}
	if ready > l.replicas && c.rollout(l) == 0 {
		fakekube.Change(c.kube, oldest.Namespace, oldest.Name, func(p *corev1.Pod) {
			p.DeletionTimestamp, p.DeletionGracePeriodSeconds = ptr.To(metav1.NewTime(time.Now().Add(30*time.Second))), ptr.To[int64](30)
		})
	}
	for ; lives < l.replicas+c.rollout(l); lives++ {
		c.must(c.kube.Create(&corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{
				Namespace: metav1.NamespaceDefault, GenerateName: l.name + "-", Labels: l.labels(),
				OwnerReferences: []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "ReplicaSet", Name: l.name, UID: "1", Controller: ptr.To(true)}},
			},
			Spec: corev1.PodSpec{TerminationGracePeriodSeconds: ptr.To[int64](30), Containers: []corev1.Container{{Name: "main", Image: "example.com/" + l.name}}},
		}))
	}
}

// keepBudget keeps the status of a budget, as the disruption controller does: a pod whose eviction
// was accepted does not count any more.
func (c controllers) keepBudget(l workload) {
	budget, _ := fakekube.Find[*policyv1.PodDisruptionBudget](c.kube, metav1.NamespaceDefault, l.name)
	if equality.Semantic.DeepEqual(l.status(budget, l.pods(c.kube)), budget.Status) {
		return
	}
	pods := l.pods(c.kube)
	fakekube.Change(c.kube, metav1.NamespaceDefault, l.name, func(b *policyv1.PodDisruptionBudget) { b.Status = l.status(b, pods) })
}

// status is what the status of a budget should be.
func (l workload) status(b *policyv1.PodDisruptionBudget, pods []*corev1.Pod) policyv1.PodDisruptionBudgetStatus {
	disrupted := map[string]metav1.Time{}
	healthy := 0
	for _, p := range pods {
		at, evicted := b.Status.DisruptedPods[p.Name]
		if evicted && p.DeletionTimestamp == nil && time.Since(at.Time) < 2*time.Minute {
			disrupted[p.Name] = at
		}
		if !evicted && p.DeletionTimestamp == nil && isReady(p) {
			healthy++
		}
	}
	return policyv1.PodDisruptionBudgetStatus{
		ObservedGeneration: b.Generation, DisruptedPods: disrupted, CurrentHealthy: int32(healthy),
		DesiredHealthy: int32(l.needed), ExpectedPods: int32(l.replicas), DisruptionsAllowed: max(0, int32(healthy-l.needed)),
	}
}

// schedule chooses the node with the fewest pods, if there is one, for a pod, and binds the pod to it
// a moment later, whatever has happened to the node meanwhile.
func (c controllers) schedule(pod *corev1.Pod) {
	if chosen, ok := c.binding[pod.UID]; ok {
		delete(c.binding, pod.UID)
		fakekube.Change(c.kube, pod.Namespace, pod.Name, func(p *corev1.Pod) {
			p.Spec.NodeName = chosen
			p.Status.StartTime = ptr.To(metav1.Now())
		})
		return
	}
	load := map[string]int{}
	for _, p := range fakekube.All[*corev1.Pod](c.kube) {
		load[p.Spec.NodeName]++
	}
	best := ""
	for _, node := range fakekube.All[*corev1.Node](c.kube) {
		if takesPods(node) && (best == "" || load[node.Name] < load[best]) {
			best = node.Name
		}
	}
	if best != "" {
		c.binding[pod.UID] = best
	}
}

func takesPods(node *corev1.Node) bool {
	return !node.Spec.Unschedulable && !slices.ContainsFunc(node.Spec.Taints, func(t corev1.Taint) bool { return t.Effect == corev1.TaintEffectNoSchedule })
}

func isReady(pod *corev1.Pod) bool {
	return slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}
