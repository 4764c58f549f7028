package kube

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// explainLease is explain for the creation of a Lease. It also fails when the namespace of the Leases was
// deleted, as `kubectl delete -f` of what was installed does.
func explainLease(err error, lease string) error {
	const why = "nobody can work without its Leases, which say who works on what; "
	const create = "run 'kubectl create namespace " + v1alpha1.Namespace + "', then the same command again"
	switch {
	case apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause):
		return fmt.Errorf("the namespace %s is being deleted, and %swait until it is gone, %s: %w", v1alpha1.Namespace, why, create, err)
	case apierrors.IsNotFound(err):
		return &refusal{"the namespace " + v1alpha1.Namespace + " was deleted, and " + why + create, upgrade.ErrNotFound, err}
	}
	return explain(err, "create leases/%s in namespace %s", lease, v1alpha1.Namespace)
}

// explainCreate is explain for the creation of one of our resources. The API server also refuses it while
// the definition is being deleted, in words that sound like a missing permission.
func explainCreate(ctx context.Context, live client.Client, err error, doing string, args ...any) error {
	if !apierrors.IsForbidden(err) && !apierrors.IsMethodNotSupported(err) {
		return explain(err, doing, args...)
	}
	ours, _ := definitions()
	for _, crd := range ours {
		var there apiextensionsv1.CustomResourceDefinition
		if live.Get(ctx, client.ObjectKeyFromObject(crd), &there) == nil && there.DeletionTimestamp != nil {
			return definitionGoes(&there)
		}
	}
	return explain(err, doing, args...)
}

// definitionGoes says why nothing new can be created, and how the deletion comes to an end: the API server
// deletes a definition when its last object is gone, and an update goes when it has ended.
func definitionGoes(crd *apiextensionsv1.CustomResourceDefinition) error {
	return fmt.Errorf("the resource definition %s is being deleted, so no update can begin: the API server waits until the updates "+
		"under way have ended; 'nodelift get updates' lists them, and 'nodelift cancel update ID' ends one; "+
		"'nodelift upgrade' installs the definition again when it is gone", crd.Name)
}
