package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/aws"
	"github.com/nodelift/nodelift/internal/preflight"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// chosen are the groups that the line chooses, by what people call them.
func (u *upgrading) chosen(ctx context.Context) ([]*groupUpgrade, error) {
	known, err := u.cluster.NodeGroups(ctx)
	if err != nil {
		return nil, err
	}
	if !u.o.choice.several {
		group, err := u.findGroup(ctx, u.o.choice.name, u.o.cluster)
		return []*groupUpgrade{u.newGroup(known, group, "")}, err
	}
	instances, err := u.instances(ctx)
	if err != nil {
		return nil, err
	}
	found, err := u.cloud.Groups.OfCluster(ctx, u.o.cluster, instances)
	if err != nil {
		return nil, err
	}
	meant := slices.DeleteFunc(slices.Clone(found), func(d aws.Details) bool { return !u.o.choice.selector.chooses(d.Tags) })
	switch {
	case len(found) == 0:
		return nil, fmt.Errorf("cluster %s has no Auto Scaling group in %s: none is tagged for it, and none of its nodes is an instance of one; "+
			"look at the cluster's name and the region", u.o.cluster, u.cloud.Region)
	case len(meant) == 0:
		return nil, fmt.Errorf("none of the %d Auto Scaling groups of cluster %s has the tags %s", len(found), u.o.cluster, u.o.choice.selector)
	}
	labels := labelsOf(meant)
	var groups []*groupUpgrade
	for _, d := range meant {
		groups = append(groups, u.newGroup(known, d.Name, labels[d.Name]))
	}
	slices.SortFunc(groups, func(a, b *groupUpgrade) int { return cmp.Compare(a.label, b.label) })
	return groups, nil
}

// instances are the ids of the instances that are nodes of the cluster.
func (u *upgrading) instances(ctx context.Context) (map[string]bool, error) {
	var nodes corev1.NodeList
	if err := u.cluster.Live().List(ctx, &nodes); err != nil {
		return nil, fmt.Errorf("list nodes: %w", err)
	}
	ids := map[string]bool{}
	for _, node := range nodes.Items {
		if id := (upgrade.Node{Provider: node.Spec.ProviderID}).Instance(); id != "" {
			ids[id] = true
		}
	}
	return ids, nil
}

// labelsOf is what people call each of some groups: what the tags say where that
// is one group's alone, else the Auto Scaling group's own name.
func labelsOf(groups []aws.Details) map[string]string {
	times := map[string]int{}
	for _, d := range groups {
		times[aws.NodegroupName(d.Tags)]++
	}
	labels := map[string]string{}
	for _, d := range groups {
		labels[d.Name] = d.Name
		if name := aws.NodegroupName(d.Tags); name != "" && times[name] == 1 {
			labels[d.Name] = name
		}
	}
	return labels
}

// findGroup returns the Auto Scaling group that a person means by name: that of
// the NodeGroup of this name, or what AWS finds.
func (s *connection) findGroup(ctx context.Context, name, cluster string) (string, error) {
	known, err := s.cluster.NodeGroup(ctx, name)
	switch {
	case err == nil && known.Spec.Region != s.cloud.Region:
		return "", fmt.Errorf("node group %s is in region %s, and this command works in %s; give --region %s",
			name, known.Spec.Region, s.cloud.Region, known.Spec.Region)
	case err == nil:
		return known.Spec.AutoScalingGroup, nil
	case !errors.Is(err, upgrade.ErrNotFound):
		return "", err
	}
	group, err := s.cloud.Groups.Find(ctx, name, cluster)
	if errors.Is(err, upgrade.ErrNotFound) {
		return "", s.orKarpenter(ctx, name, err)
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

// runningOf returns the update of a node group that is under way, or the first that is
// to be; nil if there is none.
func (s *connection) runningOf(ctx context.Context, nodeGroup string) (*v1alpha1.NodeGroupUpdate, error) {
	updates, err := s.cluster.Updates(ctx)
	if err != nil {
		return nil, err
	}
	return firstUnder(updates, nodeGroup), nil
}

// firstUnder returns that of some updates which has not ended and is worked on first
// of those of a node group, or nil.
func firstUnder(updates []v1alpha1.NodeGroupUpdate, nodeGroup string) (first *v1alpha1.NodeGroupUpdate) {
	for i := range updates {
		u := &updates[i]
		if u.Spec.NodeGroup == nodeGroup && !u.Ended() && (first == nil || u.GoesBefore(first)) {
			first = u
		}
	}
	return first
}
