package fakeaws

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
)

func contains(text, part string) bool { return strings.Contains(text, part) }

// activities are the descriptions of the group's activities, latest first.
func (w *world) activities() []string {
	w.t.Helper()
	out, err := w.asg.DescribeScalingActivities(w.ctx(), &autoscaling.DescribeScalingActivitiesInput{AutoScalingGroupName: aws.String("nodes")})
	w.ok(err)
	var all []string
	for _, a := range out.Activities {
		all = append(all, *a.Description)
	}
	return all
}

// story lists the activities from the first to the last, with short names for the
// instances and without times.
func (w *world) story() string {
	w.t.Helper()
	pages := autoscaling.NewDescribeScalingActivitiesPaginator(w.asg, &autoscaling.DescribeScalingActivitiesInput{AutoScalingGroupName: aws.String("nodes")})
	var lines []string
	for pages.HasMorePages() {
		page, err := pages.NextPage(w.ctx())
		w.ok(err)
		for _, a := range page.Activities {
			line := fmt.Sprintf("%s [%s %d] %s", *a.Description, a.StatusCode, *a.Progress, *a.Cause)
			lines = append([]string{line}, lines...)
		}
	}
	story := strings.Join(lines, "\n") + "\n"
	for n, i := range w.Instances() {
		story = strings.ReplaceAll(story, i.ID, fmt.Sprintf("i-%d", n+1))
	}
	for at := start(); !at.After(w.clock.Now()); at = at.Add(time.Second) {
		story = strings.ReplaceAll(story, "At "+at.Format(time.RFC3339)+" ", "")
	}
	return story
}

func TestActivitiesTellWhy(t *testing.T) {
	w := newWorld(t)
	template := w.template("1.36")
	w.ok(w.CreateGroup(GroupSpec{Name: "nodes", MaxSize: 4, DesiredCapacity: 1, Zones: []string{"us-west-2a"}, LaunchTemplateID: template.ID}))
	w.settle()
	w.setDesired(2)
	w.settle()
	w.terminate(w.Instances()[0].ID, false)
	w.settle()
	w.ok(w.Interrupt(w.Instances()[1].ID))
	w.settle()
	_, err := w.asg.UpdateAutoScalingGroup(w.ctx(), &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: aws.String("nodes"), MaxSize: aws.Int32(1)})
	w.ok(err)
	w.settle()
	w.terminate(w.inService()[0].ID, true)
	w.pass(0)
	victim := 4
	if w.Instances()[3].Lifecycle != LifecycleTerminated {
		victim = 3
	}
	same(t, "story", w.story(), fmt.Sprintf(`Launching a new EC2 instance: i-1 [Successful 100] a user request created an AutoScalingGroup changing the desired capacity from 0 to 1.  an instance was started in response to a difference between desired and actual capacity, increasing the capacity from 0 to 1.
Launching a new EC2 instance: i-2 [Successful 100] a user request explicitly set group desired capacity changing the desired capacity from 1 to 2.  an instance was started in response to a difference between desired and actual capacity, increasing the capacity from 1 to 2.
Terminating EC2 instance: i-1 [Successful 100] instance i-1 was taken out of service in response to a user request.
Launching a new EC2 instance: i-3 [Successful 100] an instance was started in response to a difference between desired and actual capacity, increasing the capacity from 1 to 2.
Terminating EC2 instance: i-2 [Successful 100] an instance was taken out of service in response to an EC2 health check indicating it has been terminated or stopped.
Launching a new EC2 instance: i-4 [Successful 100] an instance was started in response to a difference between desired and actual capacity, increasing the capacity from 1 to 2.
Terminating EC2 instance: i-%[1]d [Successful 100] a user request update of AutoScalingGroup constraints to min: 0, max: 1, desired: 1 changing the desired capacity from 2 to 1.  an instance was taken out of service in response to a difference between desired and actual capacity, shrinking the capacity from 2 to 1.  instance i-%[1]d was selected for termination.
Terminating EC2 instance: i-%[2]d [InProgress 0] instance i-%[2]d was taken out of service in response to a user request, shrinking the capacity from 1 to 0.
`, victim, 7-victim))
}

func TestActivitiesAreFound(t *testing.T) {
	w := newWorld(t)
	w.group(0, 150, 0)
	w.setDesired(120)
	w.settle()
	half := w.clock.Now()
	w.setDesired(121)
	w.pass(0)
	find := func(in autoscaling.DescribeScalingActivitiesInput) (sizes []int, first string) {
		in.AutoScalingGroupName = aws.String("nodes")
		pages := autoscaling.NewDescribeScalingActivitiesPaginator(w.asg, &in)
		for pages.HasMorePages() {
			page, err := pages.NextPage(w.ctx())
			w.ok(err)
			sizes = append(sizes, len(page.Activities))
			if first == "" && len(page.Activities) > 0 {
				first = string(page.Activities[0].StatusCode)
			}
		}
		return sizes, first
	}
	sizes, first := find(autoscaling.DescribeScalingActivitiesInput{})
	same(t, "pages", sizes, "[100 21]")
	same(t, "activities in progress come first", first, "PreInService")
	sizes, _ = find(autoscaling.DescribeScalingActivitiesInput{MaxRecords: aws.Int32(50)})
	same(t, "pages of 50", sizes, "[50 50 21]")
	sizes, _ = find(autoscaling.DescribeScalingActivitiesInput{Filters: groupFilter("Status", "PreInService")})
	same(t, "under way", sizes, "[1]")
	sizes, _ = find(autoscaling.DescribeScalingActivitiesInput{Filters: groupFilter("StartTimeLowerBound", half.Format(time.RFC3339))})
	same(t, "begun since", sizes, "[1]")
	sizes, _ = find(autoscaling.DescribeScalingActivitiesInput{Filters: groupFilter("StartTimeUpperBound", start().Add(-time.Hour).Format(time.RFC3339))})
	same(t, "begun before", sizes, "[0]")
	sizes, _ = find(autoscaling.DescribeScalingActivitiesInput{ActivityIds: []string{w.groups[0].activities[3].id, "none"}})
	same(t, "by id", sizes, "[1]")
	_, err := w.asg.DescribeScalingActivities(w.ctx(), &autoscaling.DescribeScalingActivitiesInput{AutoScalingGroupName: aws.String("ghost")})
	w.refused(err, "ValidationError", 400, "AutoScalingGroup name not found")
	_, err = w.asg.DescribeScalingActivities(w.ctx(), &autoscaling.DescribeScalingActivitiesInput{Filters: groupFilter("Colour", "blue")})
	w.refused(err, "ValidationError", 400, "Colour")
}

func TestFailedLaunchIsTold(t *testing.T) {
	w := newWorld(t)
	w.group(0, 6, 3)
	w.FailLaunches("", NoCapacityMessage("m5.xlarge", "us-west-2a"))
	w.setDesired(4)
	w.pass(0)
	out, err := w.asg.DescribeScalingActivities(w.ctx(), &autoscaling.DescribeScalingActivitiesInput{
		AutoScalingGroupName: aws.String("nodes"), Filters: groupFilter("Status", "Failed"),
	})
	w.ok(err)
	same(t, "failures, one per zone", len(out.Activities), 3)
	a := out.Activities[0]
	same(t, "message", *a.StatusMessage, NoCapacityMessage("m5.xlarge", "us-west-2a")+" Launching EC2 instance failed.")
	same(t, "description", contains(*a.Description, "Status Reason: We currently do not have sufficient m5.xlarge capacity"), true)
	same(t, "details", contains(*a.Details, `"Availability Zone":"us-west-2`), true)
	same(t, "over", a.EndTime != nil && *a.Progress == 100, true)
}
