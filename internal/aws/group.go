package aws

import (
	"cmp"
	"slices"
	"strconv"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// groupFrom combines what Auto Scaling and EC2 say about a group.
func groupFrom(raw types.AutoScalingGroup, known map[string]fact) upgrade.Group {
	group := upgrade.Group{
		Name:     sdk.ToString(raw.AutoScalingGroupName),
		ARN:      sdk.ToString(raw.AutoScalingGroupARN),
		Min:      int(sdk.ToInt32(raw.MinSize)),
		Size:     upgrade.Size{Max: int(sdk.ToInt32(raw.MaxSize)), Desired: int(sdk.ToInt32(raw.DesiredCapacity))},
		Zones:    slices.Sorted(slices.Values(raw.AvailabilityZones)),
		Template: refFrom(templateOf(raw)),
	}
	for _, process := range raw.SuspendedProcesses {
		group.Suspended = append(group.Suspended, sdk.ToString(process.ProcessName))
	}
	slices.Sort(group.Suspended)
	for _, member := range raw.Instances {
		group.Instances = append(group.Instances, instanceFrom(member, known[sdk.ToString(member.InstanceId)]))
	}
	return group
}

func instanceFrom(member types.Instance, known fact) upgrade.Instance {
	ref := refFrom(member.LaunchTemplate)
	number, _ := strconv.ParseInt(ref.Version, 10, 64) // 0 for one from a launch configuration
	return upgrade.Instance{
		ID:        sdk.ToString(member.InstanceId),
		Zone:      sdk.ToString(member.AvailabilityZone),
		Lifecycle: lifecycleFrom(member.LifecycleState, known),
		// Auto Scaling names an image where an instance refresh has replaced it.
		Image:     cmp.Or(sdk.ToString(member.ImageId), known.image),
		Template:  upgrade.TemplateVersion{ID: ref.ID, Name: ref.Name, Number: number},
		Launched:  known.launched,
		Protected: sdk.ToBool(member.ProtectedFromScaleIn),
		Hostname:  known.hostname,
		Arch:      known.arch,
	}
}

// lifecycleFrom prefers EC2's word for an instance that ended without its group, which
// notices that only minutes later.
func lifecycleFrom(state types.LifecycleState, known fact) upgrade.Lifecycle {
	lifecycle := upgrade.Lifecycle(state)
	if lifecycle.IsTerminating() {
		return lifecycle
	}
	switch known.state {
	case ec2ShuttingDown:
		return upgrade.ShuttingDown
	case ec2Terminated:
		return upgrade.Terminated
	}
	return lifecycle
}

// templateOf returns the launch template that a group names, directly or in its mixed
// instances policy; nil for a group with a launch configuration.
func templateOf(raw types.AutoScalingGroup) *types.LaunchTemplateSpecification {
	if policy := raw.MixedInstancesPolicy; policy != nil && policy.LaunchTemplate != nil {
		return policy.LaunchTemplate.LaunchTemplateSpecification
	}
	return raw.LaunchTemplate
}

func refFrom(spec *types.LaunchTemplateSpecification) upgrade.TemplateRef {
	if spec == nil {
		return upgrade.TemplateRef{}
	}
	ref := upgrade.TemplateRef{
		ID:      sdk.ToString(spec.LaunchTemplateId),
		Name:    sdk.ToString(spec.LaunchTemplateName),
		Version: sdk.ToString(spec.Version),
	}
	if ref.Version == "" {
		ref.Version = versionDefault // AWS's meaning of none
	}
	return ref
}

func memberIDs(instances []types.Instance) []string {
	ids := make([]string, 0, len(instances))
	for _, member := range instances {
		ids = append(ids, sdk.ToString(member.InstanceId))
	}
	return ids
}
