package fakeaws

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
)

// uneven creates a group with n instances in each of zones b and c and none in a,
// which now has capacity.
func (w *world) uneven(max, n int) {
	w.t.Helper()
	w.FailLaunches("us-west-2a", "full")
	w.group(0, max, 2*n)
	same(w.t, "uneven", w.spread(), fmt.Sprintf("0 %d %d", n, n))
	w.FailLaunches("us-west-2a", "")
}

func TestRebalanceLaunchesBeforeItTerminates(t *testing.T) {
	w := newWorld(t)
	w.uneven(10, 2)
	w.pass(20 * time.Second) // nothing is launched in a zone for a while after a failure
	least, most := 99, 0
	for range 60 {
		w.pass(time.Second)
		n := len(w.inService())
		least, most = min(least, n), max(most, n)
		if pending := len(w.members()) - n; pending > 2 {
			t.Errorf("%d are coming or going at once: %v", pending, w.members())
		}
	}
	same(t, "spread", w.spread() == "1 1 2" || w.spread() == "1 2 1", true)
	same(t, "fewest in service", least, 4)
	same(t, "most in service", most <= 5, true)
	same(t, "desired", *w.described().DesiredCapacity, 4)
}

// A group at its maximum may exceed it by a tenth, at least by one.
func TestRebalanceExceedsTheMaximumALittle(t *testing.T) {
	for name, row := range map[string]struct {
		each, most int
		suspended  bool
	}{
		"a small group exceeds its maximum by one while it rebalances":               {2, 5, false},
		"a small group stays one above its maximum while Terminate is suspended":     {2, 5, true},
		"a large group stays a tenth above its maximum while Terminate is suspended": {10, 22, true},
		"a large group rebalances one instance at a time":                            {10, 21, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.uneven(2*row.each, row.each)
			if row.suspended {
				w.suspend("Terminate")
			}
			most := 0
			for range 300 {
				w.pass(time.Second)
				most = max(most, len(w.groups[0].active()))
			}
			same(t, "most pending or in service", most, row.most)
			if row.suspended {
				same(t, "in service at the end", len(w.inService()), row.most)
			}
		})
	}
}

func TestResumingRebalanceEvensOut(t *testing.T) {
	w := newWorld(t)
	w.group(0, 6, 6)
	w.suspend("AZRebalance")
	w.terminate(w.inZone("a").ID, true)
	w.terminate(w.inService()[0].ID, true)
	for w.spreadOf("a") > 0 {
		w.terminate(w.inZone("a").ID, false)
		w.FailLaunches("us-west-2a", "full")
		w.settle()
	}
	w.FailLaunches("us-west-2a", "")
	before := w.spread()
	w.settle()
	same(t, "while suspended", w.spread(), before)
	w.resume("AZRebalance")
	w.pass(2 * time.Minute)
	for _, zone := range []string{"a", "b", "c"} {
		if n := w.spreadOf(zone); n < 1 || n > 2 {
			t.Errorf("zone %s has %d instances: %s", zone, n, w.spread())
		}
	}
}

func (w *world) spreadOf(zone string) int {
	n := 0
	for _, i := range w.inService() {
		if i.Zone == "us-west-2"+zone {
			n++
		}
	}
	return n
}

// Whatever happens to a group, it keeps its limits, and in the end it has its
// desired size with even zones.
func TestAnyOrderOfEventsSettles(t *testing.T) {
	for seed := range uint64(100) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			w := newWorld(t, func(cfg *Config) { cfg.Seed = seed })
			template := w.group(1, 9, 5)
			for range 30 {
				w.event(template)
				w.pass(time.Duration(w.rand.IntN(8)) * time.Second)
				g := w.groups[0]
				if n := len(g.active()); n > g.sizes.max+1 && !g.isSuspended(processTerminate) {
					t.Fatalf("%d active instances with a maximum of %d", n, g.sizes.max)
				}
				if g.sizes.desired < g.sizes.min || g.sizes.desired > g.sizes.max {
					t.Fatalf("sizes %+v", g.sizes)
				}
			}
			w.FailLaunches("", "")
			w.resume()
			w.pass(10 * time.Minute)
			same(t, "in service", len(w.inService()), w.groups[0].sizes.desired)
			var counts []int
			for _, zone := range []string{"a", "b", "c"} {
				counts = append(counts, w.spreadOf(zone))
			}
			if spread := max(counts[0], counts[1], counts[2]) - min(counts[0], counts[1], counts[2]); spread > 1 {
				t.Errorf("zones at rest: %v", counts)
			}
		})
	}
}

// event is something that may happen to a group. It may be refused.
func (w *world) event(template LaunchTemplate) {
	in := w.inService()
	pick := func() string {
		if len(in) == 0 {
			return "i-0123456789abcdef0"
		}
		return in[w.rand.IntN(len(in))].ID
	}
	name := aws.String("nodes")
	n := aws.Int32(int32(w.rand.IntN(10)))
	switch w.rand.IntN(9) {
	case 0, 1:
		_, _ = w.asg.SetDesiredCapacity(w.ctx(), &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: name, DesiredCapacity: n})
	case 2:
		_, _ = w.asg.UpdateAutoScalingGroup(w.ctx(), &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: name, MaxSize: n})
	case 3, 4:
		_, _ = w.asg.TerminateInstanceInAutoScalingGroup(w.ctx(), &autoscaling.TerminateInstanceInAutoScalingGroupInput{
			InstanceId: aws.String(pick()), ShouldDecrementDesiredCapacity: aws.Bool(*n%2 == 0),
		})
	case 5:
		_ = w.Interrupt(pick())
	case 6:
		w.suspend(processes()[w.rand.IntN(len(processes()))])
	case 7:
		w.resume()
	case 8:
		message := ""
		if *n%2 == 0 {
			message = "full"
		}
		w.FailLaunches(w.Zones()[w.rand.IntN(3)], message)
	}
}
