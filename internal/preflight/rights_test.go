package preflight

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
	"sigs.k8s.io/yaml"
)

// allowing is an API server that allows what may says.
func allowing(may func(*authorizationv1.ResourceAttributes) (bool, error)) *fake.Clientset {
	client := fake.NewClientset()
	client.PrependReactor("create", "selfsubjectaccessreviews", func(action clienttesting.Action) (bool, runtime.Object, error) {
		review := action.(clienttesting.CreateAction).GetObject().(*authorizationv1.SelfSubjectAccessReview).DeepCopy()
		allowed, err := may(review.Spec.ResourceAttributes)
		review.Status.Allowed = allowed
		return true, review, err
	})
	return client
}

func TestMissing(t *testing.T) {
	tests := map[string]struct {
		may  func(*authorizationv1.ResourceAttributes) (bool, error)
		want []string
	}{
		"nothing is missing to an administrator": {may: func(*authorizationv1.ResourceAttributes) (bool, error) { return true, nil }},
		"a verb": {may: func(a *authorizationv1.ResourceAttributes) (bool, error) {
			return a.Resource != "nodes" || a.Verb != "patch", nil
		},
			want: []string{"patch nodes"}},
		"a subresource is a right of its own": {may: func(a *authorizationv1.ResourceAttributes) (bool, error) { return a.Subresource != "eviction", nil },
			want: []string{"create pods/eviction"}},
		"a namespace": {may: func(a *authorizationv1.ResourceAttributes) (bool, error) {
			return a.Namespace != "nodelift-system" || a.Verb != "create", nil
		},
			want: []string{"create leases.coordination.k8s.io in nodelift-system"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			reviews := allowing(tt.may).AuthorizationV1().SelfSubjectAccessReviews()
			lacking, err := Missing(context.Background(), reviews, Rights(Look, Ask, Work))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, right := range lacking {
				got = append(got, right.String())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMissingWithoutAnAnswer(t *testing.T) {
	down := errors.New("the API server is down")
	reviews := allowing(func(*authorizationv1.ResourceAttributes) (bool, error) { return false, down }).AuthorizationV1().SelfSubjectAccessReviews()
	_, err := Missing(context.Background(), reviews, Rights(Look))
	if !errors.Is(err, down) || !strings.Contains(err.Error(), "ask for the right to get nodes") {
		t.Errorf("got %v", err)
	}
}

func TestRightsOfAPurpose(t *testing.T) {
	for _, right := range Rights(Look) {
		if right.Verb != "get" && right.Verb != "list" && right.Verb != "watch" {
			t.Errorf("a plan writes nothing, and yet: %s", right)
		}
	}
	seen := map[string]bool{}
	for _, right := range Rights(Look, FindBalancers, Ask, Watch, Work, Force, Install) {
		if key := right.String(); seen[key] {
			t.Errorf("%s is there twice", key)
		} else {
			seen[key] = true
		}
	}
	if seen["delete nodes"] || !seen["delete pods"] {
		t.Error("only force deletes, and only pods")
	}
}

// TestTheDocumentGrantsTheTable holds docs/rbac.yaml to the rights that are
// asked for before an upgrade, and these to it.
func TestTheDocumentGrantsTheTable(t *testing.T) {
	granted := grants(t, filepath.Join("..", "..", "docs", "rbac.yaml"))
	for role, purposes := range map[string][]Purpose{
		"nodelift": {Look, FindBalancers, Ask, Watch, Work}, "nodelift-force": {Force}, "nodelift-install": {Install},
	} {
		var wanted []string
		for _, right := range Rights(purposes...) {
			wanted = append(wanted, right.String())
		}
		slices.Sort(wanted)
		slices.Sort(granted[role])
		if diff := cmp.Diff(wanted, granted[role]); diff != "" {
			t.Errorf("role %s (-asked for +granted):\n%s", role, diff)
		}
	}
}

// grants reads what each role of a file allows, in the words of Right.
func grants(t *testing.T, file string) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	granted := map[string][]string{}
	for document := range strings.SplitSeq(string(text), "\n---\n") {
		var role rbacv1.Role // a ClusterRole looks the same
		if err := yaml.Unmarshal([]byte(document), &role); err != nil {
			t.Fatal(err)
		}
		for _, rule := range role.Rules {
			granted[role.Name] = append(granted[role.Name], allowed(rule, role.Namespace)...)
		}
	}
	return granted
}

func allowed(rule rbacv1.PolicyRule, namespace string) []string {
	var all []string
	for _, group := range rule.APIGroups {
		for _, resource := range rule.Resources {
			for _, verb := range rule.Verbs {
				all = append(all, Right{Verb: verb, Group: group, Resource: resource, Namespace: namespace}.String())
			}
		}
	}
	return all
}
