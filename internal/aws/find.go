package aws

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// The tags that name a group's cluster, and those that name its node group.
const (
	tagClusterPrefix   = "kubernetes.io/cluster/"
	tagEksctlCluster   = "alpha.eksctl.io/cluster-name"
	tagEksctlNodegroup = "alpha.eksctl.io/nodegroup-name"
	tagNodegroup       = "nodelift.dev/nodegroup"
	tagManaged         = "eks:nodegroup-name"
	tagKops            = "kops.k8s.io/instancegroup"
)

// Find returns the Auto Scaling group that a person means by a name: the group with that
// name, or the one that belongs to the cluster (by its tags) and whose node group tag has
// that name. If there is none or several, the error lists the choice; none is
// upgrade.ErrNotFound. Groups that EKS manages are found, too, so that they can be refused
// with the right advice.
func (g *Groups) Find(ctx context.Context, name, cluster string) (string, error) {
	_, err := g.describe(ctx, name)
	if err == nil {
		return name, nil
	}
	if !errors.Is(err, upgrade.ErrNotFound) {
		return "", err
	}
	groups, err := g.ofCluster(ctx, cluster)
	if err != nil {
		return "", err
	}
	return choose(groups, name, cluster, g.region)
}

// ofCluster returns the groups whose tags say that they belong to a cluster, by name.
func (g *Groups) ofCluster(ctx context.Context, cluster string) (map[string]types.AutoScalingGroup, error) {
	found := map[string]types.AutoScalingGroup{}
	for _, filter := range []types.Filter{
		{Name: sdk.String("tag-key"), Values: []string{tagClusterPrefix + cluster}},
		{Name: sdk.String("tag:" + tagEksctlCluster), Values: []string{cluster}},
	} {
		groups, err := g.list(ctx, &autoscaling.DescribeAutoScalingGroupsInput{
			Filters: []types.Filter{filter}, IncludeInstances: sdk.Bool(false),
		})
		if err != nil {
			return nil, explain(err, "describe", "the groups of cluster "+cluster)
		}
		for _, group := range groups {
			found[sdk.ToString(group.AutoScalingGroupName)] = group
		}
	}
	return found, nil
}

// OfCluster returns the groups of a cluster, by name: those whose tags say so, and those
// with an instance (given by id) that is a node of the cluster. It reads all groups of the
// account and region.
func (g *Groups) OfCluster(ctx context.Context, cluster string, nodes map[string]bool) ([]Details, error) {
	all, err := g.list(ctx, &autoscaling.DescribeAutoScalingGroupsInput{})
	if err != nil {
		return nil, explain(err, "describe", "the groups of cluster "+cluster)
	}
	var found []Details
	for _, raw := range all {
		tags := tagsOf(raw)
		_, tagged := tags[tagClusterPrefix+cluster]
		joined := slices.ContainsFunc(memberIDs(raw.Instances), func(id string) bool { return nodes[id] })
		if tagged || joined || tags[tagEksctlCluster] == cluster {
			found = append(found, detailsFrom(raw))
		}
	}
	slices.SortFunc(found, func(a, b Details) int { return cmp.Compare(a.Name, b.Name) })
	return found, nil
}

func choose(groups map[string]types.AutoScalingGroup, name, cluster, region string) (string, error) {
	var matches []string
	for group, raw := range maps.All(groups) {
		if slices.Contains(nodegroupNames(raw), name) {
			matches = append(matches, group)
		}
	}
	slices.Sort(matches)
	switch {
	case len(matches) == 1:
		return matches[0], nil
	case len(matches) > 1:
		return "", fmt.Errorf("%s is the name of %d Auto Scaling groups of cluster %s in %s (%s); name one of them",
			name, len(matches), cluster, region, strings.Join(matches, ", "))
	case len(groups) == 0:
		return "", fmt.Errorf("node group %s: %w; no Auto Scaling group in %s is tagged %s%s or %s=%s, "+
			"so check the cluster's name and the region", name, upgrade.ErrNotFound, region, tagClusterPrefix, cluster, tagEksctlCluster, cluster)
	}
	return "", fmt.Errorf("node group %s: %w; cluster %s in %s has %s",
		name, upgrade.ErrNotFound, cluster, region, strings.Join(described(groups), ", "))
}

// nodegroupNames returns the names that a group's tags give it.
func nodegroupNames(raw types.AutoScalingGroup) []string { return namesIn(tagsOf(raw)) }

// NodegroupName returns the name of the node group in a group's tags, "" if there is none.
func NodegroupName(tags map[string]string) string {
	if names := namesIn(tags); len(names) > 0 {
		return names[0]
	}
	return ""
}

func namesIn(tags map[string]string) []string {
	names := []string{tags[tagEksctlNodegroup], tags[tagNodegroup], tags[tagManaged], tags[tagKops]}
	return slices.DeleteFunc(names, func(name string) bool { return name == "" })
}

// described lists groups with their other names.
func described(groups map[string]types.AutoScalingGroup) []string {
	var all []string
	for group, raw := range maps.All(groups) {
		if names := nodegroupNames(raw); len(names) > 0 {
			group = fmt.Sprintf("%s (%s)", group, names[0])
		}
		all = append(all, group)
	}
	slices.Sort(all)
	return all
}
