package aws

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Use points a group at a version of a launch template. Everything else in a
// mixed instances policy stays as it is.
func (t *Templates) Use(ctx context.Context, group string, ref upgrade.TemplateRef) error {
	raw, err := t.groups.describe(ctx, group)
	if err != nil {
		return err
	}
	if present := refFrom(templateOf(raw)); present.ID == ref.ID && present.Version == ref.Version {
		return nil
	}
	in, err := pointAt(raw, ref)
	if err != nil {
		return fmt.Errorf("use launch template %s version %s in group %s: %w", ref.ID, ref.Version, group, err)
	}
	doing := fmt.Sprintf("use launch template %s version %s in", ref.ID, ref.Version)
	return explain(t.groups.update(ctx, in), doing, "group "+group)
}

// pointAt returns the change that makes a group use a launch template version.
func pointAt(raw types.AutoScalingGroup, ref upgrade.TemplateRef) (*autoscaling.UpdateAutoScalingGroupInput, error) {
	spec := &types.LaunchTemplateSpecification{LaunchTemplateId: &ref.ID, Version: &ref.Version}
	in := &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: raw.AutoScalingGroupName}
	switch {
	case raw.LaunchConfigurationName != nil:
		return nil, fmt.Errorf("it uses the launch configuration %s", *raw.LaunchConfigurationName)
	case raw.MixedInstancesPolicy == nil:
		in.LaunchTemplate = spec
		return in, nil
	}
	if own := ownOverrides(raw.MixedInstancesPolicy); len(own) > 0 {
		return nil, fmt.Errorf("overrides of its mixed instances policy have a template or an image of their own: %s",
			strings.Join(own, ", "))
	}
	in.MixedInstancesPolicy = withTemplate(*raw.MixedInstancesPolicy, spec)
	return in, nil
}

// withTemplate returns the policy with another launch template. AWS replaces a policy as a
// whole, so all of it has to be sent.
func withTemplate(policy types.MixedInstancesPolicy, spec *types.LaunchTemplateSpecification) *types.MixedInstancesPolicy {
	template := types.LaunchTemplate{}
	if policy.LaunchTemplate != nil {
		template = *policy.LaunchTemplate
	}
	template.LaunchTemplateSpecification = spec
	policy.LaunchTemplate = &template
	return &policy
}
