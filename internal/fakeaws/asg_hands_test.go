package fakeaws

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// An instance that somebody's own health check finds unhealthy is replaced, and the activity says so.
func TestUnhealthyInstanceIsReplaced(t *testing.T) {
	w := newWorld(t)
	w.group(0, 3, 2)
	sick := w.inService()[0].ID
	_, err := w.asg.SetInstanceHealth(w.ctx(), &autoscaling.SetInstanceHealthInput{InstanceId: &sick, HealthStatus: aws.String("Poorly")})
	w.refused(err, "ValidationError", 400, "[Healthy, Unhealthy]")
	_, err = w.asg.SetInstanceHealth(w.ctx(), &autoscaling.SetInstanceHealthInput{InstanceId: &sick, HealthStatus: aws.String("Unhealthy")})
	w.ok(err)
	w.settle()
	same(t, "in service", len(w.inService()), 2)
	for _, i := range w.inService() {
		if i.ID == sick {
			t.Errorf("%s is still in service", sick)
		}
	}
	out, err := w.asg.DescribeScalingActivities(w.ctx(), &autoscaling.DescribeScalingActivitiesInput{})
	w.ok(err)
	found := false
	for _, a := range out.Activities {
		found = found || strings.HasPrefix(*a.Description, "Terminating EC2 instance: "+sick) && strings.Contains(*a.Cause, "in response to a user health-check.")
	}
	if !found {
		t.Errorf("no activity says why: %+v", out.Activities)
	}
}

// What was detached can be attached again, which raises the desired size.
func TestDetachedInstanceIsAttached(t *testing.T) {
	w := newWorld(t)
	w.group(1, 2, 2)
	id := w.inService()[0].ID
	_, err := w.asg.DetachInstances(w.ctx(), &autoscaling.DetachInstancesInput{
		AutoScalingGroupName: aws.String("nodes"), InstanceIds: []string{id}, ShouldDecrementDesiredCapacity: aws.Bool(true),
	})
	w.ok(err)
	attach := &autoscaling.AttachInstancesInput{AutoScalingGroupName: aws.String("nodes"), InstanceIds: []string{id}}
	_, err = w.asg.AttachInstances(w.ctx(), attach)
	w.ok(err)
	same(t, "desired", *w.described().DesiredCapacity, 2)
	w.settle()
	same(t, "in service", len(w.inService()), 2)
	_, err = w.asg.AttachInstances(w.ctx(), attach)
	w.refused(err, "ValidationError", 400, "already part of an AutoScalingGroup")
}

// One refresh of a group is in progress at a time.
func TestInstanceRefreshIsStarted(t *testing.T) {
	w := newWorld(t)
	w.group(0, 3, 1)
	in := &autoscaling.StartInstanceRefreshInput{AutoScalingGroupName: aws.String("nodes"), Strategy: astypes.RefreshStrategyRolling}
	started, err := w.asg.StartInstanceRefresh(w.ctx(), in)
	w.ok(err)
	_, err = w.asg.StartInstanceRefresh(w.ctx(), in)
	w.refused(err, "InstanceRefreshInProgress", 400, "already in progress")
	out, err := w.asg.DescribeInstanceRefreshes(w.ctx(), &autoscaling.DescribeInstanceRefreshesInput{AutoScalingGroupName: aws.String("nodes")})
	w.ok(err)
	same(t, "refresh", *out.InstanceRefreshes[0].InstanceRefreshId+" "+string(out.InstanceRefreshes[0].Status), *started.InstanceRefreshId+" InProgress")
}

func TestMaintenancePolicyIsKept(t *testing.T) {
	w := newWorld(t)
	w.group(0, 3, 1)
	set := func(least, most int32) error {
		_, err := w.asg.UpdateAutoScalingGroup(w.ctx(), &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: aws.String("nodes"),
			InstanceMaintenancePolicy: &astypes.InstanceMaintenancePolicy{MinHealthyPercentage: aws.Int32(least), MaxHealthyPercentage: aws.Int32(most)}})
		return err
	}
	w.ok(set(100, 120))
	same(t, "most", *w.described().InstanceMaintenancePolicy.MaxHealthyPercentage, 120)
	w.refused(set(50, 180), "ValidationError", 400, "MaxHealthyPercentage")
}

// A group may have several subnets in one zone, which counts as one.
func TestSeveralSubnetsInAZone(t *testing.T) {
	w := newWorld(t)
	template := w.template("1.36")
	made, err := w.ec2.CreateSubnet(w.ctx(), &ec2.CreateSubnetInput{VpcId: &w.network.vpcID, AvailabilityZone: aws.String("us-west-2a")})
	w.ok(err)
	second := *made.Subnet.SubnetId
	w.ok(func() error {
		_, err := w.asg.CreateAutoScalingGroup(w.ctx(), &autoscaling.CreateAutoScalingGroupInput{
			AutoScalingGroupName: aws.String("nodes"), MinSize: aws.Int32(0), MaxSize: aws.Int32(30), DesiredCapacity: aws.Int32(30),
			LaunchTemplate:    &astypes.LaunchTemplateSpecification{LaunchTemplateId: &template.ID},
			VPCZoneIdentifier: aws.String(w.network.inZone("us-west-2a").id + "," + second + "," + w.network.inZone("us-west-2b").id),
		})
		return err
	}())
	w.settle()
	same(t, "zones", fmt.Sprint(w.described().AvailabilityZones), "[us-west-2a us-west-2b]")
	in := map[string]int{}
	for _, i := range w.inService() {
		in[i.Zone]++
		in[i.SubnetID]++
	}
	same(t, "in zone a", in["us-west-2a"], 15)
	if in[second] == 0 || in[second] == 15 {
		t.Errorf("subnets: %v", in)
	}
}

// A template that asks for Spot by itself has its instances from there, and does not go with a mixed policy.
func TestTemplateThatAsksForSpot(t *testing.T) {
	w := newWorld(t)
	template := w.group(0, 3, 1)
	_, err := w.ec2.CreateLaunchTemplateVersion(w.ctx(), &ec2.CreateLaunchTemplateVersionInput{
		LaunchTemplateId: &template.ID, SourceVersion: aws.String("1"),
		LaunchTemplateData: &ec2types.RequestLaunchTemplateData{
			InstanceMarketOptions: &ec2types.LaunchTemplateInstanceMarketOptionsRequest{MarketType: ec2types.MarketTypeSpot},
		},
	})
	w.ok(err)
	_, err = w.asg.UpdateAutoScalingGroup(w.ctx(), &autoscaling.UpdateAutoScalingGroupInput{
		AutoScalingGroupName: aws.String("nodes"), MixedInstancesPolicy: &astypes.MixedInstancesPolicy{LaunchTemplate: &astypes.LaunchTemplate{
			LaunchTemplateSpecification: &astypes.LaunchTemplateSpecification{LaunchTemplateId: &template.ID, Version: aws.String("2")},
		}},
	})
	w.refused(err, "InvalidQueryParameter", 400, "Incompatible launch template: You cannot use a launch template that is set to request Spot Instances")
	w.ok(w.follow(template.ID, "2"))
	w.setDesired(2)
	w.settle()
	same(t, "spot", fmt.Sprint(w.inService()[0].Spot, w.inService()[1].Spot), "false true")
}

// An image that its owner no longer shares cannot be seen nor launched; instances that run stay.
func TestImageBecomesPrivate(t *testing.T) {
	w := newWorld(t)
	w.group(0, 3, 1)
	image := w.inService()[0].ImageID
	w.fault(Fault{Name: FaultPrivateImage, Image: image, For: Duration(time.Hour)})
	found, err := w.ec2.DescribeImages(w.ctx(), &ec2.DescribeImagesInput{ImageIds: []string{image}})
	w.ok(err)
	same(t, "images that are seen", len(found.Images), 0)
	w.setDesired(2)
	w.pass(0)
	same(t, "last activity", w.activities()[0], "Launching a new EC2 instance.  Status Reason: Not authorized for images: ["+image+"]. Launching EC2 instance failed.")
	same(t, "in service", len(w.inService()), 1)
}
