package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/preflight"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// findGroup returns the Auto Scaling group that a person means by name: that of
// the NodeGroup of this name, or what AWS finds.
func (s *connection) findGroup(ctx context.Context, o *upgradeOptions) (string, error) {
	known, err := s.cluster.NodeGroup(ctx, o.name)
	switch {
	case err == nil && known.Spec.Region != s.cloud.Region:
		return "", fmt.Errorf("node group %s is in region %s, and this command works in %s; give --region %s",
			o.name, known.Spec.Region, s.cloud.Region, known.Spec.Region)
	case err == nil:
		return known.Spec.AutoScalingGroup, nil
	case !errors.Is(err, upgrade.ErrNotFound):
		return "", err
	}
	group, err := s.cloud.Groups.Find(ctx, o.name, o.cluster)
	if errors.Is(err, upgrade.ErrNotFound) {
		return "", s.orKarpenter(ctx, o.name, err)
	}
	return group, err
}

// orKarpenter gives better advice for the name of a Karpenter pool.
func (s *connection) orKarpenter(ctx context.Context, name string, notFound error) error {
	var nodes corev1.NodeList
	if err := s.cluster.Live().List(ctx, &nodes); err != nil {
		return errors.Join(notFound, err)
	}
	if finding, ok := preflight.KarpenterPool(name, nodes.Items); ok {
		return errors.New(finding.String())
	}
	return notFound
}

// running returns the update of a node group that has not ended, or nil.
func (s *connection) running(ctx context.Context, nodeGroup string) (*v1alpha1.NodeGroupUpdate, error) {
	updates, err := s.cluster.Updates(ctx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(updates, func(u v1alpha1.NodeGroupUpdate) bool {
		return u.Spec.NodeGroup == nodeGroup && !u.Ended()
	})
	if i < 0 {
		return nil, nil
	}
	return &updates[i], nil
}
