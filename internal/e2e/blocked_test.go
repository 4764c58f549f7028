package e2e

import (
	"os"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

// A budget that never allows anything: the update fails and names node, pod and
// budget, gives everything back, and the next one goes on once it is mended.
func TestBlockedBudget(t *testing.T) {
	w := newWorld(t)
	budget := w.runStubborn()
	r := w.nodelift(upgrade("--drain-timeout", "3s")...)
	r.has(t, 1, "PodEvictionFailure", "default/stubborn-", "default/stubborn", "ip-10-0-", "needs 3 healthy pods and has 3")
	w.nodesRun(3, "v1.3")
	w.isClean()
	if update := w.theUpdate(); update.Status.Status != v1alpha1.UpdateFailed {
		t.Errorf("the update is %s", update.Status.Status)
	}

	budget.Spec.MinAvailable = ptr.To(intstr.FromInt32(2))
	w.check(w.kube.Update(w.ctx(), budget))
	w.nodelift(upgrade()...).has(t, 0, "Successful after")
	w.nodesRun(3, "v1.37.")
	w.isClean()
}

// Somebody who finds an update blocked stops it and goes on with --force: pods
// are deleted past the limit, and it succeeds.
func TestForce(t *testing.T) {
	w := newWorld(t)
	w.runStubborn()
	w.interrupted("Waiting", os.Interrupt, upgrade()...).has(t, 130, "stopped ", "needs 3 healthy pods and has 3")
	w.nodelift(upgrade("--drain-timeout", "3s", "--force")...).has(t, 0, "continues with other settings: force, drain timeout 3s", "deleted by force")
	w.theUpdate()
	w.nodesRun(3, "v1.37.")
	w.isClean()
}

// runStubborn runs one pod in each zone behind a budget that wants all three,
// and returns the budget.
func (w *world) runStubborn() *policyv1.PodDisruptionBudget {
	w.t.Helper()
	labels := map[string]string{"app": "stubborn"}
	meta := metav1.ObjectMeta{Name: "stubborn", Namespace: "default"}
	selector := &metav1.LabelSelector{MatchLabels: labels}
	budget := &policyv1.PodDisruptionBudget{ObjectMeta: meta, Spec: policyv1.PodDisruptionBudgetSpec{
		MinAvailable: ptr.To(intstr.FromInt32(3)), Selector: selector,
	}}
	w.check(w.kube.Create(w.ctx(), budget))
	w.check(w.kube.Create(w.ctx(), &appsv1.Deployment{ObjectMeta: meta, Spec: appsv1.DeploymentSpec{
		Replicas: ptr.To[int32](3), Selector: selector,
		Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: corev1.PodSpec{
			TerminationGracePeriodSeconds: ptr.To[int64](1),
			Containers:                    []corev1.Container{{Name: "pause", Image: "registry.k8s.io/pause:3.10"}},
			TopologySpreadConstraints: []corev1.TopologySpreadConstraint{{
				MaxSkew: 1, TopologyKey: corev1.LabelTopologyZone,
				WhenUnsatisfiable: corev1.DoNotSchedule, LabelSelector: selector,
			}},
		}},
	}}))
	w.eventually("the stubborn pods are healthy", func() bool {
		w.check(w.kube.Get(w.ctx(), client.ObjectKeyFromObject(budget), budget))
		return budget.Status.CurrentHealthy == 3 && budget.Status.DisruptionsAllowed == 0
	})
	return budget
}
