package kube

import (
	"context"
	"fmt"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

// How often to look whether the API server serves a new resource, and for how
// long. It takes milliseconds on most and some seconds on a busy one.
const (
	servedEvery  = 50 * time.Millisecond
	servedWithin = time.Minute
)

// Install makes sure that the namespace and the two resources exist and are served. It
// writes nothing that exists in this version already, and then needs only the permission to
// read. It never replaces a newer version: the error says so. A missing permission is
// [upgrade.ErrForbidden]; [Manifests] returns what somebody else can apply.
func (c *Cluster) Install(ctx context.Context) error {
	crds, err := definitions()
	if err != nil {
		return err
	}
	for _, crd := range crds {
		if err := c.installDefinition(ctx, crd); err != nil {
			return err
		}
	}
	if err := c.installNamespace(ctx); err != nil {
		return err
	}
	return c.served(ctx)
}

func (c *Cluster) installNamespace(ctx context.Context) error {
	ns := namespace()
	err := c.live.Get(ctx, client.ObjectKeyFromObject(ns), ns)
	if !apierrors.IsNotFound(err) {
		return explain(err, "get namespaces/%s", ns.Name)
	}
	if err := c.live.Create(ctx, ns); !apierrors.IsAlreadyExists(err) {
		return explain(err, "create namespaces/%s", ns.Name)
	}
	return nil
}

// installDefinition writes a definition, and reads again if somebody else wrote it at the
// same time.
func (c *Cluster) installDefinition(ctx context.Context, ours *apiextensionsv1.CustomResourceDefinition) error {
	lost := func(err error) bool { return apierrors.IsAlreadyExists(err) || apierrors.IsConflict(err) }
	return retry.OnError(retry.DefaultRetry, lost, func() error { return c.writeDefinition(ctx, ours.DeepCopy()) })
}

func (c *Cluster) writeDefinition(ctx context.Context, ours *apiextensionsv1.CustomResourceDefinition) error {
	var there apiextensionsv1.CustomResourceDefinition
	err := c.live.Get(ctx, client.ObjectKeyFromObject(ours), &there)
	if apierrors.IsNotFound(err) {
		return explain(c.live.Create(ctx, ours), "create customresourcedefinitions/%s", ours.Name)
	}
	if err != nil {
		return explain(err, "get customresourcedefinitions/%s", ours.Name)
	}
	if there.DeletionTimestamp != nil {
		return definitionGoes(&there)
	}
	write, err := mayReplace(&there, ours)
	if !write || err != nil {
		return err
	}
	ours.ResourceVersion = there.ResourceVersion
	return explain(c.live.Update(ctx, ours), "update customresourcedefinitions/%s", ours.Name)
}

// mayReplace reports whether our definition has to replace the existing one. It is an error
// if the existing one is newer.
func mayReplace(there, ours *apiextensionsv1.CustomResourceDefinition) (bool, error) {
	has, err := versionOf(there)
	if err != nil {
		return false, err
	}
	knows, err := versionOf(ours)
	if err != nil {
		return false, err
	}
	if has > knows {
		return false, fmt.Errorf("the cluster has version %d of the resource %s and this Nodelift knows version %d: use a newer Nodelift", has, ours.Name, knows)
	}
	return has < knows || there.Annotations[annotationDigest] != ours.Annotations[annotationDigest], nil
}

// served waits until both resources can be listed.
func (c *Cluster) served(ctx context.Context) error {
	for _, list := range []client.ObjectList{&v1alpha1.NodeGroupList{}, &v1alpha1.NodeGroupUpdateList{}} {
		var last error
		err := wait.PollUntilContextTimeout(ctx, servedEvery, servedWithin, true, func(ctx context.Context) (bool, error) {
			last = c.live.List(ctx, list, client.Limit(1))
			if apierrors.IsForbidden(last) || apierrors.IsUnauthorized(last) {
				return false, last
			}
			return last == nil, nil
		})
		if err != nil {
			return explain(last, "list the new resources of %s", v1alpha1.Group)
		}
	}
	return nil
}
