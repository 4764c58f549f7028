package find

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/cli/connect"
	"github.com/nodelift/nodelift/internal/preflight"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// NodeGroup returns the node group that a person means by a name.
func NodeGroup(ctx context.Context, s *connect.Connection, name string) (*v1alpha1.NodeGroup, error) {
	called, err := nodeGroups(ctx, s, name)
	if err != nil {
		return nil, err
	}
	if len(called) == 1 {
		return &called[0], nil
	}
	var names []string
	for _, g := range called {
		names = append(names, g.Name)
	}
	return nil, fmt.Errorf("%d node groups are called %s: give the name of one of them (%s)", len(called), name, strings.Join(names, ", "))
}

// nodeGroups returns the node groups that are called so: by their own name, by that of
// their Auto Scaling group, or by their node group tag. It is an error if there is none.
func nodeGroups(ctx context.Context, s *connect.Connection, name string) ([]v1alpha1.NodeGroup, error) {
	groups, err := s.Cluster.NodeGroups(ctx)
	if err != nil {
		return nil, err
	}
	called := slices.DeleteFunc(groups, func(g v1alpha1.NodeGroup) bool {
		return !slices.Contains([]string{g.Name, g.Spec.AutoScalingGroup, g.Spec.NodegroupName}, name)
	})
	if len(called) == 0 {
		return nil, fmt.Errorf("node group %s: %w; 'nodelift get nodegroups' lists them", name, upgrade.ErrNotFound)
	}
	return called, nil
}

// AutoScalingGroup returns the Auto Scaling group that a person means by name: that of
// the NodeGroup of this name, or what AWS finds.
func AutoScalingGroup(ctx context.Context, s *connect.Connection, name, cluster string) (string, error) {
	known, err := s.Cluster.NodeGroup(ctx, name)
	switch {
	case err == nil && known.Spec.Region != s.Cloud.Region:
		return "", fmt.Errorf("node group %s is in region %s, and this command works in %s; give --region %s",
			name, known.Spec.Region, s.Cloud.Region, known.Spec.Region)
	case err == nil:
		return known.Spec.AutoScalingGroup, nil
	case !errors.Is(err, upgrade.ErrNotFound):
		return "", err
	}
	group, err := s.Cloud.Groups.Find(ctx, name, cluster)
	if errors.Is(err, upgrade.ErrNotFound) {
		return "", elsewhere(ctx, s, name, orKarpenter(ctx, s, name, err))
	}
	return group, err
}

// elsewhere gives better advice for the name of a group that is known to be in another account.
func elsewhere(ctx context.Context, s *connect.Connection, name string, notFound error) error {
	called, err := nodeGroups(ctx, s, name)
	if err != nil && !errors.Is(err, upgrade.ErrNotFound) {
		return errors.Join(notFound, err)
	}
	for i := range called {
		if err := RightAccount(&called[i], s.Identity.ARN); err != nil {
			return err
		}
	}
	return notFound
}

// orKarpenter gives better advice for the name of a Karpenter pool.
func orKarpenter(ctx context.Context, s *connect.Connection, name string, notFound error) error {
	var nodes corev1.NodeList
	if err := s.Cluster.Live().List(ctx, &nodes); err != nil {
		return errors.Join(notFound, err)
	}
	if finding, ok := preflight.KarpenterPool(name, nodes.Items); ok {
		return errors.New(finding.String())
	}
	return notFound
}
