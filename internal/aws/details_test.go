package aws_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/nodelift/nodelift/internal/aws"
	"github.com/nodelift/nodelift/internal/fakeaws"
)

// furnish gives the group everything that works on it by itself.
func (w *world) furnish() {
	w.t.Helper()
	ctx, name, asg := context.Background(), sdk.String(group), w.sdk()
	_, err := asg.PutScalingPolicy(ctx, &autoscaling.PutScalingPolicyInput{
		AutoScalingGroupName: name, PolicyName: sdk.String("cpu"), AdjustmentType: sdk.String("ChangeInCapacity"), ScalingAdjustment: sdk.Int32(1),
	})
	must(w.t, err)
	_, err = asg.PutScheduledUpdateGroupAction(ctx, &autoscaling.PutScheduledUpdateGroupActionInput{
		AutoScalingGroupName: name, ScheduledActionName: sdk.String("night"),
		StartTime: sdk.Time(time.Date(2026, 9, 21, 20, 0, 0, 0, time.UTC)), MinSize: sdk.Int32(0), DesiredCapacity: sdk.Int32(1),
	})
	must(w.t, err)
	for hook, transition := range map[string]string{"warm": "LAUNCHING", "drain": "TERMINATING"} {
		_, err = asg.PutLifecycleHook(ctx, &autoscaling.PutLifecycleHookInput{
			AutoScalingGroupName: name, LifecycleHookName: &hook, HeartbeatTimeout: sdk.Int32(1200),
			LifecycleTransition: sdk.String("autoscaling:EC2_INSTANCE_" + transition),
		})
		must(w.t, err)
	}
	_, err = asg.UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: name, MaxInstanceLifetime: sdk.Int32(7 * 86400)})
	must(w.t, err)
}

func TestDetailsOfWhatWorksOnAGroupByItself(t *testing.T) {
	w := newWorld(t)
	w.furnish()
	got, err := w.aws.Groups.Details(context.Background(), group)
	must(t, err)
	want := aws.Details{
		Name: group, ARN: got.ARN, Tags: map[string]string{}, MaxLifetime: 7 * 24 * time.Hour,
		Policies: []string{"cpu"}, Scheduled: []string{"night at 2026-09-21 20:00 UTC minimum 0 desired 1"},
		Hooks: []aws.Hook{{Name: "warm", Launching: true, Heartbeat: 20 * time.Minute}, {Name: "drain", Heartbeat: 20 * time.Minute}},
	}
	sorted := cmpopts.SortSlices(func(a, b aws.Hook) bool { return a.Name < b.Name })
	if diff := cmp.Diff(want, got, sorted, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}

func TestDetailsWithoutARightToSee(t *testing.T) {
	w := newWorld(t)
	w.furnish()
	w.Deny(key, "autoscaling:DescribePolicies")
	got, err := w.aws.Groups.Details(context.Background(), group)
	if err != nil || len(got.Policies) > 0 || len(got.Scheduled) != 1 || len(got.Hooks) != 2 {
		t.Errorf("got %+v, %v", got, err)
	}
	if len(got.Unknown) != 1 || !strings.Contains(got.Unknown[0], "autoscaling:DescribePolicies on group nodes is not allowed") {
		t.Errorf("what was not looked at: %q", got.Unknown)
	}
}

func TestWeightsAreSeen(t *testing.T) {
	for name, test := range map[string]struct {
		weight *string
		want   bool
	}{"none": {nil, false}, "one each": {sdk.String("1"), false}, "two": {sdk.String("2"), true}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.mixed(types.LaunchTemplateOverrides{InstanceType: sdk.String("m5.xlarge"), WeightedCapacity: test.weight})
			if got, err := w.aws.Groups.Details(context.Background(), "mixed"); err != nil || got.Weighted != test.want {
				t.Errorf("weighted: %v, %v", got.Weighted, err)
			}
		})
	}
}

func TestMembersSetApart(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	all := ids(w.read(group))
	_, err := w.sdk().EnterStandby(ctx, &autoscaling.EnterStandbyInput{
		AutoScalingGroupName: sdk.String(group), InstanceIds: all[:1], ShouldDecrementDesiredCapacity: sdk.Bool(true)})
	must(t, err)
	_, err = w.sdk().DetachInstances(ctx, &autoscaling.DetachInstancesInput{
		AutoScalingGroupName: sdk.String(group), InstanceIds: all[1:2], ShouldDecrementDesiredCapacity: sdk.Bool(true)})
	must(t, err)
	if got := lifecycles(w.read(group)); len(got) != 2 || !got[all[0]].StandbyOrDetaching() || got[all[2]].StandbyOrDetaching() {
		t.Errorf("after standby and detaching: %v", got)
	}
}

// Protection from scale in keeps an instance from being chosen, not from being
// terminated by name, as AWS documents it.
func TestProtectedInstancesAreTerminated(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	id := ids(w.read(group))[0]
	_, err := w.sdk().SetInstanceProtection(ctx, &autoscaling.SetInstanceProtectionInput{
		AutoScalingGroupName: sdk.String(group), InstanceIds: []string{id}, ProtectedFromScaleIn: sdk.Bool(true)})
	must(t, err)
	for _, i := range w.read(group).Instances {
		if i.Protected != (i.ID == id) {
			t.Errorf("%s is protected: %v", i.ID, i.Protected)
		}
	}
	must(t, w.aws.Groups.Terminate(ctx, group, []string{id}, true))
	w.step()
	if got := w.read(group); len(got.Instances) != 2 || got.Size.Desired != 2 {
		t.Errorf("after the termination: %v", got)
	}
}

// An AWS that lacks a call that is only for a warning, as one in a region that lags behind, stops nothing.
func TestDetailsWithoutInstanceRefreshes(t *testing.T) {
	w := newWorld(t)
	_, err := w.SetFault(fakeaws.Fault{
		Name: fakeaws.FaultError, Action: "DescribeInstanceRefreshes", Code: "InvalidAction",
		Message: "Could not find operation DescribeInstanceRefreshes for version 2011-01-01",
	})
	must(t, err)
	details, err := w.aws.Groups.Details(context.Background(), group)
	must(t, err)
	if want := []string{"instance refreshes: the AWS at this endpoint does not have the call"}; !slices.Equal(details.Unknown, want) {
		t.Errorf("unknown: %q, want %q", details.Unknown, want)
	}
}
