package aws

import (
	"context"
	"fmt"
	"slices"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// A new version of a launch template takes over everything of its source version but the snapshots in
// block device mappings, which EC2 leaves out unless they are sent again (CreateLaunchTemplateVersion,
// SourceVersion). Without its snapshot a volume comes up empty, or cannot be made at all.

// mappings returns the block device mappings to send for a version with another image: all of the
// source version's if one has a snapshot, otherwise none, since EC2 takes them over. The snapshot of a
// root device stays behind: it belongs to the old image.
//
// They depend on nothing that may change between two tries: EC2 refuses a client token that comes with
// another request than before. So the old image is not asked for its root device, since it may be gone by
// then.
func (t *Templates) mappings(
	ctx context.Context, from upgrade.TemplateVersion, image string,
) ([]types.LaunchTemplateBlockDeviceMappingRequest, error) {
	data, err := t.data(ctx, from)
	if err != nil || !slices.ContainsFunc(data.BlockDeviceMappings, hasSnapshot) {
		return nil, err
	}
	roots, err := t.rootDevices(ctx, image)
	if err != nil {
		return nil, err
	}
	var all []types.LaunchTemplateBlockDeviceMappingRequest
	for _, mapping := range data.BlockDeviceMappings {
		isRoot := slices.Contains(roots, sdk.ToString(mapping.DeviceName))
		if isRoot && mapping.Ebs != nil {
			ebs := *mapping.Ebs
			ebs.SnapshotId = nil
			mapping.Ebs = &ebs
		}
		all = append(all, mappingToSend(mapping))
	}
	return all, nil
}

func hasSnapshot(m types.LaunchTemplateBlockDeviceMapping) bool {
	return m.Ebs != nil && m.Ebs.SnapshotId != nil
}

// rootDevices are the root device of an image, and those that EC2 reserves for the roots of all others
// ("Reserved for root: differs by AMI: /dev/sda1 or /dev/xvda"):
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/device_naming.html
func (t *Templates) rootDevices(ctx context.Context, image string) ([]string, error) {
	described, err := describeImages(ctx, t.compute, image)
	if err != nil {
		return nil, err
	}
	if len(described) == 0 {
		return nil, fmt.Errorf("image %s: %w", image, upgrade.ErrNotFound)
	}
	return []string{sdk.ToString(described[0].RootDeviceName), "/dev/sda1", "/dev/xvda"}, nil
}

// mappingToSend is a mapping as EC2 accepts it in a request. Its answers have other types.
func mappingToSend(m types.LaunchTemplateBlockDeviceMapping) types.LaunchTemplateBlockDeviceMappingRequest {
	out := types.LaunchTemplateBlockDeviceMappingRequest{DeviceName: m.DeviceName, NoDevice: m.NoDevice, VirtualName: m.VirtualName}
	if e := m.Ebs; e != nil {
		out.Ebs = &types.LaunchTemplateEbsBlockDeviceRequest{
			DeleteOnTermination: e.DeleteOnTermination, EbsCardIndex: e.EbsCardIndex, Encrypted: e.Encrypted, Iops: e.Iops,
			KmsKeyId: e.KmsKeyId, SnapshotId: e.SnapshotId, Throughput: e.Throughput,
			VolumeInitializationRate: e.VolumeInitializationRate, VolumeSize: e.VolumeSize, VolumeType: e.VolumeType,
		}
	}
	return out
}
