package aws

import (
	"context"
	"errors"
	"maps"
	"slices"
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
	Subnet       string // "" for the default one
	// Tags are those that the group gives its instances.
	Tags map[string]string
}

// MayLaunch asks EC2 whether these credentials may have an instance launched, and whether it would be:
// AWS asks for the same permissions when a group is pointed at a version (ec2:RunInstances, for a version
// with tags ec2:CreateTags, for one with an instance profile iam:PassRole), but does not say then which
// one is missing. Nothing is launched.
//
// The group's tags are not the caller's business: Auto Scaling's own role sets them. But an organisation
// may demand them of whoever launches instances. So they are sent if EC2 refuses a launch without them.
//
// It is upgrade.ErrForbidden without the permission, upgrade.ErrNotFound if something that the version
// names does not exist, and ErrNotLaunched with EC2's words for another reason.
func (t *Templates) MayLaunch(ctx context.Context, l Launch) error {
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
	data, err := t.data(ctx, l.From)
	if err != nil {
		return err
	}
	if data.InstanceType == "" && l.InstanceType == "" {
		return nil // chosen by requirements at each launch
	}
	if l.Subnet != "" {
		place(in, l.Subnet, data.NetworkInterfaces)
	}
	err = t.tryLaunch(ctx, in)
	if isForbidden(code(err)) && len(l.Tags) > 0 {
		in.TagSpecifications = tagged(data.TagSpecifications, l.Tags)
		withTags := t.tryLaunch(ctx, in)
		if !isForbidden(code(withTags)) {
			err = withTags
		}
	}
	return wouldLaunch(err, templateName(l.From))
}

func (t *Templates) tryLaunch(ctx context.Context, in *ec2.RunInstancesInput) error {
	_, err := t.compute.RunInstances(ctx, in, func(o *ec2.Options) { o.Retryer = sdk.NopRetryer{} })
	return err
}

// tagged are the tags of a version with those of a group. A request with tags replaces the version's.
// Those that begin with aws: are AWS's own to set.
func tagged(version []types.LaunchTemplateTagSpecification, group map[string]string) []types.TagSpecification {
	tags := map[string]string{}
	var all []types.TagSpecification
	for _, s := range version {
		if s.ResourceType != types.ResourceTypeInstance {
			all = append(all, types.TagSpecification{ResourceType: s.ResourceType, Tags: s.Tags})
			continue
		}
		for _, tag := range s.Tags {
			tags[sdk.ToString(tag.Key)] = sdk.ToString(tag.Value)
		}
	}
	maps.Copy(tags, group)
	instance := types.TagSpecification{ResourceType: types.ResourceTypeInstance}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		if !strings.HasPrefix(key, "aws:") {
			instance.Tags = append(instance.Tags, types.Tag{Key: &key, Value: sdk.String(tags[key])})
		}
	}
	return append(all, instance)
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

// ErrNotLaunched says that EC2 would not launch an instance.
var ErrNotLaunched = errors.New("EC2 would not launch it")

func wouldLaunch(err error, template string) error {
	explained := explain(err, "try to launch from", template)
	switch code := code(err); {
	case code == "DryRunOperation": // AWS's word for yes
		return nil
	case errors.Is(explained, upgrade.ErrNotFound):
		return failed(err, upgrade.ErrNotFound, "%s", lastWords(err))
	case code == "" || isForbidden(code) || refusesCredentials(err) || isLater(err):
		return explained
	}
	return failed(err, ErrNotLaunched, "%s", lastWords(err))
}
