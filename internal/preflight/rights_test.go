package preflight

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	authorizationv1 "k8s.io/api/authorization/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
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
			lacking, err := Missing(context.Background(), reviews, Rights(Look, Work))
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
	for _, right := range Rights(Look, Work, Force, Install) {
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
