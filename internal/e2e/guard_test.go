package e2e

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

// guard watches the cluster while somebody upgrades it, and notes what breaks a
// promise: a budget with fewer healthy pods than it asks for, fewer nodes that
// can be used than there were, a pod that was on a machine which was shut down.
type guard struct {
	w     *world
	least int // nodes

	mu     sync.Mutex
	nodes  map[string]bool // that can be used
	broken []string
}

// guarded starts a guard, which reports at the end of the test.
func (w *world) guarded() *guard {
	w.t.Helper()
	g := &guard{w: w, nodes: map[string]bool{}}
	config, err := clientcmd.BuildConfigFromFlags("", value(w.env, "KUBECONFIG"))
	w.check(err)
	set, err := kubernetes.NewForConfig(config)
	w.check(err)
	factory := informers.NewSharedInformerFactory(set, 0)
	for informer, look := range map[cache.SharedIndexInformer]func(any, bool){
		factory.Core().V1().Nodes().Informer():                  g.node,
		factory.Core().V1().Pods().Informer():                   g.pod,
		factory.Policy().V1().PodDisruptionBudgets().Informer(): g.budget,
	} {
		_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
			AddFunc:    func(object any) { look(object, true) },
			UpdateFunc: func(_, object any) { look(object, true) },
			DeleteFunc: func(object any) { look(object, false) },
		})
		w.check(err)
	}
	factory.Start(w.ctx().Done())
	factory.WaitForCacheSync(w.ctx().Done())
	w.eventually("the guard sees all nodes", func() bool {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.least = len(g.nodes)
		return g.least == len(w.nodes())
	})
	return g
}

// verdict fails the test if a promise was broken.
func (g *guard) verdict() {
	g.w.t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, broken := range g.broken {
		g.w.t.Errorf("promise broken: %s", broken)
	}
	for _, request := range g.w.audit() {
		if request.Verb == "delete" && request.Object.Resource == "pods" {
			g.w.t.Errorf("promise broken: pod %s/%s was deleted, not evicted", request.Object.Namespace, request.Object.Name)
		}
	}
}

func (g *guard) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !slices.Contains(g.broken, text) {
		g.broken = append(g.broken, text)
		g.w.t.Logf("%s promise broken: %s", time.Now().Format(time.TimeOnly), text)
	}
}

// node holds that as many nodes can be used as at the beginning.
func (g *guard) node(object any, there bool) {
	node, ok := object.(*corev1.Node)
	if !ok {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.nodes, node.Name)
	if there && !node.Spec.Unschedulable && node.DeletionTimestamp == nil && slices.ContainsFunc(node.Status.Conditions, func(c corev1.NodeCondition) bool {
		return c.Type == corev1.NodeReady && c.Status == corev1.ConditionTrue
	}) {
		g.nodes[node.Name] = true
	}
	if len(g.nodes) < g.least {
		g.note("%d nodes can be used, there were %d (%s)", len(g.nodes), g.least, node.Name)
	}
}

// pod holds that no machine is shut down under a pod that would have had to move.
func (g *guard) pod(object any, there bool) {
	pod, ok := object.(*corev1.Pod)
	if !ok || !there || slices.ContainsFunc(pod.OwnerReferences, func(o metav1.OwnerReference) bool { return o.Kind == "DaemonSet" }) {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodReady && condition.Reason == "NodeShutdown" {
			g.note("pod %s/%s was on %s when that was shut down", pod.Namespace, pod.Name, pod.Spec.NodeName)
		}
	}
}

// budget holds that there are as many healthy pods as a budget asks for.
func (g *guard) budget(object any, there bool) {
	budget, ok := object.(*policyv1.PodDisruptionBudget)
	if !ok || !there {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if s := budget.Status; s.CurrentHealthy < s.DesiredHealthy {
		g.note("budget %s/%s needs %d healthy pods and has %d", budget.Namespace, budget.Name, s.DesiredHealthy, s.CurrentHealthy)
	}
}

// The guard notes what it is there for.
func TestGuard(t *testing.T) {
	node := func(ready corev1.ConditionStatus, cordoned bool) *corev1.Node {
		return &corev1.Node{
			ObjectMeta: metav1.ObjectMeta{Name: "n"}, Spec: corev1.NodeSpec{Unschedulable: cordoned},
			Status: corev1.NodeStatus{Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: ready}}},
		}
	}
	pod := func(reason, owner string) *corev1.Pod {
		return &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{OwnerReferences: []metav1.OwnerReference{{Kind: owner}}},
			Status:     corev1.PodStatus{Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Reason: reason}}},
		}
	}
	budget := func(healthy, needed int32) *policyv1.PodDisruptionBudget {
		return &policyv1.PodDisruptionBudget{Status: policyv1.PodDisruptionBudgetStatus{CurrentHealthy: healthy, DesiredHealthy: needed}}
	}
	for name, test := range map[string]struct {
		look   func(*guard)
		broken bool
	}{
		"a node is cordoned":      {func(g *guard) { g.node(node(corev1.ConditionTrue, true), true) }, true},
		"a node is not ready":     {func(g *guard) { g.node(node(corev1.ConditionUnknown, false), true) }, true},
		"a node goes":             {func(g *guard) { g.node(node(corev1.ConditionTrue, false), false) }, true},
		"a node is fine":          {func(g *guard) { g.node(node(corev1.ConditionTrue, false), true) }, false},
		"a pod is shut down":      {func(g *guard) { g.pod(pod("NodeShutdown", "ReplicaSet"), true) }, true},
		"a daemon is shut down":   {func(g *guard) { g.pod(pod("NodeShutdown", "DaemonSet"), true) }, false},
		"a pod ends":              {func(g *guard) { g.pod(pod("PodFailed", "ReplicaSet"), true) }, false},
		"a budget lacks a pod":    {func(g *guard) { g.budget(budget(1, 2), true) }, true},
		"a budget has what it is": {func(g *guard) { g.budget(budget(2, 2), true) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			g := &guard{w: &world{t: t}, least: 1, nodes: map[string]bool{"n": true}}
			test.look(g)
			if got := len(g.broken) > 0; got != test.broken {
				t.Errorf("noted %q", g.broken)
			}
		})
	}
}
