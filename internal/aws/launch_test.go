package aws_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/nodelift/nodelift/internal/aws"
	"github.com/nodelift/nodelift/internal/fakeaws"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// eksctls adds a version as eksctl writes it: tags, an instance profile, a network interface.
func (w *world) eksctls() upgrade.TemplateVersion {
	w.t.Helper()
	_, err := w.ec2().CreateLaunchTemplateVersion(context.Background(), &ec2.CreateLaunchTemplateVersionInput{
		LaunchTemplateId: &w.template.ID,
		LaunchTemplateData: &types.RequestLaunchTemplateData{
			ImageId: &w.image.ID, InstanceType: "m5.xlarge",
			IamInstanceProfile: &types.LaunchTemplateIamInstanceProfileSpecificationRequest{Name: sdk.String("nodes")},
			NetworkInterfaces: []types.LaunchTemplateInstanceNetworkInterfaceSpecificationRequest{
				{DeviceIndex: sdk.Int32(0), Groups: []string{"sg-1"}},
			},
			Placement: &types.LaunchTemplatePlacementRequest{GroupName: sdk.String("near")},
			TagSpecifications: []types.LaunchTemplateTagSpecificationRequest{
				{ResourceType: "instance", Tags: []types.Tag{{Key: sdk.String("Name"), Value: sdk.String("nodes")}}},
			},
		},
	})
	must(w.t, err)
	version, err := w.resolve("$Latest")
	must(w.t, err)
	return version
}

func (w *world) mayLaunch(change func(*aws.Launch)) error {
	details, err := w.aws.Groups.Details(context.Background(), group)
	must(w.t, err)
	l := aws.Launch{From: w.eksctls(), Image: newImage(w), InstanceType: details.InstanceType}
	if change != nil {
		change(&l)
	}
	return w.aws.Templates.MayLaunch(context.Background(), l)
}

func TestMayLaunch(t *testing.T) {
	w := newWorld(t)
	subnets, err := w.ec2().DescribeSubnets(context.Background(), &ec2.DescribeSubnetsInput{})
	must(t, err)
	must(t, w.mayLaunch(nil))
	must(t, w.mayLaunch(func(l *aws.Launch) { l.Subnets = []string{*subnets.Subnets[0].SubnetId} }))
	if n := len(w.Instances()); n != 3 {
		t.Errorf("%d instances, want 3: nothing is launched", n)
	}
	err = w.mayLaunch(func(l *aws.Launch) { l.Subnets = []string{*subnets.Subnets[0].SubnetId, "subnet-0123456789abcdef0"} })
	if !errors.Is(err, aws.ErrNoSubnet) || !strings.Contains(err.Error(), "The subnet ID 'subnet-0123456789abcdef0' does not exist") {
		t.Errorf("a subnet that does not exist: %v", err)
	}
	for resource, says := range map[string]string{
		"sg-1": "The security group 'sg-1' does not exist", "nodes": "Value (nodes) for parameter iamInstanceProfile.name is invalid",
		"near": "The Placement Group 'near' is unknown",
	} {
		fault, err := w.SetFault(fakeaws.Fault{Name: fakeaws.FaultMissing, Resource: resource})
		must(t, err)
		if err := w.mayLaunch(nil); !errors.Is(err, upgrade.ErrNotFound) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s that does not exist: %v", resource, err)
		}
		must(t, w.ClearFaults(fault.ID))
	}
	private, err := w.SetFault(fakeaws.Fault{Name: fakeaws.FaultPrivateImage, Image: newImage(w)})
	must(t, err)
	err = w.mayLaunch(nil)
	if errors.Is(err, upgrade.ErrCredentials) || !errors.Is(err, upgrade.ErrNotFound) || !strings.Contains(err.Error(), "Not authorized for images: ["+newImage(w)+"]") {
		t.Errorf("an image that is not shared: %v", err)
	}
	must(t, w.ClearFaults(private.ID))
	err = w.mayLaunch(func(l *aws.Launch) { l.InstanceType, l.Subnets = "m6g.xlarge", []string{*subnets.Subnets[0].SubnetId} })
	if !errors.Is(err, aws.ErrNotLaunched) || !strings.HasPrefix(err.Error(), "in subnet "+*subnets.Subnets[0].SubnetId) || !strings.Contains(err.Error(), "architecture") {
		t.Errorf("an instance type of another architecture: %v", err)
	}
}

// What a launch template with tags and a profile takes is found out before anything is changed, by name.
// Auto Scaling itself says only that the template may not be used.
func TestMayLaunchNamesTheMissingPermission(t *testing.T) {
	for action, on := range map[string]string{
		"ec2:RunInstances": "launch template ", "ec2:CreateTags": "arn:aws:ec2:us-west-2:123456789012:instance/*", "iam:PassRole": "arn:aws:iam::123456789012:role/nodes",
	} {
		w := newWorld(t)
		version := w.eksctls()
		w.Deny(key, action)
		refused := w.mayLaunch(nil)
		if !errors.Is(refused, upgrade.ErrForbidden) || !strings.Contains(refused.Error(), action+" on "+on) || !strings.Contains(refused.Error(), "launch template "+w.template.ID) {
			t.Errorf("without %s on %s: %v", action, on, refused)
		}
		err := w.aws.Templates.Use(context.Background(), group, version.Ref())
		if !errors.Is(err, upgrade.ErrForbidden) || !strings.Contains(err.Error(), "You are not authorized to use launch template") ||
			!strings.Contains(err.Error(), action) {
			t.Errorf("without %s: %v", action, err)
		}
		must(t, w.aws.Templates.Use(context.Background(), group, upgrade.TemplateRef{ID: w.template.ID, Version: "$Default"})) // not checked by AWS
	}
}
