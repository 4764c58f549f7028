package aws_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/google/go-cmp/cmp"

	"github.com/nodelift/nodelift/internal/fakeaws"
	"github.com/nodelift/nodelift/internal/upgrade"
)

func TestGroupIsWhatAutoScalingAndEC2Say(t *testing.T) {
	w := newWorld(t)
	want := upgrade.Group{
		Name: group, Read: w.clock.Now(), Size: upgrade.Size{Max: 3, Desired: 3},
		Zones:    []string{"us-west-2a", "us-west-2b", "us-west-2c"},
		Template: upgrade.TemplateRef{ID: w.template.ID, Name: "nodes", Version: "$Latest"},
	}
	for _, i := range w.Instances() {
		want.Instances = append(want.Instances, upgrade.Instance{
			ID: i.ID, Zone: i.Zone, Lifecycle: upgrade.InService, Image: w.image.ID, Launched: i.Launched,
			Template: upgrade.TemplateVersion{ID: w.template.ID, Name: "nodes", Number: 1},
			Hostname: i.PrivateDNS, Arch: "x86_64",
		})
	}
	described, err := w.sdk().DescribeAutoScalingGroups(context.Background(), &autoscaling.DescribeAutoScalingGroupsInput{})
	must(t, err)
	want.ARN = *described.AutoScalingGroups[0].AutoScalingGroupARN
	if diff := cmp.Diff(want, w.read(group)); diff != "" {
		t.Error(diff)
	}
}

func TestGroupThatDoesNotExist(t *testing.T) {
	w := newWorld(t)
	_, err := w.aws.Groups.Group(context.Background(), "nobody", false)
	if !errors.Is(err, upgrade.ErrNotFound) || !strings.Contains(err.Error(), "nobody in us-west-2") {
		t.Errorf("got %v", err)
	}
}

func TestGroupAsksOnlyForWhatItDoesNotKnow(t *testing.T) {
	ctx := context.Background()
	// Each step is followed by one reading; the numbers are calls since the last.
	steps := []struct {
		name              string
		do                func(*world)
		fresh             bool
		groups, instances int
	}{
		{name: "the first reading asks both", groups: 1, instances: 1},
		{name: "an answer is good for an interval", do: func(w *world) { w.clock.advance(upgrade.Interval - 1) }},
		{name: "a fresh reading asks for the group only", fresh: true, groups: 1},
		{name: "and so does one after the interval", do: func(w *world) { w.clock.advance(upgrade.Interval) }, groups: 1},
		{name: "our own change is known", do: func(w *world) {
			must(w.t, w.aws.Groups.Resize(ctx, group, upgrade.Size{}, upgrade.Size{Max: 4, Desired: 4}))
		}},
		{name: "a new instance is asked for, alone", do: func(w *world) { w.step() }, fresh: true, groups: 1, instances: 1},
		{name: "one that goes is not asked for again", do: func(w *world) {
			must(w.t, w.aws.Groups.Terminate(ctx, group, ids(w.read(group))[:1], false))
		}},
	}
	w := newWorld(t)
	for _, step := range steps {
		if step.do != nil {
			step.do(w)
		}
		before := []int{w.calls("DescribeAutoScalingGroups"), w.calls("DescribeInstances")}
		if _, err := w.aws.Groups.Group(ctx, group, step.fresh); err != nil {
			t.Fatal(err)
		}
		got := []int{w.calls("DescribeAutoScalingGroups") - before[0], w.calls("DescribeInstances") - before[1]}
		if got[0] != step.groups || got[1] != step.instances {
			t.Errorf("%s: %d calls for the group and %d for instances, want %d and %d", step.name, got[0], got[1], step.groups, step.instances)
		}
	}
}

func TestGroupReadsAnyNumberOfInstances(t *testing.T) {
	w := newWorld(t)
	w.newGroup("large", w.template.ID, "1", 250)
	w.step()
	for _, i := range w.read("large").Instances {
		if i.Image != w.image.ID || i.Launched.IsZero() {
			t.Fatalf("instance %s has image %q and was launched at %s", i.ID, i.Image, i.Launched)
		}
	}
	if n := w.calls("DescribeInstances"); n != 2 {
		t.Errorf("%d calls for 250 instances, want 2", n)
	}
}

func TestAnAnswerBelongsToItsCaller(t *testing.T) {
	w := newWorld(t)
	first := w.read(group)
	want := first.Instances[0].ID
	first.Instances[0].ID = "changed"
	if second, err := w.aws.Groups.Group(context.Background(), group, false); err != nil || second.Instances[0].ID != want {
		t.Errorf("the kept answer was changed by a caller: %s, %v", second.Instances[0].ID, err)
	}
}

func TestEC2sWordWinsOverTheLifecycle(t *testing.T) {
	w := newWorld(t)
	lost := w.Instances()[0].ID
	must(t, w.Interrupt(lost))
	if got := lifecycles(w.read(group))[lost]; got != upgrade.ShuttingDown {
		t.Errorf("an instance that EC2 shuts down is %s", got)
	}
}

// TestInstanceThatEC2DoesNotKnowYet holds EC2's eventual consistency.
func TestInstanceThatEC2DoesNotKnowYet(t *testing.T) {
	w := newWorld(t)
	w.intercept = func(out http.ResponseWriter, in *http.Request) bool {
		body, _ := io.ReadAll(in.Body)
		in.Body = io.NopCloser(strings.NewReader(string(body)))
		if !strings.Contains(string(body), "Action=DescribeInstances") {
			return false
		}
		fmt.Fprint(out, `<DescribeInstancesResponse><requestId>r</requestId><reservationSet/></DescribeInstancesResponse>`)
		return true
	}
	for _, i := range w.read(group).Instances {
		if !i.Launched.IsZero() || i.Lifecycle != upgrade.InService {
			t.Errorf("nothing but the group knows of %s, and yet: %+v", i.ID, i)
		}
	}
	w.intercept = nil
	for _, i := range w.read(group).Instances {
		if i.Image != w.image.ID || i.Launched.IsZero() {
			t.Errorf("EC2 knows %s now, and yet: %+v", i.ID, i)
		}
	}
}

func TestSetMinimumSetsTheMinimumAlone(t *testing.T) {
	w := newWorld(t)
	for range 2 {
		must(t, w.aws.Groups.SetMinimum(context.Background(), group, 2))
	}
	if g := w.read(group); g.Min != 2 || g.Size != (upgrade.Size{Max: 3, Desired: 3}) {
		t.Errorf("minimum %d, %s", g.Min, g.Size)
	}
}

func TestResizeSetsBothSizes(t *testing.T) {
	w := newWorld(t)
	for range 2 { // to be repeated at will
		must(t, w.aws.Groups.Resize(context.Background(), group, upgrade.Size{}, upgrade.Size{Max: 6, Desired: 5}))
	}
	if got, want := w.read(group).Size, (upgrade.Size{Max: 6, Desired: 5}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestProcessesAreSuspendedAndResumed(t *testing.T) {
	w := newWorld(t)
	set := func(processes []string, suspended bool) []string {
		must(t, w.aws.Groups.SetProcesses(context.Background(), group, processes, suspended))
		return w.read(group).Suspended
	}
	set([]string{"AlarmNotification"}, true)
	for range 2 {
		if got := set([]string{"AZRebalance"}, true); !cmp.Equal(got, []string{"AZRebalance", "AlarmNotification"}) {
			t.Errorf("suspended: %v", got)
		}
	}
	if got := set(nil, false); len(got) != 2 {
		t.Errorf("no process stood for all: left %v", got)
	}
	for range 2 {
		if got := set([]string{"AZRebalance"}, false); !cmp.Equal(got, []string{"AlarmNotification"}) {
			t.Errorf("resumed: left %v", got)
		}
	}
}

func TestLastActivityTellsWhyALaunchFailed(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	start := time.Date(2026, 9, 20, 12, 0, 0, 0, time.UTC)
	if got, err := w.aws.Groups.LastActivity(ctx, group, start, nil); err != nil || !strings.HasPrefix(got, "Launching a new EC2 instance: i-") ||
		!strings.HasSuffix(got, ": Successful at 12:00:01 UTC; 3 instances were launched since 12:00:00 UTC") {
		t.Errorf("a launch that worked: %q, %v", got, err)
	}
	w.FailLaunches("", fakeaws.NoCapacityMessage("m5.xlarge", "us-west-2a"))
	must(t, w.aws.Groups.Resize(ctx, group, upgrade.Size{}, upgrade.Size{Max: 4, Desired: 4}))
	w.step()
	got, err := w.aws.Groups.LastActivity(ctx, group, start, nil)
	must(t, err)
	for _, part := range []string{"Launching a new EC2 instance: Failed at 12:0", "do not have sufficient m5.xlarge capacity"} {
		if !strings.Contains(got, part) || strings.Count(got, part) != 1 {
			t.Errorf("%q does not say %q once", got, part)
		}
	}
	w.newGroup("empty", w.template.ID, "1", 0)
	if got, err := w.aws.Groups.LastActivity(ctx, "empty", start, nil); got != "" || err != nil {
		t.Errorf("a group without activities: %q, %v", got, err)
	}
}

// A failure in another zone says nothing about an instance, or about a zone.
func TestLastActivityIsOfTheZone(t *testing.T) {
	w := newWorld(t)
	start, before := w.clock.Now(), len(w.Instances())
	w.FailLaunches("us-west-2a", fakeaws.NoCapacityMessage("m5.xlarge", "us-west-2a"))
	must(t, w.aws.Groups.Resize(context.Background(), group, upgrade.Size{}, upgrade.Size{Max: 9, Desired: 9}))
	w.step()
	launched := w.Instances()[before].ID
	for about, want := range map[string]string{
		"us-west-2a": "do not have sufficient m5.xlarge capacity",
		launched:     "Launching a new EC2 instance: " + launched + ": ",
		"us-west-2x": "none about us-west-2x; the last launch elsewhere: Launching a new EC2 instance: Failed",
	} {
		if got, err := w.aws.Groups.LastActivity(context.Background(), group, start, []string{about}); err != nil || !strings.Contains(got, want) {
			t.Errorf("about %s: %q, %v", about, got, err)
		}
	}
}

// Activities from before an update say nothing about it.
func TestLastActivityIsOfTheUpdate(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	w.clock.advance(time.Minute)
	start := w.clock.Now()
	if got, err := w.aws.Groups.LastActivity(ctx, group, start, nil); got != "" || err != nil {
		t.Errorf("before anything was launched: %q, %v", got, err)
	}
	must(t, w.aws.Groups.Resize(ctx, group, upgrade.Size{}, upgrade.Size{Max: 4, Desired: 4}))
	w.step()
	all := w.Instances()
	must(t, w.Interrupt(all[len(all)-1].ID))
	w.step()
	w.step()
	got, err := w.aws.Groups.LastActivity(ctx, group, start, nil)
	must(t, err)
	for _, part := range []string{"2 instances were launched since 12:01:", "of which Auto Scaling ended 1, the last one because an instance was taken out of service in response to an EC2 health check"} {
		if !strings.Contains(got, part) {
			t.Errorf("%q does not say %q", got, part)
		}
	}
}

func TestTakenAwayIsToldFromACall(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	all := ids(w.read(group))
	must(t, w.Interrupt(all[0]))
	must(t, w.aws.Groups.Terminate(ctx, group, all[1:2], true))
	w.step()
	_, err := w.sdk().DetachInstances(ctx, &autoscaling.DetachInstancesInput{
		AutoScalingGroupName: sdk.String(group), InstanceIds: all[2:3], ShouldDecrementDesiredCapacity: sdk.Bool(false)})
	must(t, err)
	for id, want := range map[string]bool{all[0]: true, all[1]: false, all[2]: true, "i-unknown": false} {
		if got, err := w.aws.Groups.TerminatedElsewhere(ctx, group, id); got != want || err != nil {
			t.Errorf("%s was taken away: %v, %v", id, got, err)
		}
	}
}

// AWS returns the newest hundred activities: with so many, older ones may be missing.
func TestLastActivityOfMoreThanAWSReturns(t *testing.T) {
	w := newWorld(t)
	start := w.clock.Now()
	w.newGroup("large", w.template.ID, "1", 150)
	w.step()
	got, err := w.aws.Groups.LastActivity(context.Background(), "large", start, nil)
	must(t, err)
	if !strings.Contains(got, "; at least 100 instances were launched since") {
		t.Errorf("%q does not say that there may be more", got)
	}
}
