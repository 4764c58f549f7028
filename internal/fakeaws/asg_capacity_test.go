package fakeaws

import (
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
)

func TestSetDesiredCapacityWithinLimits(t *testing.T) {
	w := newWorld(t)
	w.group(2, 6, 4)
	set := func(n int32) error {
		_, err := w.asg.SetDesiredCapacity(w.ctx(), &autoscaling.SetDesiredCapacityInput{
			AutoScalingGroupName: aws.String("nodes"), DesiredCapacity: aws.Int32(n), HonorCooldown: aws.Bool(true),
		})
		return err
	}
	w.ok(set(6))
	w.ok(set(2))
	w.refused(set(7), "ValidationError", 400, "New SetDesiredCapacity value 7 is above max value 6 for the AutoScalingGroup.")
	w.refused(set(1), "ValidationError", 400, "New SetDesiredCapacity value 1 is below min value 2 for the AutoScalingGroup.")
	same(t, "desired", *w.described().DesiredCapacity, 2)
	_, err := w.asg.SetDesiredCapacity(w.ctx(), &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: aws.String("ghost"), DesiredCapacity: aws.Int32(1)})
	w.refused(err, "ValidationError", 400, "AutoScalingGroup name not found - ")
}

func TestTerminateInGroup(t *testing.T) {
	for name, row := range map[string]struct {
		decrement bool
		desired   int
	}{
		"with a decrement the desired size goes down":  {true, 3},
		"without a decrement the instance is replaced": {false, 4},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.group(2, 6, 4)
			victim := w.inZone("b").ID
			out, err := w.asg.TerminateInstanceInAutoScalingGroup(w.ctx(), &autoscaling.TerminateInstanceInAutoScalingGroupInput{
				InstanceId: &victim, ShouldDecrementDesiredCapacity: &row.decrement,
			})
			w.ok(err)
			same(t, "activity", *out.Activity.Description+" "+string(out.Activity.StatusCode), "Terminating EC2 instance: "+victim+" InProgress")
			same(t, "desired", *w.described().DesiredCapacity, row.desired)
			w.settle()
			same(t, "in service", len(w.inService()), row.desired)
			same(t, "the victim", w.machine(victim).Lifecycle, LifecycleTerminated)
		})
	}
}

func TestTerminateSeveralInGroup(t *testing.T) {
	w := newWorld(t)
	w.group(1, 6, 4)
	ids := []string{w.inZone("a").ID, w.inZone("b").ID}
	in := &autoscaling.TerminateInstanceInAutoScalingGroupInput{
		InstanceIds: append(ids, ids[0]), AutoScalingGroupName: aws.String("nodes"), ShouldDecrementDesiredCapacity: aws.Bool(true),
	}
	out, err := w.asg.TerminateInstanceInAutoScalingGroup(w.ctx(), in)
	w.ok(err)
	same(t, "activities, one per instance", len(out.Activities), 2)
	same(t, "desired", *w.described().DesiredCapacity, 2)
	w.settle()
	for _, id := range ids {
		same(t, "lifecycle of "+id, w.machine(id).Lifecycle, LifecycleTerminated)
	}
	same(t, "in service", len(w.inService()), 2)

	in.InstanceIds = []string{w.inService()[0].ID, w.inService()[1].ID}
	_, err = w.asg.TerminateInstanceInAutoScalingGroup(w.ctx(), in)
	w.refused(err, "ValidationError", 400, "minSize (1)")
	same(t, "in service after the refusal", len(w.inService()), 2)
}

// Sending the call twice lowers the desired size twice.
func TestTerminatingTwiceDecrementsTwice(t *testing.T) {
	w := newWorld(t)
	w.group(1, 6, 4)
	victim := w.inZone("a").ID
	w.terminate(victim, true)
	w.terminate(victim, true)
	same(t, "desired", *w.described().DesiredCapacity, 2)
	same(t, "activities", len(slices.DeleteFunc(w.activities(), func(a string) bool { return a != "Terminating EC2 instance: "+victim })), 1)
}

func TestTerminateInGroupErrors(t *testing.T) {
	w := newWorld(t)
	template := w.group(3, 6, 3)
	w.ok(w.CreateGroup(GroupSpec{Name: "other", MaxSize: 1, LaunchTemplateID: template.ID}))
	id := w.inZone("a").ID
	hundredAndOne := slices.Repeat([]string{id}, 101)
	for name, row := range map[string]struct {
		in   autoscaling.TerminateInstanceInAutoScalingGroupInput
		says string
	}{
		"the decrement would go below the minimum": {autoscaling.TerminateInstanceInAutoScalingGroupInput{InstanceId: &id, ShouldDecrementDesiredCapacity: aws.Bool(true)},
			"Currently, desiredSize equals minSize (3). Terminating instance without replacement will violate group's min size constraint."},
		"the instance is unknown": {autoscaling.TerminateInstanceInAutoScalingGroupInput{InstanceId: aws.String("i-0123456789abcdef0"), ShouldDecrementDesiredCapacity: aws.Bool(false)},
			"Instance Id not found - No managed instance found for instance ID: i-0123456789abcdef0"},
		"the instance is in another group": {autoscaling.TerminateInstanceInAutoScalingGroupInput{InstanceIds: []string{id}, AutoScalingGroupName: aws.String("other"), ShouldDecrementDesiredCapacity: aws.Bool(false)},
			"not part of Auto Scaling group other"},
		"several instances are named without a group": {autoscaling.TerminateInstanceInAutoScalingGroupInput{InstanceIds: []string{id}, ShouldDecrementDesiredCapacity: aws.Bool(false)},
			"AutoScalingGroupName is required"},
		"too many instances are named": {autoscaling.TerminateInstanceInAutoScalingGroupInput{InstanceIds: hundredAndOne, AutoScalingGroupName: aws.String("nodes"), ShouldDecrementDesiredCapacity: aws.Bool(false)},
			"At most 100"},
		"no instance is named": {autoscaling.TerminateInstanceInAutoScalingGroupInput{ShouldDecrementDesiredCapacity: aws.Bool(false)}, "instanceId"},
		"one of several instances is unknown": {autoscaling.TerminateInstanceInAutoScalingGroupInput{InstanceIds: []string{id, "i-0123456789abcdef0"}, AutoScalingGroupName: aws.String("nodes"), ShouldDecrementDesiredCapacity: aws.Bool(false)},
			"i-0123456789abcdef0"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.asg.TerminateInstanceInAutoScalingGroup(w.ctx(), &row.in)
			w.in(t).refused(err, "ValidationError", 400, row.says)
		})
	}
	same(t, "in service after the refused calls", w.spread(), "1 1 1")
	w.terminate(id, false)
	w.settle()
	_, err := w.asg.TerminateInstanceInAutoScalingGroup(w.ctx(), &autoscaling.TerminateInstanceInAutoScalingGroupInput{InstanceId: &id, ShouldDecrementDesiredCapacity: aws.Bool(false)})
	w.refused(err, "ValidationError", 400, "No managed instance found")
}

func TestProtectionFromScaleIn(t *testing.T) {
	w := newWorld(t)
	w.group(0, 6, 3)
	var ids []string
	for _, i := range w.inService() {
		ids = append(ids, i.ID)
	}
	protect := func(on bool, ids ...string) {
		_, err := w.asg.SetInstanceProtection(w.ctx(), &autoscaling.SetInstanceProtectionInput{
			AutoScalingGroupName: aws.String("nodes"), InstanceIds: ids, ProtectedFromScaleIn: &on,
		})
		w.ok(err)
	}
	protect(true, ids...)
	w.setDesired(1)
	w.settle()
	same(t, "in service while all are protected", len(w.inService()), 3)
	failed := slices.DeleteFunc(w.activities(), func(a string) bool { return a == fmt.Sprint("Terminating EC2 instance: ", a) })
	same(t, "said once", len(slices.DeleteFunc(failed, func(a string) bool { return !contains(a, "protected from scale-in") })), 1)
	protect(false, ids[0], ids[1])
	w.settle()
	same(t, "in service", fmt.Sprint(len(w.inService()), " ", w.inService()[0].ID), "1 "+ids[2])
}
