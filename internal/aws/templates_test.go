package aws_test

import (
	"context"
	"errors"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// newImage is the newest 1.37.
func newImage(w *world) string {
	image, _ := w.LatestImage("1.37", "x86_64")
	return image.ID
}

func (w *world) resolve(version string) (upgrade.TemplateVersion, error) {
	return w.aws.Templates.Resolve(context.Background(), upgrade.TemplateRef{ID: w.template.ID, Version: version})
}

func TestCreateVersionDiffersInItsImageOnly(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	from, err := w.resolve("1")
	must(t, err)
	want := upgrade.TemplateVersion{ID: w.template.ID, Name: "nodes", Number: 2, Image: newImage(w)}
	for range 2 { // the token makes a repeat harmless
		got, err := w.aws.Templates.CreateVersion(ctx, from, newImage(w), "token")
		must(t, err)
		if got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	must(t, w.aws.Templates.Use(ctx, group, upgrade.TemplateRef{ID: w.template.ID, Version: "2"}))
	must(t, w.aws.Groups.Resize(ctx, group, upgrade.Size{}, upgrade.Size{Max: 4, Desired: 4}))
	w.step()
	all := w.Instances()
	if last := all[len(all)-1]; last.ImageID != newImage(w) || last.Type != "m5.xlarge" || last.UserData != "aGVsbG8=" {
		t.Errorf("launched from the new version: %+v", last)
	}
}

func TestResolve(t *testing.T) {
	w := newWorld(t)
	from, err := w.resolve("1")
	must(t, err)
	_, err = w.aws.Templates.CreateVersion(context.Background(), from, newImage(w), "token")
	must(t, err)
	for version, want := range map[string]int64{"1": 1, "2": 2, "$Latest": 2, "$Default": 1} {
		if got, err := w.resolve(version); err != nil || got.Number != want {
			t.Errorf("%s is version %d (%v), want %d", version, got.Number, err, want)
		}
	}
	byName := upgrade.TemplateRef{Name: "nodes", Version: "$Latest"}
	if got, err := w.aws.Templates.Resolve(context.Background(), byName); err != nil || got.ID != w.template.ID {
		t.Errorf("by name: %+v, %v", got, err)
	}
	for name, ref := range map[string]upgrade.TemplateRef{
		"no such version":  {ID: w.template.ID, Version: "7"},
		"no such template": {ID: "lt-00000000000000000", Version: "1"},
	} {
		if _, err := w.aws.Templates.Resolve(context.Background(), ref); !errors.Is(err, upgrade.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMayCreateVersionMakesNothing(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	from, err := w.resolve("1")
	must(t, err)
	must(t, w.aws.Templates.MayCreateVersion(ctx, from, newImage(w)))
	w.Deny(key, "ec2:CreateLaunchTemplateVersion")
	wantForbidden(t, w.aws.Templates.MayCreateVersion(ctx, from, newImage(w)),
		"ec2:CreateLaunchTemplateVersion on launch template "+w.template.ID+" is not allowed for arn:aws:iam::123456789012:user/sandbox")
	if latest, err := w.resolve("$Latest"); err != nil || latest.Number != 1 {
		t.Errorf("the template is at version %d, %v", latest.Number, err)
	}
}

func TestUse(t *testing.T) {
	w := newWorld(t)
	other := w.newTemplate("others", newImage(w))
	for range 2 {
		must(t, w.aws.Templates.Use(context.Background(), group, upgrade.TemplateRef{ID: other.ID, Version: "1"}))
		want := upgrade.TemplateRef{ID: other.ID, Name: "others", Version: "1"}
		if got := w.read(group).Template; got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	if n := w.calls("UpdateAutoScalingGroup"); n != 1 {
		t.Errorf("%d changes, want 1", n)
	}
}

// mixed makes a group with a mixed instances policy.
func (w *world) mixed(overrides ...types.LaunchTemplateOverrides) {
	w.t.Helper()
	_, err := w.sdk().CreateAutoScalingGroup(context.Background(), &autoscaling.CreateAutoScalingGroupInput{
		AutoScalingGroupName: sdk.String("mixed"), MinSize: sdk.Int32(0), MaxSize: sdk.Int32(2), DesiredCapacity: sdk.Int32(2),
		AvailabilityZones: w.Zones(),
		MixedInstancesPolicy: &types.MixedInstancesPolicy{
			InstancesDistribution: &types.InstancesDistribution{OnDemandBaseCapacity: sdk.Int32(1), SpotAllocationStrategy: sdk.String("capacity-optimized")},
			LaunchTemplate: &types.LaunchTemplate{
				LaunchTemplateSpecification: &types.LaunchTemplateSpecification{LaunchTemplateId: &w.template.ID, Version: sdk.String("$Default")},
				Overrides:                   overrides,
			},
		},
	})
	must(w.t, err)
}

func (w *world) policy() *types.MixedInstancesPolicy {
	w.t.Helper()
	out, err := w.sdk().DescribeAutoScalingGroups(context.Background(), &autoscaling.DescribeAutoScalingGroupsInput{
		AutoScalingGroupNames: []string{"mixed"},
	})
	must(w.t, err)
	return out.AutoScalingGroups[0].MixedInstancesPolicy
}

func TestUseKeepsAMixedInstancesPolicyWhole(t *testing.T) {
	w := newWorld(t)
	w.mixed(types.LaunchTemplateOverrides{InstanceType: sdk.String("m5.xlarge")},
		types.LaunchTemplateOverrides{InstanceRequirements: &types.InstanceRequirements{
			VCpuCount: &types.VCpuCountRequest{Min: sdk.Int32(4), Max: sdk.Int32(8)}, MemoryMiB: &types.MemoryMiBRequest{Min: sdk.Int32(8192)},
			CpuManufacturers: []types.CpuManufacturer{types.CpuManufacturerIntel}, BurstablePerformance: types.BurstablePerformanceExcluded,
		}})
	if got := w.read("mixed").Template; got != (upgrade.TemplateRef{ID: w.template.ID, Name: "nodes", Version: "$Default"}) {
		t.Errorf("read %+v", got)
	}
	want := w.policy()
	must(t, w.aws.Templates.Use(context.Background(), "mixed", upgrade.TemplateRef{ID: w.template.ID, Version: "1"}))
	want.LaunchTemplate.LaunchTemplateSpecification.Version = sdk.String("1")
	ignore := cmpopts.IgnoreUnexported(types.MixedInstancesPolicy{}, types.LaunchTemplate{}, types.LaunchTemplateSpecification{},
		types.LaunchTemplateOverrides{}, types.InstancesDistribution{}, types.InstanceRequirements{}, types.VCpuCountRequest{}, types.MemoryMiBRequest{})
	if diff := cmp.Diff(want, w.policy(), ignore); diff != "" {
		t.Error(diff)
	}
}

func TestOverridesOfTheirOwnAreRefusedAndNamed(t *testing.T) {
	w := newWorld(t)
	w.mixed(types.LaunchTemplateOverrides{InstanceType: sdk.String("m5.xlarge")},
		types.LaunchTemplateOverrides{InstanceType: sdk.String("m6i.xlarge"), LaunchTemplateSpecification: &types.LaunchTemplateSpecification{
			LaunchTemplateId: &w.template.ID, Version: sdk.String("1"),
		}})
	before := w.policy()
	err := w.aws.Templates.Use(context.Background(), "mixed", upgrade.TemplateRef{ID: w.template.ID, Version: "1"})
	if err == nil {
		t.Error("the overrides were left behind")
	}
	if *before.LaunchTemplate.LaunchTemplateSpecification.Version != *w.policy().LaunchTemplate.LaunchTemplateSpecification.Version {
		t.Error("something was changed")
	}
	details, err := w.aws.Groups.Details(context.Background(), "mixed")
	if err != nil || !cmp.Equal(details.Overrides, []string{"m6i.xlarge"}) {
		t.Errorf("named %v, %v", details.Overrides, err)
	}
}

func TestUserData(t *testing.T) {
	w := newWorld(t)
	version, err := w.aws.Templates.Resolve(context.Background(), upgrade.TemplateRef{ID: w.template.ID, Version: "$Latest"})
	must(t, err)
	got, err := w.aws.Templates.UserData(context.Background(), version)
	must(t, err)
	if got != "aGVsbG8=" {
		t.Errorf("got %q", got)
	}
	version.Number = 7
	if _, err := w.aws.Templates.UserData(context.Background(), version); !errors.Is(err, upgrade.ErrNotFound) {
		t.Errorf("a version that does not exist: %v", err)
	}
}
