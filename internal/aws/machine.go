package aws

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Machine is what an image asks of the machine that it starts on.
type Machine struct {
	Image string
	Owner string // its account
	// OwnerAlias is AWS's name for a well-known owner, such as amazon; "" for others.
	OwnerAlias string
	Volumes    []Volume // the root volume first
	BootMode   string   // EC2's word: uefi, uefi-preferred, legacy-bios; "" if it says nothing
	ENA        bool
}

// Volume is an EBS volume of an image, or one that a launch template maps.
type Volume struct {
	Device string
	Size   int // GiB; 0 if it is not said
}

// Machines describes what images ask for, by their ids. An image that does not exist any more, or that is
// private now, is missing in the answer.
func (s *Images) Machines(ctx context.Context, ids ...string) (map[string]Machine, error) {
	images, err := describeImages(ctx, s.compute, ids...)
	if err != nil {
		return nil, err
	}
	all := map[string]Machine{}
	for _, image := range images {
		all[sdk.ToString(image.ImageId)] = machineOf(image)
	}
	return all, nil
}

func machineOf(image types.Image) Machine {
	m := Machine{
		Image: sdk.ToString(image.ImageId), Owner: sdk.ToString(image.OwnerId), OwnerAlias: sdk.ToString(image.ImageOwnerAlias),
		BootMode: string(image.BootMode), ENA: sdk.ToBool(image.EnaSupport),
	}
	var others []Volume
	for _, mapping := range image.BlockDeviceMappings {
		if mapping.Ebs == nil {
			continue
		}
		v := Volume{Device: sdk.ToString(mapping.DeviceName), Size: int(sdk.ToInt32(mapping.Ebs.VolumeSize))}
		if v.Device == sdk.ToString(image.RootDeviceName) {
			m.Volumes = append(m.Volumes, v)
		} else {
			others = append(others, v)
		}
	}
	m.Volumes = append(m.Volumes, others...)
	return m
}

// Volumes are the EBS volumes that a version maps.
func (t *Templates) Volumes(ctx context.Context, of upgrade.TemplateVersion) ([]Volume, error) {
	data, err := t.data(ctx, of)
	if err != nil {
		return nil, err
	}
	var all []Volume
	for _, mapping := range data.BlockDeviceMappings {
		if mapping.Ebs != nil {
			all = append(all, Volume{Device: sdk.ToString(mapping.DeviceName), Size: int(sdk.ToInt32(mapping.Ebs.VolumeSize))})
		}
	}
	return all, nil
}
