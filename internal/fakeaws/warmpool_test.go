package fakeaws

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// warmWorld is a group of three with a warm pool of two that has settled.
func warmWorld(t *testing.T, change ...func(*autoscaling.PutWarmPoolInput)) (*world, LaunchTemplate) {
	w := newWorld(t)
	template := w.group(1, 5, 3)
	in := &autoscaling.PutWarmPoolInput{AutoScalingGroupName: aws.String("nodes")}
	for _, c := range change {
		c(in)
	}
	_, err := w.asg.PutWarmPool(w.ctx(), in)
	w.ok(err)
	w.settle()
	return w, template
}

func reuseOnScaleIn(in *autoscaling.PutWarmPoolInput) {
	in.InstanceReusePolicy = &astypes.InstanceReusePolicy{ReuseOnScaleIn: aws.Bool(true)}
}

// pool is the warm pool as DescribeWarmPool shows it: "Warmed:Stopped version 1".
func (w *world) warmPool() []string {
	w.t.Helper()
	out, err := w.asg.DescribeWarmPool(w.ctx(), &autoscaling.DescribeWarmPoolInput{AutoScalingGroupName: aws.String("nodes")})
	w.ok(err)
	var all []string
	for _, i := range out.Instances {
		all = append(all, fmt.Sprintf("%s version %s", i.LifecycleState, *i.LaunchTemplate.Version))
	}
	slices.Sort(all)
	return all
}

func (w *world) warmIDs() []string {
	var ids []string
	for _, i := range w.Instances() {
		if strings.HasPrefix(i.Lifecycle, warmed) {
			ids = append(ids, i.ID)
		}
	}
	return ids
}

func TestAWarmPoolIsFilledUpToTheMaximumAndIsNoPartOfTheGroup(t *testing.T) {
	w, _ := warmWorld(t)
	same(t, "the pool", fmt.Sprint(w.warmPool()), "[Warmed:Stopped version 1 Warmed:Stopped version 1]")
	out, err := w.asg.DescribeAutoScalingGroups(w.ctx(), &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{"nodes"}})
	w.ok(err)
	g := out.AutoScalingGroups[0]
	same(t, "members", len(g.Instances), 3)
	same(t, "size of the pool", *g.WarmPoolSize, int32(2))
	same(t, "state of the pool", g.WarmPoolConfiguration.PoolState, astypes.WarmPoolStateStopped)
	described, err := w.ec2.DescribeInstances(w.ctx(), &ec2.DescribeInstancesInput{InstanceIds: w.warmIDs()[:1]})
	w.ok(err)
	same(t, "state in EC2", string(described.Reservations[0].Instances[0].State.Name), StateStopped)
}

// A group that grows takes instances of the pool, of whichever version, and they are started again.
func TestAGroupGrowsFromItsWarmPoolFirst(t *testing.T) {
	w, template := warmWorld(t)
	w.newVersion(template)
	w.setDesired(4)
	w.pass(0)
	same(t, "members", len(w.groups[0].members), 4)
	m := w.groups[0].members[3]
	same(t, "version", m.LaunchTemplateVersion, 1)
	same(t, "launched again", m.Launched.Equal(w.clock.Now()), true)
	w.settle()
	same(t, "in service", len(w.inService()), 4)
	same(t, "the pool", fmt.Sprint(w.warmPool()), "[Warmed:Stopped version 1]")
	same(t, "activity", strings.Contains(m.launching.description, "from warm pool"), true)
}

// "You can terminate existing instances in the warm pool. Amazon EC2 Auto Scaling immediately starts
// launching new instances to replace the instances that you terminated."
func TestATerminatedInstanceOfTheWarmPoolIsReplacedByThePresentVersion(t *testing.T) {
	w, template := warmWorld(t)
	w.newVersion(template)
	old := w.warmIDs()
	_, err := w.asg.TerminateInstanceInAutoScalingGroup(w.ctx(), &autoscaling.TerminateInstanceInAutoScalingGroupInput{
		InstanceId: &old[0], ShouldDecrementDesiredCapacity: aws.Bool(false),
	})
	w.refused(err, "ValidationError", 400, "warm pool")
	_, err = w.ec2.TerminateInstances(w.ctx(), &ec2.TerminateInstancesInput{InstanceIds: old})
	w.ok(err)
	w.pass(0)
	same(t, "the pool", fmt.Sprint(w.warmPool()), "[Warmed:Pending version 2 Warmed:Pending version 2 Warmed:Terminating version 1 Warmed:Terminating version 1]")
	w.settle()
	same(t, "the pool", fmt.Sprint(w.warmPool()), "[Warmed:Stopped version 2 Warmed:Stopped version 2]")
	same(t, "members", len(w.inService()), 3)
}

// An instance that a scale in removes returns to the pool; one that is replaced does not.
func TestReuseOnScaleIn(t *testing.T) {
	w, _ := warmWorld(t, reuseOnScaleIn)
	terminate := func(shrink bool) string {
		id := w.inService()[0].ID
		_, err := w.asg.TerminateInstanceInAutoScalingGroup(w.ctx(), &autoscaling.TerminateInstanceInAutoScalingGroupInput{
			InstanceId: &id, ShouldDecrementDesiredCapacity: &shrink,
		})
		w.ok(err)
		w.settle()
		return id
	}
	returned := terminate(true)
	same(t, "returned", slices.Contains(w.warmIDs(), returned), true)
	same(t, "the pool", len(w.warmPool()), 3)
	replaced := terminate(false)
	same(t, "returned when it was replaced", slices.Contains(w.warmIDs(), replaced), false)
	same(t, "in service", len(w.inService()), 2)
}

func TestALaunchHookHoldsInstancesTwice(t *testing.T) {
	w := newWorld(t)
	w.group(1, 4, 3)
	_, err := w.asg.PutLifecycleHook(w.ctx(), &autoscaling.PutLifecycleHookInput{
		AutoScalingGroupName: aws.String("nodes"), LifecycleHookName: aws.String("prepare"),
		LifecycleTransition: aws.String(hookLaunching), HeartbeatTimeout: aws.Int32(60), DefaultResult: aws.String("CONTINUE"),
	})
	w.ok(err)
	_, err = w.asg.PutWarmPool(w.ctx(), &autoscaling.PutWarmPoolInput{AutoScalingGroupName: aws.String("nodes"), PoolState: astypes.WarmPoolStateRunning})
	w.ok(err)
	w.pass(20 * time.Second)
	same(t, "on the way in", fmt.Sprint(w.warmPool()), "[Warmed:Pending:Wait version 1]")
	w.pass(60 * time.Second)
	same(t, "the pool", fmt.Sprint(w.warmPool()), "[Warmed:Running version 1]")
	w.setDesired(4)
	w.pass(0)
	same(t, "on the way out", strings.Contains(fmt.Sprint(w.members()), "Pending:Wait"), true)
	w.pass(70 * time.Second)
	same(t, "in service", len(w.inService()), 4)
}

func TestADeletedWarmPoolEnds(t *testing.T) {
	w, _ := warmWorld(t)
	_, err := w.asg.DeleteWarmPool(w.ctx(), &autoscaling.DeleteWarmPoolInput{AutoScalingGroupName: aws.String("nodes")})
	w.ok(err)
	w.settle()
	out, err := w.asg.DescribeWarmPool(w.ctx(), &autoscaling.DescribeWarmPoolInput{AutoScalingGroupName: aws.String("nodes")})
	w.ok(err)
	same(t, "instances", len(out.Instances), 0)
	same(t, "configured", out.WarmPoolConfiguration == nil, true)
}
