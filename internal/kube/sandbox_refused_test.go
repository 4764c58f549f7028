package kube

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Webhooks and policies refuse evictions with whatever code they like: the
// answer is never taken for a budget's, and their words are kept.
func testRefusals(t *testing.T, config *rest.Config) {
	ctx, c := within(t), connect(t, config)
	guarded := &corev1.Namespace{ObjectMeta: named("guarded")}
	guarded.Labels = map[string]string{"nodelift.dev/test": "webhook"}
	policed := &corev1.Namespace{ObjectMeta: named("policed")}
	policed.Labels = map[string]string{"nodelift.dev/test": "policy"}
	create(t, c, guarded, policed, theWebhook(guard(t)))
	create(t, c, thePolicy()...)
	for _, tc := range []struct{ namespace, pod, words string }{
		{"guarded", "refused-403", `admission webhook "guard.example.com" denied the request: not on Fridays`},
		{"guarded", "refused-429", `admission webhook "guard.example.com" denied the request: not on Fridays`},
		{"guarded", "refused-500", `admission webhook "guard.example.com" denied the request: not on Fridays`},
		{"guarded", "unanswered", `failed calling webhook "guard.example.com"`},
		{"policed", "refused", "not while the moon is full"},
	} {
		pod := sandboxPod("", tc.pod, nil)
		pod.Namespace, pod.Finalizers = tc.namespace, nil
		pod.Spec.NodeSelector = map[string]string{"nodelift.dev/test": "nowhere"}
		create(t, c, pod)
		asked := upgrade.Pod{Namespace: pod.Namespace, Name: pod.Name, UID: string(pod.UID)}
		eventually(t, func() string { // a new rule takes effect a moment later
			a := c.Pods().Evict(ctx, []upgrade.Pod{asked})[0]
			if a.Outcome != upgrade.Denied || a.Budget != "" || !strings.Contains(a.Message, tc.words) {
				recreate(t, c, pod, &asked)
				return fmt.Sprintf("%s/%s: %+v, want it denied with %q", tc.namespace, tc.pod, a, tc.words)
			}
			return ""
		})
	}
}

// recreate makes a pod again that was evicted because the rule was too new.
func recreate(t *testing.T, c *Cluster, pod *corev1.Pod, asked *upgrade.Pod) {
	t.Helper()
	again := pod.DeepCopy()
	again.ResourceVersion, again.UID = "", ""
	if err := c.live.Create(t.Context(), again); err == nil {
		asked.UID = string(again.UID)
	}
}

// guard is a webhook that refuses with the code in the pod's name.
func guard(t *testing.T) *httptest.Server {
	t.Helper()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var review admissionv1.AdmissionReview
		if err := json.NewDecoder(r.Body).Decode(&review); err != nil || review.Request.Name == "unanswered" {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		var code int32
		_, _ = fmt.Sscanf(review.Request.Name, "refused-%d", &code)
		review.Response = &admissionv1.AdmissionResponse{
			UID: review.Request.UID, Result: &metav1.Status{Code: code, Message: "not on Fridays"},
		}
		review.Request = nil
		_ = json.NewEncoder(w).Encode(review)
	}))
	t.Cleanup(server.Close)
	return server
}

// theWebhook has the server asked about evictions in namespaces that are
// labelled for it.
func theWebhook(server *httptest.Server) *admissionregistrationv1.ValidatingWebhookConfiguration {
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	return &admissionregistrationv1.ValidatingWebhookConfiguration{
		ObjectMeta: named("guard"),
		Webhooks: []admissionregistrationv1.ValidatingWebhook{{
			Name: "guard.example.com", AdmissionReviewVersions: []string{"v1"},
			ClientConfig:      admissionregistrationv1.WebhookClientConfig{URL: ptr.To(server.URL), CABundle: ca},
			SideEffects:       ptr.To(admissionregistrationv1.SideEffectClassNone),
			NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"nodelift.dev/test": "webhook"}},
			Rules:             []admissionregistrationv1.RuleWithOperations{evictions()},
		}},
	}
}

// thePolicy refuses evictions in namespaces that are labelled for it.
func thePolicy() []client.Object {
	policy := &admissionregistrationv1.ValidatingAdmissionPolicy{
		ObjectMeta: named("moon"),
		Spec: admissionregistrationv1.ValidatingAdmissionPolicySpec{
			MatchConstraints: &admissionregistrationv1.MatchResources{
				ResourceRules: []admissionregistrationv1.NamedRuleWithOperations{{RuleWithOperations: evictions()}},
			},
			Validations: []admissionregistrationv1.Validation{{Expression: "false", Message: "not while the moon is full"}},
		},
	}
	binding := &admissionregistrationv1.ValidatingAdmissionPolicyBinding{
		ObjectMeta: named("moon"),
		Spec: admissionregistrationv1.ValidatingAdmissionPolicyBindingSpec{
			PolicyName:        "moon",
			ValidationActions: []admissionregistrationv1.ValidationAction{admissionregistrationv1.Deny},
			MatchResources: &admissionregistrationv1.MatchResources{
				NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"nodelift.dev/test": "policy"}},
			},
		},
	}
	return []client.Object{policy, binding}
}

func evictions() admissionregistrationv1.RuleWithOperations {
	return admissionregistrationv1.RuleWithOperations{
		Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create},
		Rule:       admissionregistrationv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"pods/eviction"}},
	}
}

// A pod whose port of the host is taken on the only node for it is named with
// the real scheduler's words, and the budget that counts on it.
func testUnschedulable(t *testing.T, config *rest.Config) {
	ctx, c := within(t), connect(t, config)
	if err := c.Start(ctx); err != nil {
		t.Fatal(err)
	}
	only := map[string]string{"nodelift.dev/test": "ports"}
	node := sandboxNode("ports")
	node.Labels = only
	listener := func(name string) *corev1.Pod {
		pod := sandboxPod("", name, map[string]string{"app": "listener"})
		pod.Finalizers, pod.Spec.NodeSelector = nil, only
		pod.Spec.Containers[0].Ports = []corev1.ContainerPort{{ContainerPort: 80, HostPort: 8080}}
		return pod
	}
	create(t, c, node)
	roomy(t, c, node)
	create(t, c, listener("first"))
	eventually(t, func() string {
		if first := get(t, c.live, listener("first")); first.Spec.NodeName == "" {
			return fmt.Sprintf("the first pod has no node: %+v", first.Status.Conditions)
		}
		return ""
	})
	pdb := budget("default", "listener", &metav1.LabelSelector{MatchLabels: map[string]string{"app": "listener"}})
	pdb.Spec.MinAvailable = ptr.To(intstr.FromInt32(1))
	create(t, c, pdb, listener("second"))
	eventually(t, func() string {
		pods, err := c.Pods().Unschedulable(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, pod := range pods {
			if pod.Name == "second" && strings.Contains(pod.Unschedulable, "1 node(s) didn't have free ports for the requested pod ports") &&
				!strings.Contains(pod.Unschedulable, "preemption") && len(pod.Budgets) == 1 && pod.Budgets[0] == "default/listener" {
				return ""
			}
		}
		return fmt.Sprintf("the second pod is not named: %+v", pods)
	})
}

// roomy gives a node room for pods.
func roomy(t *testing.T, c *Cluster, node *corev1.Node) {
	t.Helper()
	eventually(t, func() string {
		now := get(t, c.live, node.DeepCopy())
		room := corev1.ResourceList{corev1.ResourcePods: resource.MustParse("10"), corev1.ResourceCPU: resource.MustParse("4")}
		now.Status.Capacity, now.Status.Allocatable = room, room
		if err := c.live.Status().Update(t.Context(), now); err != nil {
			return err.Error()
		}
		return ""
	})
}
