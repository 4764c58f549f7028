package fakekube

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/utils/ptr"
)

// evict deletes a pod if its budget allows it, as Kubernetes does in
// pkg/registry/core/pod/storage/eviction.go.
func (s *Server) evict(c *collection, pod *stored, r *request) error {
	var asked policyv1.Eviction
	if err := json.Unmarshal(r.body, &asked); err != nil {
		return apierrors.NewBadRequest(err.Error())
	}
	options := ptr.Deref(asked.DeleteOptions, metav1.DeleteOptions{})
	if err := unmet(c, pod, options.Preconditions); err != nil {
		return err
	}
	if err := s.spend(pod.Object.(*corev1.Pod)); err != nil {
		return err
	}
	_, err := s.deleted(c, pod, options)
	return err
}

// spend takes one disruption from the budget of a pod, if it has one.
func (s *Server) spend(pod *corev1.Pod) error {
	if pod.DeletionTimestamp != nil || pod.Status.Phase != corev1.PodRunning && pod.Status.Phase != corev1.PodUnknown {
		return nil // it does not count as available
	}
	c := s.collectionOf(reflect.TypeFor[*policyv1.PodDisruptionBudget]())
	var found []*stored
	for _, o := range c.sorted() {
		if selects(o.Object.(*policyv1.PodDisruptionBudget), pod) {
			found = append(found, o)
		}
	}
	switch len(found) {
	case 0:
		return nil
	case 1:
	default:
		return &apierrors.StatusError{ErrStatus: metav1.Status{
			Status: metav1.StatusFailure, Code: http.StatusInternalServerError,
			Message: "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
		}}
	}
	budget := found[0].Object.(*policyv1.PodDisruptionBudget)
	status := budget.Status
	if !isReady(pod) && status.CurrentHealthy >= status.DesiredHealthy && status.DesiredHealthy > 0 {
		return nil // the budget is kept without it
	}
	if status.ObservedGeneration < budget.Generation {
		return tooMany(budget.Name, "The disruption budget %s is still being processed by the server.")
	}
	if status.DisruptionsAllowed <= 0 {
		return tooMany(budget.Name, fmt.Sprintf("The disruption budget %%s needs %d healthy pods and has %d currently", status.DesiredHealthy, status.CurrentHealthy))
	}
	after := budget.DeepCopy()
	after.Status.DisruptionsAllowed--
	if after.Status.DisruptedPods == nil {
		after.Status.DisruptedPods = map[string]metav1.Time{}
	}
	after.Status.DisruptedPods[pod.Name] = metav1.NewTime(time.Now())
	s.replace(c, found[0], after)
	return nil
}

func selects(budget *policyv1.PodDisruptionBudget, pod *corev1.Pod) bool {
	selector, err := metav1.LabelSelectorAsSelector(budget.Spec.Selector)
	return err == nil && budget.Namespace == pod.Namespace && selector.Matches(labels.Set(pod.Labels))
}

func isReady(pod *corev1.Pod) bool {
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}

// tooMany is the answer that a budget does not allow an eviction now.
func tooMany(budget, sentence string) error {
	err := apierrors.NewTooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", 0)
	err.ErrStatus.Details.Causes = append(err.ErrStatus.Details.Causes, metav1.StatusCause{
		Type: policyv1.DisruptionBudgetCause, Message: fmt.Sprintf(sentence, budget),
	})
	return err
}
