package kube

import (
	"errors"
	"net/http"
	"strings"

	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// changed is what a conflict means: the pod was replaced by another one of its name, or it
// was only changed at that moment. The caller has to read the pod to know which.
const changed upgrade.Outcome = "changed"

// answerOf translates what the eviction API answered. Its answers are made in Kubernetes'
// pkg/registry/core/pod/storage/eviction.go: some have a cause, the others only a sentence.
func answerOf(err error, pod upgrade.Pod) upgrade.Answer {
	var refused apierrors.APIStatus
	if err == nil {
		return upgrade.Answer{Outcome: upgrade.Accepted}
	}
	if !errors.As(err, &refused) {
		return upgrade.Answer{Outcome: upgrade.Unknown, Message: err.Error()}
	}
	status := refused.Status()
	if message, ok := cause(status, policyv1.DisruptionBudgetCause); ok {
		return upgrade.Answer{Outcome: upgrade.Refused, Budget: budgetIn(message, pod), Message: message}
	}
	outcome := outcomeOf(status)
	if outcome == upgrade.Gone {
		return upgrade.Answer{Outcome: outcome}
	}
	return upgrade.Answer{Outcome: outcome, Message: status.Message}
}

// outcomeOf judges an answer that does not come from a disruption budget.
func outcomeOf(status metav1.Status) upgrade.Outcome {
	_, closing := cause(status, corev1.NamespaceTerminatingCause)
	switch {
	case strings.Contains(status.Message, "more than one PodDisruptionBudget"):
		return upgrade.Ambiguous
	case closing:
		return upgrade.Closing
	case refusedByRule(status.Message):
		return upgrade.Denied // with whatever code the webhook likes
	case status.Code == http.StatusNotFound && status.Details != nil && status.Details.Kind == "pods":
		return upgrade.Gone // a 404 may also be about the budget or the API itself
	case status.Code == http.StatusConflict:
		return changed
	case status.Code == http.StatusForbidden, status.Code == http.StatusBadRequest,
		status.Code == http.StatusUnprocessableEntity, status.Code == http.StatusMethodNotAllowed:
		return upgrade.Denied
	default:
		return upgrade.Unknown
	}
}

// refusedByRule knows the sentences of a webhook or policy that refuses, and of a required
// webhook that does not answer.
func refusedByRule(message string) bool {
	return strings.HasPrefix(message, "admission webhook ") && strings.Contains(message, "denied the request") ||
		strings.Contains(message, "ValidatingAdmissionPolicy ") ||
		strings.Contains(message, "failed calling webhook ")
}

// cause returns the message of the status's cause of a type.
func cause(status metav1.Status, kind metav1.CauseType) (message string, ok bool) {
	if status.Details == nil {
		return "", false
	}
	for _, c := range status.Details.Causes {
		if c.Type == kind {
			return c.Message, true
		}
	}
	return "", false
}

// budgetIn returns the budget that refused: the only one that selects the pod, else the one
// that the API server's sentence names.
func budgetIn(message string, pod upgrade.Pod) string {
	if len(pod.Budgets) == 1 {
		return pod.Budgets[0]
	}
	rest, ok := strings.CutPrefix(message, "The disruption budget ")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, " ")
	return pod.Namespace + "/" + name
}
