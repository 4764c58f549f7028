package kube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// status is a failure as the API server puts it.
func status(code int, reason metav1.StatusReason, message string, details *metav1.StatusDetails) metav1.Status {
	return metav1.Status{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"},
		Status:   metav1.StatusFailure, Code: int32(code), Reason: reason, Message: message, Details: details,
	}
}

func causes(kind metav1.CauseType, message string) *metav1.StatusDetails {
	return &metav1.StatusDetails{Causes: []metav1.StatusCause{{Type: kind, Message: message}}}
}

// The answers are those of Kubernetes 1.37.
func TestAnswersOfTheEvictionAPI(t *testing.T) {
	const violate = "Cannot evict pod as it would violate the pod's disruption budget."
	const needs = "The disruption budget web needs 2 healthy pods and has 2 currently"
	const webhook = `admission webhook "guard.example.com" denied the request: not on Fridays`
	for name, tc := range map[string]struct {
		answer metav1.Status
		want   upgrade.Answer
	}{
		"accepted": {metav1.Status{Status: metav1.StatusSuccess, Code: 201}, upgrade.Answer{Outcome: upgrade.Accepted}},
		"a budget allows none": {
			status(429, metav1.StatusReasonTooManyRequests, violate, causes(policyv1.DisruptionBudgetCause, needs)),
			upgrade.Answer{Outcome: upgrade.Refused, Budget: "shop/web", Message: needs},
		},
		"a budget is behind its spec": {
			status(429, metav1.StatusReasonTooManyRequests, violate, causes(policyv1.DisruptionBudgetCause, "The disruption budget web is still being processed by the server.")),
			upgrade.Answer{Outcome: upgrade.Refused, Budget: "shop/web", Message: "The disruption budget web is still being processed by the server."},
		},
		"a budget waits for evictions before": {
			status(403, metav1.StatusReasonForbidden, `poddisruptionbudget.policy "web" is forbidden: too many`, causes(policyv1.DisruptionBudgetCause, "The disruption budget web does not allow evicting pods currently: too many pending evictions not confirmed by PDB controller")),
			upgrade.Answer{Outcome: upgrade.Refused, Budget: "shop/web", Message: "The disruption budget web does not allow evicting pods currently: too many pending evictions not confirmed by PDB controller"},
		},
		"two budgets": {
			status(500, "", "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.", nil),
			upgrade.Answer{Outcome: upgrade.Ambiguous, Message: "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."},
		},
		"the namespace is terminating": {
			status(403, metav1.StatusReasonForbidden, "unable to create new content in namespace shop because it is being terminated", causes("NamespaceTerminating", "namespace shop is being terminated")),
			upgrade.Answer{Outcome: upgrade.Closing, Message: "unable to create new content in namespace shop because it is being terminated"},
		},
		"a right is missing": {
			status(403, metav1.StatusReasonForbidden, `pods "web-0" is forbidden: User "eve" cannot create resource "pods/eviction"`, nil),
			upgrade.Answer{Outcome: upgrade.Denied, Message: `pods "web-0" is forbidden: User "eve" cannot create resource "pods/eviction"`},
		},
		"a webhook denies":                           {status(403, "", webhook, nil), upgrade.Answer{Outcome: upgrade.Denied, Message: webhook}},
		"a webhook denies with the code of a budget": {status(429, "", webhook, nil), upgrade.Answer{Outcome: upgrade.Denied, Message: webhook}},
		"a webhook does not answer": {
			status(500, metav1.StatusReasonInternalError, `Internal error occurred: failed calling webhook "guard.example.com"`, nil),
			upgrade.Answer{Outcome: upgrade.Denied, Message: `Internal error occurred: failed calling webhook "guard.example.com"`},
		},
		"the pod is gone": {
			status(404, metav1.StatusReasonNotFound, `pods "web-0" not found`, &metav1.StatusDetails{Name: "web-0", Kind: "pods"}),
			upgrade.Answer{Outcome: upgrade.Gone},
		},
		"the budget is gone": {
			status(404, metav1.StatusReasonNotFound, `poddisruptionbudgets.policy "web" not found`, &metav1.StatusDetails{Name: "web", Kind: "poddisruptionbudgets"}),
			upgrade.Answer{Outcome: upgrade.Unknown, Message: `poddisruptionbudgets.policy "web" not found`},
		},
		"the API server is busy": {
			status(429, metav1.StatusReasonTooManyRequests, "too many requests, please try again later", nil),
			upgrade.Answer{Outcome: upgrade.Unknown, Message: "too many requests, please try again later"},
		},
		"the credentials have expired": {
			status(401, metav1.StatusReasonUnauthorized, "Unauthorized", nil), upgrade.Answer{Outcome: upgrade.Unknown, Message: "Unauthorized"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, asked := evictor(t, tc.answer)
			got := p.Evict(t.Context(), []upgrade.Pod{{Namespace: "shop", Name: "web-0", UID: "uid-0"}})
			if diff := cmp.Diff([]upgrade.Answer{tc.want}, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if n := len(*asked); n != 1 {
				t.Errorf("asked %d times", n)
			}
		})
	}
}

func TestEvictionWithoutAnAnswer(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p, _ := evictor(t, metav1.Status{})
	got := p.Evict(ctx, []upgrade.Pod{{Namespace: "shop", Name: "web-0", UID: "uid-0"}})
	if got[0].Outcome != upgrade.Unknown || !strings.Contains(got[0].Message, "canceled") {
		t.Errorf("got %+v", got)
	}
}

// Only the pod that was seen is evicted, with its own grace period.
func TestEvictionNamesThePodItMeans(t *testing.T) {
	p, asked := evictor(t, metav1.Status{Status: metav1.StatusSuccess, Code: 201})
	var many []upgrade.Pod
	for i := range 30 {
		many = append(many, upgrade.Pod{Namespace: "shop", Name: fmt.Sprintf("web-%d", i), UID: fmt.Sprintf("uid-%d", i)})
	}
	for i, a := range p.Evict(t.Context(), many) {
		if a.Outcome != upgrade.Accepted {
			t.Errorf("pod %d: %+v", i, a)
		}
	}
	for _, pod := range many {
		e := (*asked)["/api/v1/namespaces/shop/pods/"+pod.Name+"/eviction"]
		if e.DeleteOptions == nil || string(*e.DeleteOptions.Preconditions.UID) != pod.UID || e.DeleteOptions.GracePeriodSeconds != nil {
			t.Errorf("%s: %+v", pod.Name, e.DeleteOptions)
		}
		if shown := p.evicted.overlay(pod); shown.Deleting.IsZero() {
			t.Errorf("%s is shown as untouched", pod.Name)
		}
	}
}

// A conflict may be another pod of the same name, or only a pod that was
// changed at that moment.
func TestEvictionThatMeetsAConflict(t *testing.T) {
	conflict := apierrors.NewConflict(schema.GroupResource{Resource: "pods"}, "web-0", errors.New("Precondition failed"))
	for name, tc := range map[string]struct {
		uid  string
		want upgrade.Outcome
	}{
		"the pod is another":  {"old", upgrade.Gone},
		"the pod is the same": {"uid-of-web-0", upgrade.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			p, _ := evictor(t, conflict.ErrStatus)
			p.live = clusterWith(t, podOn(theNode, "web-0", nothing))
			got := p.Evict(t.Context(), []upgrade.Pod{{Namespace: "shop", Name: "web-0", UID: tc.uid}})
			if got[0].Outcome != tc.want {
				t.Errorf("got %+v, want %s", got[0], tc.want)
			}
		})
	}
}

// evictor is an eviction API that always gives the same answer, and what it was
// asked by path.
func evictor(t *testing.T, answer metav1.Status) (*pods, *map[string]policyv1.Eviction) {
	t.Helper()
	var mu sync.Mutex
	asked := map[string]policyv1.Eviction{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		var eviction policyv1.Eviction
		if err := json.NewDecoder(r.Body).Decode(&eviction); err != nil {
			t.Error(err)
		}
		if _, again := asked[r.URL.Path]; again {
			t.Errorf("%s was asked again", r.URL.Path)
		}
		asked[r.URL.Path] = eviction
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Retry-After", "10")
		w.WriteHeader(int(answer.Code))
		_ = json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(server.Close)
	set, err := kubernetes.NewForConfig(&rest.Config{Host: server.URL, QPS: -1})
	if err != nil {
		t.Fatal(err)
	}
	return &pods{rest: set.PolicyV1().RESTClient(), evicted: newEvicted()}, &asked
}
