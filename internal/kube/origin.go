package kube

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// clusterUID tells this cluster from all others: it is the UID of the namespace kube-system, which every
// cluster has and nobody can delete. It is "" if it is not known.
func (r *records) clusterUID(ctx context.Context) (string, error) {
	var system corev1.Namespace
	err := r.watched.Get(ctx, client.ObjectKey{Name: metav1.NamespaceSystem}, &system)
	if apierrors.IsNotFound(err) {
		return "", nil
	}
	return string(system.UID), explain(err, "get namespaces/%s", metav1.NamespaceSystem)
}

// copied is the fault of a node group whose status was noted in another cluster, as by a backup that was
// restored here. In this cluster its instances are no nodes, and would count as empty. Nil if it was not.
func copied(group *v1alpha1.NodeGroup, here string) *upgrade.Fault {
	there := group.Status.ClusterUID
	if there == "" || here == "" || there == here {
		return nil
	}
	return &upgrade.Fault{Code: upgrade.NotPermitted, Why: fmt.Sprintf(
		"node group %s was copied from another cluster, whose namespace kube-system has the UID %s; here it is %s. If its instances are nodes of that cluster, remove the finalizers of the node group and of its updates here, and delete them; if they are nodes of this one now, remove status.clusterUID with 'kubectl edit --subresource=status'",
		group.Name, there, here)}
}
