package run

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/nodelift/nodelift/internal/aws"
	"github.com/nodelift/nodelift/internal/cli/find"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// chosen are the groups that the request chooses, sorted by what people call them.
func (u *upgrading) chosen(ctx context.Context) ([]*groupUpgrade, error) {
	known, err := u.Cluster.NodeGroups(ctx)
	if err != nil {
		return nil, err
	}
	if !u.o.Choice.Several {
		group, err := find.AutoScalingGroup(ctx, u.Connection, u.o.Choice.Name, u.o.Cluster)
		return []*groupUpgrade{u.newGroup(known, group, "")}, err
	}
	instances, err := u.instances(ctx)
	if err != nil {
		return nil, err
	}
	found, err := u.Cloud.Groups.OfCluster(ctx, u.o.Cluster, instances)
	if err != nil {
		return nil, err
	}
	meant := slices.DeleteFunc(slices.Clone(found), func(d aws.Details) bool { return !u.o.Choice.Selector.Chooses(d.Tags) })
	switch {
	case len(found) == 0:
		return nil, fmt.Errorf("cluster %s has no Auto Scaling group in %s: none is tagged for it, and none of its nodes is an instance of one; "+
			"look at the cluster's name and the region", u.o.Cluster, u.Cloud.Region)
	case len(meant) == 0:
		return nil, fmt.Errorf("none of the %d Auto Scaling groups of cluster %s has the tags %s", len(found), u.o.Cluster, u.o.Choice.Selector)
	}
	labels := labelsOf(meant)
	var groups []*groupUpgrade
	for _, d := range meant {
		groups = append(groups, u.newGroup(known, d.Name, labels[d.Name]))
	}
	slices.SortFunc(groups, func(a, b *groupUpgrade) int { return cmp.Compare(a.Label, b.Label) })
	return groups, nil
}

// instances are the ids of the instances that are nodes of the cluster.
func (u *upgrading) instances(ctx context.Context) (map[string]bool, error) {
	var nodes corev1.NodeList
	if err := u.Cluster.Live().List(ctx, &nodes); err != nil {
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

// labelsOf is what people call each of some groups: the name in its tags if no other group
// has it, else the name of the Auto Scaling group.
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
