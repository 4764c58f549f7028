package fakeaws

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func versionInput(templateID, imageID string) *ec2.CreateLaunchTemplateVersionInput {
	return &ec2.CreateLaunchTemplateVersionInput{
		LaunchTemplateId: aws.String(templateID), SourceVersion: aws.String("1"),
		LaunchTemplateData: &ec2types.RequestLaunchTemplateData{ImageId: aws.String(imageID)},
	}
}

func TestInstanceLivesFromPendingToGone(t *testing.T) {
	w := newWorld(t)
	template := w.template("1.36")
	w.ok(w.CreateGroup(GroupSpec{Name: "nodes", MaxSize: 3, DesiredCapacity: 1, Zones: []string{"us-west-2a"}, LaunchTemplateID: template.ID}))
	same(t, "before the first step", w.members(), []string{})

	w.pass(0)
	same(t, "launched", w.members(), "[a Pending]")
	same(t, "EC2 state", w.Instances()[0].State, StatePending)
	w.pass(4 * time.Second)
	same(t, "4 of 5 seconds booted", w.members(), "[a Pending]")
	w.pass(time.Second)
	same(t, "booted", w.members(), "[a InService]")
	same(t, "EC2 state", w.Instances()[0].State, StateRunning)

	w.terminate(w.Instances()[0].ID, true)
	same(t, "at the call", w.members(), "[a Terminating]")
	same(t, "EC2 state", w.Instances()[0].State, StateShuttingDown)
	w.pass(time.Second)
	same(t, "gone from the group", w.members(), "[]")
	same(t, "EC2 still describes it", w.Instances()[0].State, StateTerminated)
	w.pass(time.Hour + time.Second)
	same(t, "after an hour", len(w.Instances()), 0)
}

func TestStepWithoutAnythingDueChangesNothing(t *testing.T) {
	w := newWorld(t)
	w.group(1, 6, 4)
	before := fmt.Sprint(w.Instances(), w.groups[0].activities)
	for range 100 {
		w.Step(w.clock.Now())
	}
	same(t, "instances and activities", fmt.Sprint(w.Instances(), w.groups[0].activities), before)
}

func TestSameSeedSameChoices(t *testing.T) {
	run := func(seed uint64) string {
		w := newWorld(t, func(cfg *Config) { cfg.Seed = seed })
		w.group(1, 10, 7)
		w.setDesired(2)
		w.settle()
		return fmt.Sprint(w.Instances())
	}
	same(t, "same seed", run(7), run(7))
	if run(7) == run(8) {
		t.Error("another seed made the same choices")
	}
}

// A row is a group with one instance in service in each of three zones, what
// happens to it, and the number of instances in each zone afterwards.
func TestGroupSettles(t *testing.T) {
	for name, row := range map[string]struct {
		do   func(*world)
		want string
	}{
		"a group scales out in the emptiest zones":                   {func(w *world) { w.setDesired(6) }, "2 2 2"},
		"a group scales in from the fullest zones":                   {func(w *world) { w.setDesired(6); w.settle(); w.setDesired(3) }, "1 1 1"},
		"an instance that a user terminated is replaced":             {func(w *world) { w.terminate(w.inZone("b").ID, false) }, "1 1 1"},
		"an instance terminated with a decrement is not replaced":    {func(w *world) { w.terminate(w.inZone("b").ID, true) }, "1 0 1"},
		"an instance whose hardware failed is replaced":              {func(w *world) { w.ok(w.Interrupt(w.inZone("c").ID)) }, "1 1 1"},
		"an instance terminated in EC2 is replaced":                  {func(w *world) { w.endInEC2("a") }, "1 1 1"},
		"nothing is launched while Launch is suspended":              {func(w *world) { w.suspend("Launch"); w.setDesired(5) }, "1 1 1"},
		"nothing is replaced while Launch is suspended":              {func(w *world) { w.suspend("Launch"); w.endInEC2("a") }, "0 1 1"},
		"a group does not scale in while Terminate is suspended":     {func(w *world) { w.suspend("Terminate"); w.setDesired(1) }, "1 1 1"},
		"a call terminates an instance while Terminate is suspended": {func(w *world) { w.suspend("Terminate"); w.terminate(w.inZone("a").ID, true) }, "0 1 1"},
		"another zone is used when one has no capacity":              {func(w *world) { w.FailLaunches("us-west-2a", "full"); w.setDesired(6) }, "1 2 3|1 3 2"},
		"zones are rebalanced when there is capacity again":          {func(w *world) { w.unevenThenBack() }, "2 2 2"},
		"zones are not rebalanced while AZRebalance is suspended":    {func(w *world) { w.suspend("AZRebalance"); w.unevenThenBack() }, "1 2 3|1 3 2"},
		"zones are not rebalanced while Launch is suspended":         {func(w *world) { w.unevenThenLaunchOff() }, "1 2 3|1 3 2"},
		"zones that differ by one are not rebalanced":                {func(w *world) { w.setDesired(4) }, "1 1 2|1 2 1|2 1 1"},
		"instances are moved out of a removed zone":                  {func(w *world) { w.dropZone() }, "0 1 2|0 2 1"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.group(0, 6, 3)
			same(t, "at first", w.spread(), "1 1 1")
			row.do(w)
			w.pass(3 * time.Minute)
			if !slices.Contains(oneOf(row.want), w.spread()) {
				t.Errorf("got %s, want %s; %v", w.spread(), row.want, w.members())
			}
		})
	}
}

func oneOf(alternatives string) []string {
	var all []string
	for rest := alternatives; rest != ""; {
		n := min(5, len(rest))
		all = append(all, rest[:n])
		rest = rest[min(n+1, len(rest)):]
	}
	return all
}

func (w *world) endInEC2(zone string) {
	_, err := w.ec2.TerminateInstances(w.ctx(), &ec2.TerminateInstancesInput{InstanceIds: []string{w.inZone(zone).ID}})
	w.ok(err)
}

func (w *world) unevenThenBack() {
	w.FailLaunches("us-west-2a", "full")
	w.setDesired(6)
	w.settle()
	w.FailLaunches("us-west-2a", "")
}

func (w *world) unevenThenLaunchOff() {
	w.FailLaunches("us-west-2a", "full")
	w.setDesired(6)
	w.settle()
	w.suspend("Launch")
	w.FailLaunches("us-west-2a", "")
}

func (w *world) dropZone() {
	_, err := w.asg.UpdateAutoScalingGroup(w.ctx(), &autoscaling.UpdateAutoScalingGroupInput{
		AutoScalingGroupName: aws.String("nodes"), AvailabilityZones: []string{"us-west-2b", "us-west-2c"},
	})
	w.ok(err)
}

func TestReplacementStartsBeforeItsPredecessorIsGone(t *testing.T) {
	w := newWorld(t, func(cfg *Config) { cfg.Terminate = time.Minute })
	w.group(3, 6, 3)
	w.terminate(w.inZone("b").ID, false)
	w.pass(0)
	same(t, "members", w.members(), "[a InService b Pending b Terminating c InService]")
}

func TestUnhealthyStaysWhileReplacingIsSuspended(t *testing.T) {
	for process, health := range map[string]bool{"ReplaceUnhealthy": false, "Terminate": false, "HealthCheck": true} {
		t.Run(process, func(t *testing.T) {
			w := newWorld(t)
			w.group(3, 6, 3)
			w.suspend(process)
			lost := w.inZone("a").ID
			w.ok(w.Interrupt(lost))
			w.settle()
			same(t, "the lost one", w.machine(lost).Lifecycle, LifecycleInService)
			same(t, "members", len(w.members()), 3)
			same(t, "healthy", w.machine(lost).Healthy, health)
			w.resume(process)
			w.settle()
			same(t, "after resuming", w.spread(), "1 1 1")
			same(t, "the lost one", w.machine(lost).Lifecycle, LifecycleTerminated)
		})
	}
}

// An instance that was ended in EC2 stays a member until its group notices, even
// if it is ended twice.
func TestEndingAgainDoesNotLeaveTheGroup(t *testing.T) {
	w := newWorld(t)
	w.group(3, 6, 3)
	w.suspend("HealthCheck")
	lost := w.inZone("a").ID
	for range 3 {
		w.ok(w.Interrupt(lost))
		_, err := w.ec2.TerminateInstances(w.ctx(), &ec2.TerminateInstancesInput{InstanceIds: []string{lost}})
		w.ok(err)
		w.settle()
	}
	same(t, "the lost one", w.machine(lost).State+" "+w.machine(lost).Lifecycle, "terminated InService")
	same(t, "members", len(w.described().Instances), 3)
	if err := w.Interrupt("i-0123456789abcdef0"); err == nil {
		t.Error("an unknown instance was interrupted")
	}
}

func TestPendingInstanceIsTerminated(t *testing.T) {
	w := newWorld(t)
	w.group(0, 6, 3)
	w.setDesired(4)
	w.pass(0)
	w.terminate(w.Instances()[3].ID, true)
	same(t, "its launch", w.groups[0].activities[3].status, activityCancelled)
	w.settle()
	same(t, "its end", w.Instances()[3].Lifecycle, LifecycleTerminated)
	same(t, "the others", w.spread(), "1 1 1")
}
