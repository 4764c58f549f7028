package fakeaws

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
)

func (w *world) putHook(transition, result string) {
	w.t.Helper()
	_, err := w.asg.PutLifecycleHook(w.ctx(), &autoscaling.PutLifecycleHookInput{
		AutoScalingGroupName: aws.String("nodes"), LifecycleHookName: aws.String("drain"), LifecycleTransition: &transition,
		HeartbeatTimeout: aws.Int32(60), DefaultResult: &result,
	})
	w.ok(err)
}

func TestTerminationHookHoldsAnInstance(t *testing.T) {
	w := newWorld(t)
	w.group(0, 6, 3)
	w.putHook(hookTerminating, "CONTINUE")
	victim := w.inZone("b").ID
	w.terminate(victim, false)
	w.pass(10 * time.Second)
	same(t, "replaced while it waits", fmt.Sprint(w.members()), "[a InService b InService b Terminating:Wait c InService]")
	same(t, "EC2 still runs it", w.machine(victim).State, StateRunning)
	same(t, "activity", fmt.Sprint(w.machine(victim).terminating.status, w.machine(victim).terminating.progress), "MidLifecycleAction60")
	w.pass(50 * time.Second)
	same(t, "after the heartbeat", w.machine(victim).Lifecycle, LifecycleTerminatingProceed)
	w.pass(time.Second)
	same(t, "in the end", w.machine(victim).Lifecycle, LifecycleTerminated)
}

func TestLaunchHookHoldsAnInstance(t *testing.T) {
	for result, want := range map[string]string{"CONTINUE": "[a InService]", "ABANDON": "[a Pending]"} {
		t.Run(result, func(t *testing.T) {
			w := newWorld(t)
			template := w.template("1.36")
			w.ok(w.CreateGroup(GroupSpec{Name: "nodes", MaxSize: 1, DesiredCapacity: 1, Zones: []string{"us-west-2a"}, LaunchTemplateID: template.ID}))
			w.putHook(hookLaunching, result)
			w.pass(10 * time.Second)
			same(t, "booted", fmt.Sprint(w.members(), w.Instances()[0].State), "[a Pending:Wait]running")
			w.pass(57 * time.Second)
			same(t, "after the heartbeat", w.members(), want)
		})
	}
}

func TestLifecycleActionIsCompletedOnce(t *testing.T) {
	w := newWorld(t)
	w.group(0, 6, 3)
	w.putHook(hookTerminating, "ABANDON")
	victim := w.inZone("b").ID
	complete := func(hook, id, result string) error {
		_, err := w.asg.CompleteLifecycleAction(w.ctx(), &autoscaling.CompleteLifecycleActionInput{
			AutoScalingGroupName: aws.String("nodes"), LifecycleHookName: &hook, InstanceId: &id, LifecycleActionResult: &result,
		})
		return err
	}
	w.refused(complete("drain", victim, "CONTINUE"), "ValidationError", 400, "No active Lifecycle Action found with instance ID "+victim)
	w.terminate(victim, true)
	w.refused(complete("none", victim, "CONTINUE"), "ValidationError", 400, "none")
	w.refused(complete("drain", victim, "MAYBE"), "ValidationError", 400, "MAYBE")
	w.ok(complete("drain", victim, "CONTINUE"))
	same(t, "state", w.machine(victim).Lifecycle+" "+w.machine(victim).State, "Terminating:Proceed shutting-down")
	w.refused(complete("drain", victim, "CONTINUE"), "ValidationError", 400, "No active")
	w.settle()
	same(t, "in the end", w.machine(victim).Lifecycle, LifecycleTerminated)
}

func TestHooksAreDescribed(t *testing.T) {
	w := newWorld(t)
	w.group(0, 6, 0)
	w.putHook(hookLaunching, "CONTINUE")
	w.putHook(hookTerminating, "ABANDON") // the same name: replaced
	out, err := w.asg.DescribeLifecycleHooks(w.ctx(), &autoscaling.DescribeLifecycleHooksInput{AutoScalingGroupName: aws.String("nodes")})
	w.ok(err)
	same(t, "hooks", len(out.LifecycleHooks), 1)
	h := out.LifecycleHooks[0]
	same(t, "hook", fmt.Sprint(*h.LifecycleHookName, " ", *h.LifecycleTransition, " ", *h.HeartbeatTimeout, " ", *h.GlobalTimeout, " ", *h.DefaultResult),
		"drain autoscaling:EC2_INSTANCE_TERMINATING 60 6000 ABANDON")
	out, err = w.asg.DescribeLifecycleHooks(w.ctx(), &autoscaling.DescribeLifecycleHooksInput{AutoScalingGroupName: aws.String("nodes"), LifecycleHookNames: []string{"other"}})
	w.ok(err)
	same(t, "hooks of another name", len(out.LifecycleHooks), 0)
	_, err = w.asg.PutLifecycleHook(w.ctx(), &autoscaling.PutLifecycleHookInput{
		AutoScalingGroupName: aws.String("nodes"), LifecycleHookName: aws.String("x"), LifecycleTransition: aws.String("sometimes"),
	})
	w.refused(err, "ValidationError", 400, "sometimes")
}
