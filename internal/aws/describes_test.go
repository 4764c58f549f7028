package aws_test

import (
	"fmt"
	"net/http"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Describes depend on the time, not on how many nodes or groups there are: one
// paged call an interval, and EC2 is asked once for what does not change.
func TestDescribesAMinute(t *testing.T) {
	for name, tc := range map[string]struct{ groups, nodes, instances int }{
		"10 nodes":                {1, 10, 1},
		"100 nodes":               {1, 100, 1},
		"400 nodes":               {1, 400, 2}, // 200 a call
		"100 nodes in 10 groups":  {10, 10, 10},
		"60 nodes in 20 groups":   {20, 3, 20},
		"no nodes, and one group": {1, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			for n := range tc.groups {
				w.newGroup(fmt.Sprintf("group-%d", n), w.template.ID, "1", tc.nodes)
			}
			w.step()
			groups, instances := w.calls("DescribeAutoScalingGroups"), w.calls("DescribeInstances")
			const look = time.Second // engines look when something happens
			for elapsed := time.Duration(0); elapsed < time.Minute; elapsed += look {
				for n := range tc.groups {
					if _, err := w.aws.Groups.Group(t.Context(), fmt.Sprintf("group-%d", n), false); err != nil {
						t.Fatal(err)
					}
				}
				w.clock.advance(look)
			}
			groups, instances = w.calls("DescribeAutoScalingGroups")-groups, w.calls("DescribeInstances")-instances
			// While the process gets to know the groups, each has its first call.
			if most := int(time.Minute/upgrade.Interval) + tc.groups - 1; groups > most {
				t.Errorf("%d describes of groups in a minute, want at most %d", groups, most)
			}
			if instances != tc.instances {
				t.Errorf("%d describes of instances, want %d", instances, tc.instances)
			}
		})
	}
}

// Engines that work side by side share their fresh reads, too: whoever comes while
// one is on its way has the next, which is about all of them.
func TestFreshReadsAreShared(t *testing.T) {
	w := newWorld(t)
	const groups = 8
	for n := range groups {
		w.newGroup(fmt.Sprintf("group-%d", n), w.template.ID, "1", 2)
	}
	w.step()
	read := func(n int) error {
		got, err := w.aws.Groups.Group(t.Context(), fmt.Sprintf("group-%d", n), true)
		if err == nil && len(got.Instances) != 2 {
			err = fmt.Errorf("group %d has %d instances", n, len(got.Instances))
		}
		return err
	}
	for n := range groups { // all are known
		must(t, read(n))
	}
	before := w.calls("DescribeAutoScalingGroups")
	var waiting atomic.Int32
	w.intercept = func(http.ResponseWriter, *http.Request) bool {
		for waiting.Load() < groups { // all have come
			runtime.Gosched()
		}
		return false
	}
	errs := make(chan error)
	for n := range groups {
		go func() {
			waiting.Add(1)
			errs <- read(n)
		}()
	}
	for range groups {
		must(t, <-errs)
	}
	if n := w.calls("DescribeAutoScalingGroups") - before; n > groups/2 { // mostly 2
		t.Errorf("%d calls for %d groups", n, groups)
	}
}

// What this process changes in one of the groups is seen at once without a call,
// and the answer about the others stays good.
func TestAChangeIsSeenWithoutACall(t *testing.T) {
	w := newWorld(t)
	w.newGroup("other", w.template.ID, "1", 1)
	w.step()
	look := func(name string) upgrade.Group {
		g, err := w.aws.Groups.Group(t.Context(), name, false)
		must(t, err)
		return g
	}
	look(group)
	look("other")
	before := w.calls("DescribeAutoScalingGroups")
	must(t, w.aws.Groups.Resize(t.Context(), group, upgrade.Size{}, upgrade.Size{Max: 5, Desired: 4}))
	members := ids(look(group))
	must(t, w.aws.Groups.Terminate(t.Context(), group, members[:1], true))
	must(t, w.aws.Groups.Terminate(t.Context(), group, members[1:], false))
	known := look(group)
	look("other")
	if n := w.calls("DescribeAutoScalingGroups") - before; n != 0 {
		t.Errorf("%d calls, want none", n)
	}
	truth := w.read(group)
	if known.Size != truth.Size || known.Size != (upgrade.Size{Max: 5, Desired: 3}) || going(known) != 3 || going(truth) != 3 {
		t.Errorf("known are sizes %s and %d instances that go, true are %s and %d", known.Size, going(known), truth.Size, going(truth))
	}
}

// What AWS does not confirm is asked for: here an instance was on its way out
// before it was terminated together with its place.
func TestAChangeThatIsNotConfirmedAsksAgain(t *testing.T) {
	w := newWorld(t)
	id := ids(w.read(group))[0]
	_, err := w.sdk().TerminateInstanceInAutoScalingGroup(t.Context(), &autoscaling.TerminateInstanceInAutoScalingGroupInput{
		InstanceId: &id, ShouldDecrementDesiredCapacity: sdk.Bool(false),
	})
	must(t, err)
	must(t, w.aws.Groups.Terminate(t.Context(), group, []string{id}, true))
	before := w.calls("DescribeAutoScalingGroups")
	_, err = w.aws.Groups.Group(t.Context(), group, false)
	must(t, err)
	if n := w.calls("DescribeAutoScalingGroups") - before; n != 1 {
		t.Errorf("%d calls, want 1", n)
	}
}

// A group that is gone does not take the others with it.
func TestAGroupThatIsGoneFailsAlone(t *testing.T) {
	w := newWorld(t)
	if _, err := w.aws.Groups.Group(t.Context(), "nobody", false); err == nil {
		t.Fatal("nobody is there")
	}
	got, err := w.aws.Groups.Group(t.Context(), group, false)
	must(t, err)
	if len(got.Instances) != 3 {
		t.Errorf("%d instances, want 3", len(got.Instances))
	}
}

// What AWS throttles is waited out and counted.
func TestThrottlingIsWaitedOut(t *testing.T) {
	w := newWorld(t)
	before := w.aws.Calls.Counts()
	throttled := false
	w.intercept = func(out http.ResponseWriter, _ *http.Request) bool {
		if throttled {
			return false
		}
		throttled = true
		out.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(out, `<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error><RequestId>r</RequestId></ErrorResponse>`)
		return true
	}
	if got := w.read(group); len(got.Instances) != 3 {
		t.Errorf("%d instances, want 3", len(got.Instances))
	}
	all, _ := w.aws.Calls.Total()
	if !throttled || len(before) != 0 || all != 3 { // twice for the group, once for its instances
		t.Errorf("%d calls: %v", all, w.aws.Calls.Counts())
	}
}
