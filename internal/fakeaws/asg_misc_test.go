package fakeaws

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

func (w *world) suspended() string {
	var names []string
	for _, p := range w.described().SuspendedProcesses {
		names = append(names, *p.ProcessName)
	}
	return fmt.Sprint(names)
}

func TestProcessesAreSuspendedAndResumed(t *testing.T) {
	w := newWorld(t)
	w.group(0, 6, 0)
	w.suspend("AZRebalance", "Launch")
	w.suspend("AZRebalance")
	same(t, "suspended", w.suspended(), "[AZRebalance Launch]")
	same(t, "why", *w.described().SuspendedProcesses[0].SuspensionReason, "User suspended at 2026-09-20T12:00:30.000Z")
	w.resume("Launch", "Terminate")
	same(t, "suspended", w.suspended(), "[AZRebalance]")
	w.suspend()
	same(t, "all suspended", len(w.described().SuspendedProcesses), 9)
	w.resume()
	same(t, "all resumed", w.suspended(), "[]")
	_, err := w.asg.SuspendProcesses(w.ctx(), &autoscaling.SuspendProcessesInput{AutoScalingGroupName: aws.String("nodes"), ScalingProcesses: []string{"Launch", "Lunch"}})
	w.refused(err, "ValidationError", 400, "Lunch")
	same(t, "after the refusal", w.suspended(), "[]")
	_, err = w.asg.ResumeProcesses(w.ctx(), &autoscaling.ResumeProcessesInput{AutoScalingGroupName: aws.String("ghost")})
	w.refused(err, "ValidationError", 400, "AutoScalingGroup name not found")
}

func groupTagInput(group, key, value string, propagate bool) astypes.Tag {
	return astypes.Tag{
		ResourceId: &group, ResourceType: aws.String("auto-scaling-group"), Key: &key, Value: &value, PropagateAtLaunch: &propagate,
	}
}

func TestGroupTags(t *testing.T) {
	w := newWorld(t)
	w.group(0, 6, 0)
	_, err := w.asg.CreateOrUpdateTags(w.ctx(), &autoscaling.CreateOrUpdateTagsInput{Tags: []astypes.Tag{
		groupTagInput("nodes", "team", "blue", true), groupTagInput("nodes", "env", "test", false),
	}})
	w.ok(err)
	_, err = w.asg.CreateOrUpdateTags(w.ctx(), &autoscaling.CreateOrUpdateTagsInput{Tags: []astypes.Tag{groupTagInput("nodes", "team", "red", true)}})
	w.ok(err)
	find := func(name string, values ...string) string {
		in := &autoscaling.DescribeTagsInput{}
		if name != "" {
			in.Filters = groupFilter(name, values...)
		}
		out, err := w.asg.DescribeTags(w.ctx(), in)
		w.ok(err)
		text := ""
		for _, t := range out.Tags {
			text += fmt.Sprint(*t.Key, "=", *t.Value, " ", *t.PropagateAtLaunch, ";")
		}
		return text
	}
	same(t, "all", find(""), "env=test false;team=red true;")
	same(t, "by group", find("auto-scaling-group", "nodes"), "env=test false;team=red true;")
	same(t, "by another group", find("auto-scaling-group", "other"), "")
	same(t, "by key", find("key", "env", "none"), "env=test false;")
	same(t, "by value", find("value", "red"), "team=red true;")
	same(t, "by propagation", find("propagate-at-launch", "true"), "team=red true;")
	w.setDesired(1)
	w.settle()
	same(t, "on an instance", fmt.Sprint(w.Instances()[0].Tags["team"], w.Instances()[0].Tags["env"]), "red")

	_, err = w.asg.DeleteTags(w.ctx(), &autoscaling.DeleteTagsInput{Tags: []astypes.Tag{groupTagInput("nodes", "team", "", false), groupTagInput("nodes", "none", "", false)}})
	w.ok(err)
	same(t, "after deleting", find(""), "env=test false;")
	_, err = w.asg.CreateOrUpdateTags(w.ctx(), &autoscaling.CreateOrUpdateTagsInput{Tags: []astypes.Tag{
		groupTagInput("nodes", "new", "1", false), groupTagInput("ghost", "new", "1", false),
	}})
	w.refused(err, "ValidationError", 400, "AutoScalingGroup not found - AutoScaling Group ghost not found")
	same(t, "after the refusal", find("key", "new"), "")
	_, err = w.asg.DescribeTags(w.ctx(), &autoscaling.DescribeTagsInput{Filters: groupFilter("colour", "blue")})
	w.refused(err, "ValidationError", 400, "colour")
}

func TestInstanceRefreshIsSeen(t *testing.T) {
	w := newWorld(t)
	w.group(0, 6, 3)
	status := func() string {
		out, err := w.asg.DescribeInstanceRefreshes(w.ctx(), &autoscaling.DescribeInstanceRefreshesInput{AutoScalingGroupName: aws.String("nodes")})
		w.ok(err)
		var all []string
		for _, r := range out.InstanceRefreshes {
			all = append(all, string(r.Status))
		}
		return fmt.Sprint(all)
	}
	same(t, "none", status(), "[]")
	w.ok(w.MarkRefreshing("nodes", true))
	w.ok(w.MarkRefreshing("nodes", true))
	same(t, "one", status(), "[InProgress]")
	w.ok(w.MarkRefreshing("nodes", false))
	w.ok(w.MarkRefreshing("nodes", false))
	same(t, "one that ended", status(), "[Cancelled]")
	if err := w.MarkRefreshing("ghost", true); err == nil {
		t.Error("an unknown group could be marked as refreshing")
	}
}

// A group may have a launch configuration as long as it is empty. A launch
// template replaces it.
func TestLaunchConfiguration(t *testing.T) {
	w := newWorld(t)
	image, _ := w.LatestImage("1.36", "x86_64")
	config := &autoscaling.CreateLaunchConfigurationInput{LaunchConfigurationName: aws.String("old"), ImageId: &image.ID, InstanceType: aws.String("m5.xlarge")}
	_, err := w.asg.CreateLaunchConfiguration(w.ctx(), config)
	w.ok(err)
	_, err = w.asg.CreateLaunchConfiguration(w.ctx(), config)
	w.refused(err, "AlreadyExists", 400, "old")
	in := &autoscaling.CreateAutoScalingGroupInput{
		AutoScalingGroupName: aws.String("nodes"), MinSize: aws.Int32(0), MaxSize: aws.Int32(1), LaunchConfigurationName: aws.String("old"), AvailabilityZones: []string{"us-west-2a"},
	}
	_, err = w.asg.CreateAutoScalingGroup(w.ctx(), in)
	w.refused(err, "ValidationError", 400, "MaxSize has to be 0")
	in.MaxSize = aws.Int32(0)
	_, err = w.asg.CreateAutoScalingGroup(w.ctx(), in)
	w.ok(err)
	same(t, "its launch configuration", aws.ToString(w.described().LaunchConfigurationName), "old")
	in.AutoScalingGroupName, in.LaunchConfigurationName = aws.String("others"), aws.String("none")
	_, err = w.asg.CreateAutoScalingGroup(w.ctx(), in)
	w.refused(err, "ValidationError", 400, "none does not exist")
}
