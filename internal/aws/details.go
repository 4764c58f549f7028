package aws

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Details is what the checks before an upgrade need to know about a group and the upgrade
// itself does not.
type Details struct {
	Name string
	ARN  string
	Tags map[string]string
	// Deleting is true if the group is being deleted.
	Deleting bool
	// Operator is the only AWS service that may change the group, "" for none.
	Operator string
	// LaunchConfiguration is the name of the one that the group uses instead of a launch
	// template, "" for none.
	LaunchConfiguration string
	// Overrides are the instance types of its mixed instances policy that have a
	// launch template or an image of their own.
	Overrides []string
	// Subnets are those in which it launches, empty for the default ones. InstanceType is that of its
	// first override, "" for that of its launch template.
	Subnets      []string
	InstanceType string
	// Weighted is true if the desired size counts something else than instances.
	Weighted bool
	// Rebalances is true if the group replaces Spot instances that EC2 warns about (Capacity Rebalancing).
	Rebalances bool
	// MaxLifetime is the age at which the group replaces an instance, without draining it;
	// 0 means never.
	MaxLifetime time.Duration
	// Policies are the names of its scaling policies, Scheduled its scheduled actions in
	// words, Hooks its lifecycle hooks.
	Policies  []string
	Scheduled []string
	Hooks     []Hook
	// Refresh is the instance refresh in progress, nil for none.
	Refresh *Refresh
	// Unknown says what could not be read, because a permission or the call is missing.
	Unknown []string
}

// Refresh is an instance refresh: AWS's own way to replace all instances.
type Refresh struct {
	ID      string
	Status  string // AWS's word: InProgress, Baking, …
	Percent int
}

// Details reads everything from AWS; it takes five calls.
func (g *Groups) Details(ctx context.Context, name string) (Details, error) {
	raw, err := g.describe(ctx, name)
	if err != nil {
		return Details{}, err
	}
	details := detailsFrom(raw)
	details.Refresh, err = g.refresh(ctx, name)
	switch {
	case isNotOffered(err):
		details.Unknown = append(details.Unknown, "instance refreshes: "+notOffered)
	case err != nil:
		return Details{}, err
	}
	return details, g.addAutomation(ctx, &details)
}

func detailsFrom(raw types.AutoScalingGroup) Details {
	details := Details{
		Name:                sdk.ToString(raw.AutoScalingGroupName),
		ARN:                 sdk.ToString(raw.AutoScalingGroupARN),
		Tags:                tagsOf(raw),
		Deleting:            sdk.ToString(raw.Status) != "", // the only status that AWS has
		LaunchConfiguration: sdk.ToString(raw.LaunchConfigurationName),
		Overrides:           ownOverrides(raw.MixedInstancesPolicy),
		Subnets:             subnetsOf(raw),
		InstanceType:        firstType(raw.MixedInstancesPolicy),
		Weighted:            isWeighted(raw),
		Rebalances:          sdk.ToBool(raw.CapacityRebalance),
		MaxLifetime:         time.Duration(sdk.ToInt32(raw.MaxInstanceLifetime)) * time.Second,
	}
	if raw.Operator != nil {
		details.Operator = sdk.ToString(raw.Operator.Principal)
	}
	return details
}

func subnetsOf(raw types.AutoScalingGroup) []string {
	return strings.FieldsFunc(sdk.ToString(raw.VPCZoneIdentifier), func(r rune) bool { return r == ',' || r == ' ' })
}

func firstType(policy *types.MixedInstancesPolicy) string {
	if policy == nil || policy.LaunchTemplate == nil || len(policy.LaunchTemplate.Overrides) == 0 {
		return ""
	}
	return sdk.ToString(policy.LaunchTemplate.Overrides[0].InstanceType)
}

func tagsOf(raw types.AutoScalingGroup) map[string]string {
	tags := map[string]string{}
	for _, tag := range raw.Tags {
		tags[sdk.ToString(tag.Key)] = sdk.ToString(tag.Value)
	}
	return tags
}

// isWeighted reports whether the desired size counts something else than instances, or some
// instances count for more than one.
func isWeighted(raw types.AutoScalingGroup) bool {
	if kind := sdk.ToString(raw.DesiredCapacityType); kind != "" && kind != "units" {
		return true
	}
	if policy := raw.MixedInstancesPolicy; policy != nil && policy.LaunchTemplate != nil {
		return slices.ContainsFunc(policy.LaunchTemplate.Overrides, func(o types.LaunchTemplateOverrides) bool {
			weight := sdk.ToString(o.WeightedCapacity)
			return weight != "" && weight != "1"
		})
	}
	return false
}

// ownOverrides returns the overrides that would not use a new version of the group's launch
// template.
func ownOverrides(policy *types.MixedInstancesPolicy) []string {
	if policy == nil || policy.LaunchTemplate == nil {
		return nil
	}
	var own []string
	for i, override := range policy.LaunchTemplate.Overrides {
		if override.LaunchTemplateSpecification == nil && override.ImageId == nil {
			continue
		}
		name := sdk.ToString(override.InstanceType)
		if name == "" { // chosen by requirements
			name = fmt.Sprintf("override %d", i+1)
		}
		own = append(own, name)
	}
	return own
}

func (g *Groups) refresh(ctx context.Context, name string) (*Refresh, error) {
	out, err := g.scaling.DescribeInstanceRefreshes(ctx, &autoscaling.DescribeInstanceRefreshesInput{AutoScalingGroupName: &name})
	if err != nil {
		return nil, explain(err, "describe the instance refreshes of", "group "+name)
	}
	for _, r := range out.InstanceRefreshes { // newest first
		if isUnderWay(r.Status) {
			return &Refresh{
				ID: sdk.ToString(r.InstanceRefreshId), Status: string(r.Status), Percent: int(sdk.ToInt32(r.PercentageComplete)),
			}, nil
		}
	}
	return nil, nil
}

func isUnderWay(status types.InstanceRefreshStatus) bool {
	return slices.Contains([]types.InstanceRefreshStatus{
		types.InstanceRefreshStatusPending, types.InstanceRefreshStatusInProgress, types.InstanceRefreshStatusBaking,
		types.InstanceRefreshStatusCancelling, types.InstanceRefreshStatusRollbackInProgress,
	}, status)
}

// Following returns the other groups of the account that follow $Latest of a launch
// template: they would use a new version at once.
func (g *Groups) Following(ctx context.Context, group string, template upgrade.TemplateRef) ([]string, error) {
	all, err := g.list(ctx, &autoscaling.DescribeAutoScalingGroupsInput{IncludeInstances: sdk.Bool(false)})
	if err != nil {
		return nil, explain(err, "describe", "the groups that use launch template "+template.ID)
	}
	var following []string
	for _, raw := range all {
		name := sdk.ToString(raw.AutoScalingGroupName)
		if name != group && followsLatest(raw, template.ID) {
			following = append(following, name)
		}
	}
	return following, nil
}

// followsLatest also looks at the overrides, each of which may name a launch template.
func followsLatest(raw types.AutoScalingGroup, template string) bool {
	specs := []*types.LaunchTemplateSpecification{templateOf(raw)}
	if policy := raw.MixedInstancesPolicy; policy != nil && policy.LaunchTemplate != nil {
		for _, override := range policy.LaunchTemplate.Overrides {
			specs = append(specs, override.LaunchTemplateSpecification)
		}
	}
	return slices.ContainsFunc(specs, func(spec *types.LaunchTemplateSpecification) bool {
		ref := refFrom(spec)
		return ref.ID == template && ref.Version == versionLatest
	})
}
