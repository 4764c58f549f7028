package aws_test

import (
	"context"
	"errors"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/nodelift/nodelift/internal/aws"
	"github.com/nodelift/nodelift/internal/fakeaws"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// ec2 is a client of EC2 that is not the product's.
func (w *world) ec2() *ec2.Client {
	w.t.Helper()
	cfg, err := config.LoadDefaultConfig(context.Background())
	must(w.t, err)
	return ec2.NewFromConfig(cfg, func(o *ec2.Options) { o.Retryer = sdk.NopRetryer{} })
}

// mapped adds a version to the template that has block device mappings, and returns its data.
func (w *world) mapped(mappings ...types.LaunchTemplateBlockDeviceMappingRequest) upgrade.TemplateVersion {
	w.t.Helper()
	_, err := w.ec2().CreateLaunchTemplateVersion(context.Background(), &ec2.CreateLaunchTemplateVersionInput{
		LaunchTemplateId: &w.template.ID,
		LaunchTemplateData: &types.RequestLaunchTemplateData{
			ImageId: &w.image.ID, InstanceType: "m5.xlarge", BlockDeviceMappings: mappings,
		},
	})
	must(w.t, err)
	version, err := w.resolve("$Latest")
	must(w.t, err)
	return version
}

func (w *world) mappings(version string) []types.LaunchTemplateBlockDeviceMapping {
	w.t.Helper()
	out, err := w.ec2().DescribeLaunchTemplateVersions(context.Background(), &ec2.DescribeLaunchTemplateVersionsInput{
		LaunchTemplateId: &w.template.ID, Versions: []string{version},
	})
	must(w.t, err)
	return out.LaunchTemplateVersions[0].LaunchTemplateData.BlockDeviceMappings
}

// A cache of container images on a second volume (as with Bottlerocket) comes from a snapshot. Without
// that the volume is empty, or cannot be made at all.
func TestNewVersionsKeepSnapshots(t *testing.T) {
	w := newWorld(t)
	cache := types.LaunchTemplateBlockDeviceMappingRequest{
		DeviceName: sdk.String("/dev/xvdb"), Ebs: &types.LaunchTemplateEbsBlockDeviceRequest{
			SnapshotId: sdk.String("snap-0cache"), VolumeType: "gp3", Iops: sdk.Int32(4000), Encrypted: sdk.Bool(true),
			DeleteOnTermination: sdk.Bool(true), KmsKeyId: sdk.String("alias/nodes"), Throughput: sdk.Int32(250),
		},
	}
	root := types.LaunchTemplateBlockDeviceMappingRequest{
		DeviceName: sdk.String("/dev/xvda"), Ebs: &types.LaunchTemplateEbsBlockDeviceRequest{
			SnapshotId: sdk.String("snap-0old"), VolumeSize: sdk.Int32(80), VolumeType: "gp3",
		},
	}
	scratch := types.LaunchTemplateBlockDeviceMappingRequest{DeviceName: sdk.String("/dev/xvdc"), VirtualName: sdk.String("ephemeral0")}
	from := w.mapped(root, cache, scratch)
	must(t, w.aws.Templates.MayCreateVersion(context.Background(), from, newImage(w)))
	for range 2 { // the token makes a repeat harmless
		_, err := w.aws.Templates.CreateVersion(context.Background(), from, newImage(w), "token")
		must(t, err)
	}
	want := w.mappings("2")
	want[0].Ebs.SnapshotId = nil // that of the old image
	if diff := cmp.Diff(want, w.mappings("3"), cmp.AllowUnexported(types.LaunchTemplateBlockDeviceMapping{}, types.LaunchTemplateEbsBlockDevice{})); diff != "" {
		t.Errorf("version 3 differs from 2 (-want +got):\n%s", diff)
	}
	must(t, w.aws.Templates.Use(context.Background(), group, upgrade.TemplateRef{ID: w.template.ID, Version: "3"}))
	must(t, w.aws.Groups.Resize(context.Background(), group, upgrade.Size{}, upgrade.Size{Max: 4, Desired: 4}))
	w.step()
	if got := len(w.read(group).Instances); got != 4 {
		t.Errorf("%d instances, want 4", got)
	}
}

// Nothing is sent that EC2 takes over by itself, so that a version with other members than this SDK knows
// keeps them.
func TestNewVersionsWithoutSnapshotsAreLeftToEC2(t *testing.T) {
	w := newWorld(t)
	from := w.mapped(types.LaunchTemplateBlockDeviceMappingRequest{
		DeviceName: sdk.String("/dev/xvda"), Ebs: &types.LaunchTemplateEbsBlockDeviceRequest{VolumeSize: sdk.Int32(80)},
	})
	_, err := w.aws.Templates.CreateVersion(context.Background(), from, newImage(w), "token")
	must(t, err)
	var sent []string
	for _, call := range w.Journal() {
		if call.Action == "CreateLaunchTemplateVersion" && call.Params["ClientToken"] == "token" {
			sent = append(sent, call.Params["LaunchTemplateData.BlockDeviceMapping.1.DeviceName"])
		}
	}
	if diff := cmp.Diff([]string{""}, sent); diff != "" {
		t.Errorf("mappings were sent (-want +got):\n%s", diff)
	}
	if got := w.mappings("3"); len(got) != 1 || *got[0].Ebs.VolumeSize != 80 {
		t.Errorf("version 3 has %+v", got)
	}
}

// The old image may not exist any more: then only the new one says which device is the root.
func TestNewVersionsWhoseImageIsGone(t *testing.T) {
	w := newWorld(t)
	own, err := w.AddImage(fakeaws.Image{Name: "golden-42"})
	must(t, err)
	w.image = own
	from := w.mapped(types.LaunchTemplateBlockDeviceMappingRequest{
		DeviceName: sdk.String("/dev/xvda"), Ebs: &types.LaunchTemplateEbsBlockDeviceRequest{SnapshotId: sdk.String("snap-0old")},
	})
	_, err = w.ec2().DeregisterImage(context.Background(), &ec2.DeregisterImageInput{ImageId: &own.ID})
	must(t, err)
	_, err = w.aws.Templates.CreateVersion(context.Background(), from, newImage(w), "token")
	must(t, err)
	if got := w.mappings("3"); len(got) != 1 || got[0].Ebs != nil && got[0].Ebs.SnapshotId != nil {
		t.Errorf("version 3 has %+v, want no snapshot of the old image", got)
	}
}

// EC2 refuses a client token that comes with another request than before. An image that is deregistered
// between two tries, the first of which had no answer, changes nothing of the second.
func TestNewVersionsWhoseImageGoesBetweenTwoTries(t *testing.T) {
	w := newWorld(t)
	own, err := w.AddImage(fakeaws.Image{Name: "golden-42", Devices: []fakeaws.ImageDevice{{Name: "/dev/sda1", Size: 8}}})
	must(t, err)
	w.image = own
	from := w.mapped(types.LaunchTemplateBlockDeviceMappingRequest{
		DeviceName: sdk.String("/dev/sda1"), Ebs: &types.LaunchTemplateEbsBlockDeviceRequest{SnapshotId: sdk.String("snap-0old"), VolumeSize: sdk.Int32(80)},
	})
	made, err := w.aws.Templates.CreateVersion(context.Background(), from, newImage(w), "token")
	must(t, err)
	_, err = w.ec2().DeregisterImage(context.Background(), &ec2.DeregisterImageInput{ImageId: &own.ID})
	must(t, err)
	again, err := w.aws.Templates.CreateVersion(context.Background(), from, newImage(w), "token")
	if err != nil || again != made {
		t.Errorf("the second try made %+v, %v; want %+v", again, err, made)
	}
	_, err = w.aws.Templates.CreateVersion(context.Background(), from, own.ID, "another token")
	if !errors.Is(err, upgrade.ErrNotFound) {
		t.Errorf("a new image that is gone: %v", err)
	}
}

func TestMachines(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	rocket, _ := w.LatestImageOf("Bottlerocket", "", "1.37", "x86_64")
	own, err := w.AddImage(fakeaws.Image{
		Name: "golden-42", BootMode: "uefi", NoENA: true,
		Devices: []fakeaws.ImageDevice{{Name: "/dev/sda1", SnapshotID: "snap-1", Size: 30}, {Name: "/dev/sdf", Size: 100}},
	})
	must(t, err)
	got, err := w.aws.Images.Machines(ctx, w.image.ID, rocket.ID, own.ID, "ami-00000000000000000")
	must(t, err)
	want := map[string]aws.Machine{
		w.image.ID: {Image: w.image.ID, Owner: "602401143452", OwnerAlias: "amazon", Volumes: []aws.Volume{{Device: "/dev/xvda", Size: 20}}, ENA: true},
		rocket.ID:  {Image: rocket.ID, Owner: "092701018921", OwnerAlias: "amazon", Volumes: []aws.Volume{{Device: "/dev/xvda", Size: 2}, {Device: "/dev/xvdb", Size: 20}}, ENA: true},
		own.ID:     {Image: own.ID, Owner: "123456789012", Volumes: []aws.Volume{{Device: "/dev/sda1", Size: 30}, {Device: "/dev/sdf", Size: 100}}, BootMode: "uefi"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	version := w.mapped(
		types.LaunchTemplateBlockDeviceMappingRequest{DeviceName: sdk.String("/dev/xvda"), Ebs: &types.LaunchTemplateEbsBlockDeviceRequest{VolumeSize: sdk.Int32(80)}},
		types.LaunchTemplateBlockDeviceMappingRequest{DeviceName: sdk.String("/dev/xvdc"), VirtualName: sdk.String("ephemeral0")},
	)
	volumes, err := w.aws.Templates.Volumes(ctx, version)
	must(t, err)
	if diff := cmp.Diff([]aws.Volume{{Device: "/dev/xvda", Size: 80}}, volumes); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestDifferences(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	first, err := w.resolve("1")
	must(t, err)
	_, err = w.ec2().CreateLaunchTemplateVersion(ctx, &ec2.CreateLaunchTemplateVersionInput{
		LaunchTemplateId: &w.template.ID, SourceVersion: sdk.String("1"),
		LaunchTemplateData: &types.RequestLaunchTemplateData{
			ImageId: sdk.String(newImage(w)), UserData: sdk.String("d29ybGQ="), SecurityGroupIds: []string{"sg-1"},
		},
	})
	must(t, err)
	second, err := w.resolve("2")
	must(t, err)
	got, err := w.aws.Templates.Differences(ctx, first, second)
	must(t, err)
	if diff := cmp.Diff([]string{"security group ids", "user data"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got, err := w.aws.Templates.Differences(ctx, second, second); len(got) > 0 || err != nil {
		t.Errorf("from itself: %v, %v", got, err)
	}
	second.Number = 9
	if _, err := w.aws.Templates.Differences(ctx, first, second); !errors.Is(err, upgrade.ErrNotFound) {
		t.Errorf("from one that does not exist: %v", err)
	}
}
