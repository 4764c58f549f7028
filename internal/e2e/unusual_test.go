package e2e

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/nodelift/nodelift/internal/fakeaws"
)

// A group with several subnets in a zone, a template that asks for Spot, and a maintenance policy, whose present
// image is private by now. While it is upgraded, somebody's health check finds a node unhealthy.
func TestUnusualGroup(t *testing.T) {
	w := newWorld(t)
	before := w.describe()
	subnets, err := w.machines().DescribeSubnets(w.ctx(), &ec2.DescribeSubnetsInput{})
	w.check(err)
	all := ""
	for _, s := range subnets.Subnets {
		all += *s.SubnetId + ","
	}
	added, err := w.machines().CreateSubnet(w.ctx(), &ec2.CreateSubnetInput{VpcId: subnets.Subnets[0].VpcId, AvailabilityZone: subnets.Subnets[0].AvailabilityZone})
	w.check(err)
	w.newTemplateVersion(&ec2types.RequestLaunchTemplateData{
		InstanceMarketOptions: &ec2types.LaunchTemplateInstanceMarketOptionsRequest{MarketType: ec2types.MarketTypeSpot},
	})
	_, err = w.scaling.UpdateAutoScalingGroup(w.ctx(), &autoscaling.UpdateAutoScalingGroupInput{
		AutoScalingGroupName: &w.group, VPCZoneIdentifier: aws.String(all + *added.Subnet.SubnetId),
		LaunchTemplate:            &asgtypes.LaunchTemplateSpecification{LaunchTemplateId: before.LaunchTemplate.LaunchTemplateId, Version: aws.String("2")},
		InstanceMaintenancePolicy: &asgtypes.InstanceMaintenancePolicy{MinHealthyPercentage: aws.Int32(100), MaxHealthyPercentage: aws.Int32(110)},
	})
	w.check(err)
	w.fault(fakeaws.Fault{Name: fakeaws.FaultPrivateImage, Image: w.instances()[0].ImageID})

	r := w.during(" NodeCordoned ", func() {
		_, err := w.scaling.SetInstanceHealth(w.ctx(), &autoscaling.SetInstanceHealthInput{InstanceId: before.Instances[2].InstanceId, HealthStatus: aws.String("Unhealthy")})
		if err != nil {
			t.Log(err) // it was the node that was cordoned, and is gone
		}
	}, upgrade("--image-id", w.image("AmazonLinux2023", "1.37"))...)
	r.has(t, 0, "Successful after")
	w.nodesRun(3, "v1.37.")
	w.isClean()
	for _, i := range w.instances() {
		if i.Lifecycle == fakeaws.LifecycleInService && !i.Spot {
			t.Errorf("%s is no Spot instance", i.ID)
		}
	}
	if policy := w.describe().InstanceMaintenancePolicy; policy == nil || aws.ToInt32(policy.MaxHealthyPercentage) != 110 {
		t.Errorf("the maintenance policy is %+v", policy)
	}
}
