package e2e

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/fakeaws"
)

// isClean fails the test unless everything that an upgrade borrows has been
// given back: promise 5.
func (w *world) isClean() {
	w.t.Helper()
	w.isCleanWith(3)
}

// isCleanWith is isClean for a group of another size.
func (w *world) isCleanWith(nodes int32) {
	w.t.Helper()
	w.sizesAre(nodes, nodes)
	w.isCleanButSizes()
}

// isCleanButSizes is isClean for a group whose sizes are what they are.
func (w *world) isCleanButSizes() {
	w.t.Helper()
	w.eventually("nodes without instances are gone", func() bool {
		return !slices.ContainsFunc(w.nodes(), func(n corev1.Node) bool { return !w.runs(n) })
	})
	if suspended := w.describe().SuspendedProcesses; len(suspended) > 0 {
		w.t.Errorf("processes are still suspended: %v", suspended)
	}
	for _, node := range w.nodes() {
		w.hasNoMarks(node)
	}
	w.autoscalerRuns()
	for _, g := range w.nodeGroups() {
		if g.Status.Ledger != nil {
			w.t.Errorf("node group %s is still owed %+v", g.Name, *g.Status.Ledger)
		}
	}
	var leases coordinationv1.LeaseList
	w.check(w.kube.List(w.ctx(), &leases, client.InNamespace(v1alpha1.Namespace)))
	for _, lease := range leases.Items {
		if holder := aws.ToString(lease.Spec.HolderIdentity); holder != "" {
			w.t.Errorf("lease %s is still held by %s", lease.Name, holder)
		}
	}
}

// runs reports whether a node's instance does.
func (w *world) runs(n corev1.Node) bool {
	w.t.Helper()
	id := n.Spec.ProviderID[strings.LastIndex(n.Spec.ProviderID, "/")+1:]
	return slices.ContainsFunc(w.instances(), func(i fakeaws.Instance) bool {
		return i.ID == id && i.Lifecycle == fakeaws.LifecycleInService
	})
}

func (w *world) sizesAre(desired, most int32) {
	w.t.Helper()
	g := w.describe()
	if aws.ToInt32(g.DesiredCapacity) != desired || aws.ToInt32(g.MaxSize) != most {
		w.t.Errorf("desired %d, maximum %d, want %d and %d", aws.ToInt32(g.DesiredCapacity), aws.ToInt32(g.MaxSize), desired, most)
	}
}

func (w *world) hasNoMarks(node corev1.Node) {
	w.t.Helper()
	for _, taint := range node.Spec.Taints {
		if taint.Key == "eks.amazonaws.com/nodegroup" {
			w.t.Errorf("%s is still tainted %s", node.Name, taint.ToString())
		}
	}
	if node.Spec.Unschedulable {
		w.t.Errorf("%s is still cordoned", node.Name)
	}
	for _, key := range []string{
		"nodelift.dev/owned", "cluster-autoscaler.kubernetes.io/scale-down-disabled",
		"node.kubernetes.io/exclude-from-external-load-balancers",
	} {
		if node.Annotations[key] != "" || node.Labels[key] != "" {
			w.t.Errorf("%s still has %s", node.Name, key)
		}
	}
}

// autoscalerRuns fails the test unless Cluster Autoscaler is as its owner wants
// it.
func (w *world) autoscalerRuns() {
	w.t.Helper()
	var d appsv1.Deployment
	key := client.ObjectKey{Namespace: "kube-system", Name: "cluster-autoscaler"}
	if err := w.kube.Get(w.ctx(), key, &d); client.IgnoreNotFound(err) != nil {
		w.t.Fatal(err)
	} else if err != nil {
		return // this world has none
	}
	if aws.ToInt32(d.Spec.Replicas) != 1 {
		w.t.Errorf("Cluster Autoscaler has %d replicas, want 1", aws.ToInt32(d.Spec.Replicas))
	}
	for key := range d.Annotations {
		if strings.HasPrefix(key, "nodelift.dev/") {
			w.t.Errorf("Cluster Autoscaler still has the annotation %s", key)
		}
	}
}

// nodesRun waits until there are so many nodes and all run a version: the last one
// that was terminated goes with its instance, a moment after the upgrade.
func (w *world) nodesRun(count int, version string) {
	w.t.Helper()
	w.eventually(fmt.Sprintf("%d nodes, all of %s", count, version), func() bool {
		nodes := w.nodes()
		return len(nodes) == count && !slices.ContainsFunc(nodes, func(n corev1.Node) bool {
			return !strings.HasPrefix(n.Status.NodeInfo.KubeletVersion, version)
		})
	})
}

func (w *world) nodes() []corev1.Node {
	w.t.Helper()
	var list corev1.NodeList
	w.check(w.kube.List(w.ctx(), &list))
	return list.Items
}

func (w *world) nodeGroups() []v1alpha1.NodeGroup {
	w.t.Helper()
	var list v1alpha1.NodeGroupList
	w.check(w.kube.List(w.ctx(), &list))
	return list.Items
}

// theUpdate returns the one update that there is.
func (w *world) theUpdate() v1alpha1.NodeGroupUpdate {
	w.t.Helper()
	updates := w.updates()
	if len(updates) != 1 {
		w.t.Fatalf("%d updates, want 1", len(updates))
	}
	return updates[0]
}

func (w *world) updates() []v1alpha1.NodeGroupUpdate {
	w.t.Helper()
	var list v1alpha1.NodeGroupUpdateList
	w.check(w.kube.List(w.ctx(), &list))
	return list.Items
}
