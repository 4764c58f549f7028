package kube

import (
	"cmp"
	"context"
	"slices"

	authenticationv1 "k8s.io/api/authentication/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

// NodeGroups returns all node groups by name; none if the resources are not installed.
func (c *Cluster) NodeGroups(ctx context.Context) ([]v1alpha1.NodeGroup, error) {
	var list v1alpha1.NodeGroupList
	if err := c.live.List(ctx, &list); err != nil && !isNotInstalled(err) {
		return nil, explain(err, "list nodegroups")
	}
	return list.Items, nil
}

// NodeGroupNameIn returns the name of the NodeGroup of an Auto Scaling group: that of the
// oldest known one, whatever its name, else the name that a new one gets.
func NodeGroupNameIn(known []v1alpha1.NodeGroup, region, group string) string {
	wanted := &v1alpha1.NodeGroup{Spec: v1alpha1.NodeGroupSpec{AutoScalingGroup: group, Region: region}}
	var first *v1alpha1.NodeGroup
	for i := range known {
		if g := &known[i]; sameGroup(g, wanted) && (first == nil || v1alpha1.Older(g, first)) {
			first = g
		}
	}
	if first == nil {
		return v1alpha1.NodeGroupName(region, group)
	}
	return first.Name
}

// NodeGroup returns one node group. It is [upgrade.ErrNotFound] if there is none.
func (c *Cluster) NodeGroup(ctx context.Context, name string) (*v1alpha1.NodeGroup, error) {
	group := &v1alpha1.NodeGroup{}
	err := c.live.Get(ctx, client.ObjectKey{Name: name}, group)
	return group, explain(missing(err, "nodegroups", name), "get nodegroups/%s", name)
}

// Updates returns all updates, the oldest first; none if the resources are not installed.
func (c *Cluster) Updates(ctx context.Context) ([]v1alpha1.NodeGroupUpdate, error) {
	var list v1alpha1.NodeGroupUpdateList
	if err := c.live.List(ctx, &list); err != nil && !isNotInstalled(err) {
		return nil, explain(err, "list nodegroupupdates")
	}
	slices.SortStableFunc(list.Items, func(a, b v1alpha1.NodeGroupUpdate) int {
		return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), cmp.Compare(a.Name, b.Name))
	})
	return list.Items, nil
}

// Update returns one update. It is [upgrade.ErrNotFound] if there is none.
func (c *Cluster) Update(ctx context.Context, name string) (*v1alpha1.NodeGroupUpdate, error) {
	update := &v1alpha1.NodeGroupUpdate{}
	err := c.live.Get(ctx, client.ObjectKey{Name: name}, update)
	return update, explain(missing(err, "nodegroupupdates", name), "get nodegroupupdates/%s", name)
}

// Adopt creates a node group, or returns the existing one of that name.
func (c *Cluster) Adopt(ctx context.Context, group *v1alpha1.NodeGroup) (*v1alpha1.NodeGroup, error) {
	err := c.live.Create(ctx, group)
	if apierrors.IsAlreadyExists(err) {
		return c.NodeGroup(ctx, group.Name)
	}
	return group, explainCreate(ctx, c.live, err, "create nodegroups/%s", group.Name)
}

// sign writes on an update who creates it. If the API server does not say who that is, the
// update begins without.
func (c *Cluster) sign(ctx context.Context, update *v1alpha1.NodeGroupUpdate) {
	review, err := c.set.AuthenticationV1().SelfSubjectReviews().Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err == nil && review.Status.UserInfo.Username != "" {
		metav1.SetMetaDataAnnotation(&update.ObjectMeta, v1alpha1.AnnotationBy, review.Status.UserInfo.Username)
	}
}

// isNotInstalled reports whether the API server does not know a resource.
func isNotInstalled(err error) bool { return meta.IsNoMatchError(err) || apierrors.IsNotFound(err) }

// missing turns the error for an unknown resource into the one for a missing object.
func missing(err error, resource, name string) error {
	if !meta.IsNoMatchError(err) {
		return err
	}
	gr := v1alpha1.GroupVersion().WithResource(resource).GroupResource()
	return apierrors.NewNotFound(gr, name)
}
