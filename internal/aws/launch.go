package aws

import (
	"context"
	"errors"
	"strconv"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Launch is what a group would launch from a template version with another image.
type Launch struct {
	From         upgrade.TemplateVersion
	Image        string // "" for the version's own
	InstanceType string // "" for the version's own
	// Subnets are those of the group, none for the default one. A launch is tried in each.
	Subnets []string
}

// MayLaunch asks EC2 whether these credentials may have an instance launched, and whether it would be:
// AWS asks for the same permissions when a group is pointed at a version (ec2:RunInstances, for a version
// with tags ec2:CreateTags, for one with an instance profile iam:PassRole), but does not say then which
// one is missing. Nothing is launched.
//
// It is upgrade.ErrForbidden without the permission, upgrade.ErrNotFound if something that the version
// names does not exist, ErrNoSubnet if a subnet of the group does not, and ErrNotLaunched with EC2's words
// for another reason.
func (t *Templates) MayLaunch(ctx context.Context, l Launch) error {
	data, err := t.data(ctx, l.From)
	if err != nil {
		return err
	}
	if data.InstanceType == "" && l.InstanceType == "" {
		return nil // chosen by requirements at each launch
	}
	if len(l.Subnets) == 0 {
		_, err := t.compute.RunInstances(ctx, l.dryRun(), once)
		return wouldLaunch(err, templateName(l.From), "")
	}
	for _, subnet := range l.Subnets {
		in := l.dryRun()
		place(in, subnet, data.NetworkInterfaces)
		_, err := t.compute.RunInstances(ctx, in, once)
		if err := wouldLaunch(err, templateName(l.From), subnet); err != nil {
			return err
		}
	}
	return nil
}

// once makes a call that is not repeated: the answer is what counts.
func once(o *ec2.Options) { o.Retryer = sdk.NopRetryer{} }

func (l Launch) dryRun() *ec2.RunInstancesInput {
	in := &ec2.RunInstancesInput{
		DryRun: sdk.Bool(true), MinCount: sdk.Int32(1), MaxCount: sdk.Int32(1),
		LaunchTemplate: &types.LaunchTemplateSpecification{
			LaunchTemplateId: &l.From.ID, Version: sdk.String(strconv.FormatInt(l.From.Number, 10)),
		},
		InstanceType: types.InstanceType(l.InstanceType),
	}
	if l.Image != "" {
		in.ImageId = &l.Image
	}
	return in
}

// place launches into a subnet. Where the version has network interfaces of its own, EC2 takes the subnet
// only with them.
func place(in *ec2.RunInstancesInput, subnet string, interfaces []types.LaunchTemplateInstanceNetworkInterfaceSpecification) {
	if len(interfaces) == 0 {
		in.SubnetId = &subnet
		return
	}
	for _, i := range interfaces {
		in.NetworkInterfaces = append(in.NetworkInterfaces, types.InstanceNetworkInterfaceSpecification{
			DeviceIndex: i.DeviceIndex, NetworkCardIndex: i.NetworkCardIndex, InterfaceType: i.InterfaceType,
			Groups: i.Groups, SubnetId: &subnet,
		})
	}
}

// ErrNotLaunched says that EC2 would not launch an instance, and ErrNoSubnet that this is because the group
// names a subnet that does not exist.
var (
	ErrNotLaunched = errors.New("EC2 would not launch it")
	ErrNoSubnet    = errors.New("the group names a subnet that does not exist")
)

// wouldLaunch turns EC2's answer to a dry run, in a subnet or "" for the default one, into an error.
func wouldLaunch(err error, template, subnet string) error {
	explained := explain(err, "try to launch from", template)
	switch code := code(err); {
	case code == "DryRunOperation": // AWS's word for yes
		return nil
	case code == "" || isForbidden(code) || refusesCredentials(err) || isLater(err):
		return explained
	case code == "InvalidSubnetID.NotFound" && subnet != "":
		return failed(err, ErrNoSubnet, "%s", lastWords(err))
	case namesNothing(code, message(err)), isNotShared(err):
		return failed(err, upgrade.ErrNotFound, "%s", lastWords(err))
	}
	if subnet != "" {
		return failed(err, ErrNotLaunched, "in subnet %s: %s", subnet, lastWords(err))
	}
	return failed(err, ErrNotLaunched, "%s", lastWords(err))
}

// namesNothing reports whether EC2 says that something in a template does not exist. It has no code of its
// own for an instance profile.
func namesNothing(code, message string) bool {
	return strings.HasPrefix(code, "Invalid") && strings.Contains(code, "NotFound") || code == "InvalidPlacementGroup.Unknown" ||
		strings.Contains(message, "Invalid IAM Instance Profile")
}
