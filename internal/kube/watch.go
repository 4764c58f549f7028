package kube

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	storagev1 "k8s.io/api/storage/v1"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

// The names of the fields by which watched things are found.
const (
	fieldNode  = "spec.nodeName" // of pods, as the API server calls it
	fieldClaim = "spec.claimRef" // of persistent volumes, namespace/name
	// fieldUnschedulable is "true" for pods that the scheduler has found no node for.
	fieldUnschedulable = "status.unschedulable"
)

// kind is a resource that is watched.
type kind struct {
	resource  string // as RBAC names it
	item      client.Object
	list      client.ObjectList
	namespace string // "" for all
}

func watched() []kind {
	return []kind{
		{"nodes", &corev1.Node{}, &corev1.NodeList{}, ""},
		{"pods", &corev1.Pod{}, &corev1.PodList{}, ""},
		{"namespaces", &corev1.Namespace{}, &corev1.NamespaceList{}, ""},
		{"persistentvolumes", &corev1.PersistentVolume{}, &corev1.PersistentVolumeList{}, ""},
		{"poddisruptionbudgets", &policyv1.PodDisruptionBudget{}, &policyv1.PodDisruptionBudgetList{}, ""},
		{"volumeattachments", &storagev1.VolumeAttachment{}, &storagev1.VolumeAttachmentList{}, ""},
		{"deployments", &appsv1.Deployment{}, &appsv1.DeploymentList{}, ""},
		{"leases", &coordinationv1.Lease{}, &coordinationv1.LeaseList{}, corev1.NamespaceNodeLease},
	}
}

// Start starts the watches and returns when everything has been read once. It lists each
// resource first, because a watch without permission waits forever without an error: a
// missing permission is [upgrade.ErrForbidden]. The watches end with ctx.
func (c *Cluster) Start(ctx context.Context) error { return c.start(ctx, watched()) }

// StartAll is Start that also watches updates and node groups, which have to be installed.
func (c *Cluster) StartAll(ctx context.Context) error {
	records := []kind{
		{"nodegroups", &v1alpha1.NodeGroup{}, &v1alpha1.NodeGroupList{}, ""},
		{"nodegroupupdates", &v1alpha1.NodeGroupUpdate{}, &v1alpha1.NodeGroupUpdateList{}, ""},
	}
	err := c.start(ctx, append(records, watched()...))
	if isNotInstalled(err) {
		return fmt.Errorf("the resources of Nodelift are not installed in this cluster; 'nodelift crds | kubectl apply --server-side -f -' installs them (%w)", err)
	}
	return err
}

func (c *Cluster) start(ctx context.Context, kinds []kind) error {
	for _, k := range kinds {
		err := c.live.List(ctx, k.list, client.Limit(1), client.InNamespace(k.namespace))
		if err != nil {
			return explain(err, "list %s", k.resource)
		}
	}
	if err := index(ctx, c.cache); err != nil {
		return fmt.Errorf("index what is watched: %w", err)
	}
	go func() { _ = c.cache.Start(ctx) }() // it has nothing to say but that ctx has ended
	var synced []toolscache.DoneChecker
	for _, k := range kinds { // all begin at once
		informer, err := c.cache.GetInformer(ctx, k.item, cache.BlockUntilSynced(false))
		if err != nil {
			return explain(err, "watch %s", k.resource)
		}
		synced = append(synced, informer.HasSyncedChecker())
	}
	if !toolscache.WaitFor(ctx, "", synced...) {
		return fmt.Errorf("watch the cluster: %w", context.Cause(ctx))
	}
	return nil
}

// index makes it possible to find pods by node, by workload and by having no node, and
// persistent volumes by claim.
func index(ctx context.Context, indexer client.FieldIndexer) error {
	if err := indexer.IndexField(ctx, &corev1.Pod{}, fieldNode, nodeOfPod); err != nil {
		return err
	}
	if err := indexer.IndexField(ctx, &corev1.Pod{}, fieldUnschedulable, isUnschedulable); err != nil {
		return err
	}
	if err := indexer.IndexField(ctx, &corev1.Pod{}, fieldWorkload, workloadOfPod); err != nil {
		return err
	}
	return indexer.IndexField(ctx, &corev1.PersistentVolume{}, fieldClaim, claimOfVolume)
}

func nodeOfPod(o client.Object) []string {
	if pod, ok := o.(*corev1.Pod); ok && pod.Spec.NodeName != "" {
		return []string{pod.Spec.NodeName}
	}
	return nil
}

func isUnschedulable(o client.Object) []string {
	if pod, ok := o.(*corev1.Pod); ok && unschedulable(pod) != "" {
		return []string{"true"}
	}
	return nil
}

func claimOfVolume(o client.Object) []string {
	if volume, ok := o.(*corev1.PersistentVolume); ok && volume.Spec.ClaimRef != nil {
		return []string{volume.Spec.ClaimRef.Namespace + "/" + volume.Spec.ClaimRef.Name}
	}
	return nil
}

// watchOptions restricts watches to what is needed: of Leases only those of kubelets, and
// of pods and Deployments not their containers, but for the arguments of Cluster Autoscaler.
func watchOptions() map[client.Object]cache.ByObject {
	return map[client.Object]cache.ByObject{
		&coordinationv1.Lease{}: {Namespaces: map[string]cache.Config{corev1.NamespaceNodeLease: {}}},
		&corev1.Pod{}:           {Transform: slim},
		&appsv1.Deployment{}:    {Transform: slim},
	}
}

// slim drops what takes most memory and is not needed.
func slim(o any) (any, error) {
	switch o := o.(type) {
	case *corev1.Pod:
		o.ManagedFields = nil
		o.Spec.Containers, o.Spec.InitContainers = nil, nil
		o.Status.ContainerStatuses, o.Status.InitContainerStatuses = nil, nil
	case *appsv1.Deployment:
		o.ManagedFields = nil
		if !isAutoscaler(o) {
			o.Spec.Template = corev1.PodTemplateSpec{}
		}
	}
	return o, nil
}
