package kube

import (
	"context"
	"errors"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// TestLeaseThatCannotBeCreated: the sentence names what is missing and what to run, and only a missing
// right is called one.
func TestLeaseThatCannotBeCreated(t *testing.T) {
	leases := schema.GroupResource{Group: "coordination.k8s.io", Resource: "leases"}
	ending := apierrors.NewForbidden(leases, "ng-a", errors.New("being terminated"))
	ending.ErrStatus.Details.Causes = []metav1.StatusCause{{Type: corev1.NamespaceTerminatingCause}}
	for name, tc := range map[string]struct {
		err       error
		says      string
		forbidden bool
	}{
		"its namespace was deleted":       {apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "nodelift-system"), "the namespace nodelift-system was deleted", false},
		"its namespace is being deleted":  {ending, "the namespace nodelift-system is being deleted", false},
		"this user may not":               {apierrors.NewForbidden(leases, "ng-a", errors.New("no")), "may not create leases/ng-a", true},
		"the API server does not say why": {errors.New("EOF"), "create leases/ng-a in namespace nodelift-system: EOF", false},
	} {
		t.Run(name, func(t *testing.T) {
			got := explainLease(tc.err, "ng-a")
			if !strings.HasPrefix(got.Error(), tc.says) || errors.Is(got, upgrade.ErrForbidden) != tc.forbidden {
				t.Errorf("%v; forbidden: %t", got, errors.Is(got, upgrade.ErrForbidden))
			}
			if advice := strings.Contains(got.Error(), "kubectl create namespace nodelift-system"); advice != strings.Contains(name, "namespace") {
				t.Errorf("it advises to create the namespace: %t (%v)", advice, got)
			}
		})
	}
}

// TestCreateWhileTheDefinitionIsBeingDeleted: the API server's Forbidden is told from a missing right by
// the definition.
func TestCreateWhileTheDefinitionIsBeingDeleted(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := apiextensionsv1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	ours, err := definitions()
	if err != nil {
		t.Fatal(err)
	}
	refused := apierrors.NewForbidden(schema.GroupResource{Resource: "nodegroupupdates"}, "a", errors.New("not now"))
	for _, deleted := range []bool{false, true} {
		there := ours[0].DeepCopy()
		if deleted {
			there.DeletionTimestamp, there.Finalizers = &metav1.Time{Time: metav1.Now().Time}, []string{"customresourcecleanup.apiextensions.k8s.io"}
		}
		live := fake.NewClientBuilder().WithScheme(scheme).WithObjects(there).Build()
		got := explainCreate(context.Background(), live, refused, "create nodegroupupdates/a")
		if strings.Contains(got.Error(), there.Name+" is being deleted") != deleted || errors.Is(got, upgrade.ErrForbidden) == deleted {
			t.Errorf("being deleted: %t: %v", deleted, got)
		}
	}
}
