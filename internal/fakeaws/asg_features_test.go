package fakeaws

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbv2types "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// lifecycles lists the lifecycle states of the group's instances.
func (w *world) lifecycles() map[string]int {
	counts := map[string]int{}
	for _, i := range w.described().Instances {
		counts[string(i.LifecycleState)]++
	}
	return counts
}

func TestStandbyIsNotCounted(t *testing.T) {
	w := newWorld(t)
	w.group(0, 6, 3)
	w.pass(time.Minute)
	name, id := aws.String("nodes"), w.described().Instances[0].InstanceId
	_, err := w.asg.EnterStandby(w.ctx(), &autoscaling.EnterStandbyInput{
		AutoScalingGroupName: name, InstanceIds: []string{*id}, ShouldDecrementDesiredCapacity: aws.Bool(false),
	})
	w.ok(err)
	w.pass(time.Minute)
	same(t, "one is replaced", w.lifecycles()["InService"], 3)
	same(t, "one is in Standby", w.lifecycles()["Standby"], 1)
	_, err = w.asg.ExitStandby(w.ctx(), &autoscaling.ExitStandbyInput{AutoScalingGroupName: name, InstanceIds: []string{*id}})
	w.ok(err)
	same(t, "desired size after leaving Standby", *w.described().DesiredCapacity, 4)
	same(t, "in service again", w.lifecycles()["InService"], 4)
}

func TestDetachedInstancesRunOn(t *testing.T) {
	w := newWorld(t)
	w.group(0, 6, 3)
	w.pass(time.Minute)
	id := *w.described().Instances[0].InstanceId
	_, err := w.asg.DetachInstances(w.ctx(), &autoscaling.DetachInstancesInput{
		AutoScalingGroupName: aws.String("nodes"), InstanceIds: []string{id}, ShouldDecrementDesiredCapacity: aws.Bool(true),
	})
	w.ok(err)
	w.pass(time.Minute)
	same(t, "desired", *w.described().DesiredCapacity, 2)
	same(t, "members", len(w.described().Instances), 2)
	for _, i := range w.Instances() {
		if i.ID == id {
			same(t, "the detached one", i.State, StateRunning)
		}
	}
}

func TestMixedGroupLaunchesSpot(t *testing.T) {
	w := newWorld(t)
	w.group(0, 6, 0)
	_, err := w.asg.UpdateAutoScalingGroup(w.ctx(), &autoscaling.UpdateAutoScalingGroupInput{
		AutoScalingGroupName: aws.String("nodes"), DesiredCapacity: aws.Int32(4),
		MixedInstancesPolicy: &astypes.MixedInstancesPolicy{
			InstancesDistribution: &astypes.InstancesDistribution{OnDemandBaseCapacity: aws.Int32(1), OnDemandPercentageAboveBaseCapacity: aws.Int32(0)},
			LaunchTemplate: &astypes.LaunchTemplate{
				LaunchTemplateSpecification: &astypes.LaunchTemplateSpecification{LaunchTemplateId: w.described().LaunchTemplate.LaunchTemplateId},
				Overrides: []astypes.LaunchTemplateOverrides{
					{InstanceType: aws.String("m5.xlarge")},
					{InstanceRequirements: &astypes.InstanceRequirements{
						VCpuCount: &astypes.VCpuCountRequest{Min: aws.Int32(8)}, MemoryMiB: &astypes.MemoryMiBRequest{Min: aws.Int32(1024)},
						ExcludedInstanceTypes: []string{"t3*"},
					}},
				},
			},
		},
	})
	w.ok(err)
	w.pass(time.Minute)
	kinds := map[string]int{}
	for _, i := range w.Instances() {
		kind := "on demand "
		if i.Spot {
			kind = "spot "
		}
		kinds[kind+i.Type]++
	}
	same(t, "on demand", kinds["on demand m5.xlarge"], 1)
	same(t, "spot", kinds["spot m5.xlarge"]+kinds["spot m5.2xlarge"], 3)
	if kinds["spot m5.2xlarge"] == 0 {
		t.Errorf("no type was chosen by requirements: %v", kinds)
	}
}

func TestScheduledActionsActUnlessSuspended(t *testing.T) {
	for name, suspended := range map[string]bool{"they act": false, "suspended actions are not carried out": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.group(0, 6, 3)
			w.pass(time.Minute)
			_, err := w.asg.PutScheduledUpdateGroupAction(w.ctx(), &autoscaling.PutScheduledUpdateGroupActionInput{
				AutoScalingGroupName: aws.String("nodes"), ScheduledActionName: aws.String("night"),
				StartTime: aws.Time(w.clock.Now().Add(time.Minute)), DesiredCapacity: aws.Int32(1),
			})
			w.ok(err)
			want := int32(1)
			if suspended {
				w.suspend("ScheduledActions")
				want = 3
			}
			w.pass(3 * time.Minute)
			w.resume("ScheduledActions")
			w.pass(3 * time.Minute)
			same(t, "desired", *w.described().DesiredCapacity, want)
		})
	}
}

func TestOldInstancesAreReplaced(t *testing.T) {
	w := newWorld(t)
	w.group(0, 6, 3)
	w.pass(time.Minute)
	first := w.Instances()[0].ID
	_, err := w.asg.UpdateAutoScalingGroup(w.ctx(), &autoscaling.UpdateAutoScalingGroupInput{
		AutoScalingGroupName: aws.String("nodes"), MaxInstanceLifetime: aws.Int32(86400),
	})
	w.ok(err)
	w.clock.Advance(24 * time.Hour)
	w.pass(time.Minute)
	if i := w.Instances()[0]; i.ID == first && i.State == StateRunning {
		t.Errorf("%s is older than its group's maximum instance lifetime", first)
	}
}

func TestLoadBalancersLetRequestsFinish(t *testing.T) {
	w := newWorld(t)
	w.group(0, 6, 0)
	cfg := aws.Config{Region: "us-west-2", Credentials: credentials.NewStaticCredentialsProvider("AKIDTEST", "secret", ""), BaseEndpoint: &w.url}
	targets, classic := elasticloadbalancingv2.NewFromConfig(cfg), elb.NewFromConfig(cfg)
	made, err := targets.CreateTargetGroup(w.ctx(), &elasticloadbalancingv2.CreateTargetGroupInput{Name: aws.String("web")})
	w.ok(err)
	arn := *made.TargetGroups[0].TargetGroupArn
	_, err = targets.ModifyTargetGroupAttributes(w.ctx(), &elasticloadbalancingv2.ModifyTargetGroupAttributesInput{
		TargetGroupArn: &arn, Attributes: []elbv2types.TargetGroupAttribute{{Key: aws.String(attributeDelay), Value: aws.String("30")}},
	})
	w.ok(err)
	_, err = w.asg.AttachLoadBalancerTargetGroups(w.ctx(), &autoscaling.AttachLoadBalancerTargetGroupsInput{
		AutoScalingGroupName: aws.String("nodes"), TargetGroupARNs: []string{arn},
	})
	w.ok(err)
	same(t, "attached", w.described().TargetGroupARNs[0], arn)
	attributes, err := targets.DescribeTargetGroupAttributes(w.ctx(), &elasticloadbalancingv2.DescribeTargetGroupAttributesInput{TargetGroupArn: &arn})
	w.ok(err)
	same(t, "delay", *attributes.Attributes[1].Value, "30")

	_, err = classic.CreateLoadBalancer(w.ctx(), &elb.CreateLoadBalancerInput{LoadBalancerName: aws.String("old"), Listeners: []elbtypes.Listener{{
		Protocol: aws.String("TCP"), LoadBalancerPort: 80, InstancePort: aws.Int32(80)}}})
	w.ok(err)
	_, err = classic.ModifyLoadBalancerAttributes(w.ctx(), &elb.ModifyLoadBalancerAttributesInput{
		LoadBalancerName: aws.String("old"), LoadBalancerAttributes: &elbtypes.LoadBalancerAttributes{ConnectionDraining: &elbtypes.ConnectionDraining{Enabled: true, Timeout: aws.Int32(45)}},
	})
	w.ok(err)
	seen, err := classic.DescribeLoadBalancerAttributes(w.ctx(), &elb.DescribeLoadBalancerAttributesInput{LoadBalancerName: aws.String("old")})
	w.ok(err)
	same(t, "draining", *seen.LoadBalancerAttributes.ConnectionDraining.Timeout, 45)
	_, err = classic.DescribeLoadBalancerAttributes(w.ctx(), &elb.DescribeLoadBalancerAttributesInput{LoadBalancerName: aws.String("ghost")})
	w.refused(err, "LoadBalancerNotFound", 400, "ghost")
}
