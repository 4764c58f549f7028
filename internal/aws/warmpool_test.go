package aws_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// warmPool gives the group a warm pool of two instances.
func (w *world) warmPool() {
	w.t.Helper()
	_, err := w.sdk().PutWarmPool(context.Background(), &autoscaling.PutWarmPoolInput{
		AutoScalingGroupName: sdk.String(group), MinSize: sdk.Int32(2),
		InstanceReusePolicy: &types.InstanceReusePolicy{ReuseOnScaleIn: sdk.Bool(true)},
	})
	must(w.t, err)
	w.step()
}

// warm are the ids of the warm pool that are not terminating.
func warm(g upgrade.Group) []string {
	var all []string
	for _, i := range g.InWarmPool() {
		all = append(all, i.ID)
	}
	slices.Sort(all)
	return all
}

func TestTheWarmPoolIsReadBesideTheGroup(t *testing.T) {
	w := newWorld(t)
	if w.read(group).WarmPool != nil {
		t.Error("a group without a warm pool has one")
	}
	w.warmPool()
	got := w.read(group)
	if len(got.Instances) != 3 || len(warm(got)) != 2 || !got.WarmPool.Reuse {
		t.Fatalf("%d members, warm pool %+v", len(got.Instances), got.WarmPool)
	}
	i := got.WarmPool.Instances[0]
	if i.Lifecycle != "Warmed:Stopped" || i.Image != w.image.ID || i.Template.Number != 1 || i.Launched.IsZero() {
		t.Errorf("an instance of the pool: %+v", i)
	}
}

// EC2 is not asked again about a pool that does not change.
func TestTheWarmPoolTakesOneCallAnInterval(t *testing.T) {
	w := newWorld(t)
	w.warmPool()
	w.read(group)
	pools, instances := w.calls("DescribeWarmPool"), w.calls("DescribeInstances")
	for range 3 {
		w.clock.advance(upgrade.Interval)
		w.read(group)
	}
	if p, i := w.calls("DescribeWarmPool")-pools, w.calls("DescribeInstances")-instances; p != 3 || i != 0 {
		t.Errorf("3 reads make %d describes of the warm pool, want 3, and %d of instances, want 0", p, i)
	}
}

func TestTerminateWarm(t *testing.T) {
	w := newWorld(t)
	w.warmPool()
	old := warm(w.read(group))
	must(t, w.aws.Groups.TerminateWarm(t.Context(), group, old))
	if left := warm(w.read(group)); len(left) > 0 {
		t.Errorf("%v are in the warm pool, though EC2 terminates them", left)
	}
	w.step()
	if now := warm(w.read(group)); len(now) != 2 || slices.Contains(now, old[0]) || slices.Contains(now, old[1]) {
		t.Errorf("the warm pool has %v, had %v", now, old)
	}
}

// One that has gone into service is a node: it is not terminated.
func TestAnInstanceThatHasLeftTheWarmPoolIsNotTerminated(t *testing.T) {
	w := newWorld(t)
	w.warmPool()
	old := warm(w.read(group))
	_, err := w.sdk().UpdateAutoScalingGroup(t.Context(), &autoscaling.UpdateAutoScalingGroupInput{
		AutoScalingGroupName: sdk.String(group), MaxSize: sdk.Int32(4), DesiredCapacity: sdk.Int32(4),
	})
	must(t, err)
	w.step()
	must(t, w.aws.Groups.TerminateWarm(t.Context(), group, old))
	w.step()
	after := w.read(group)
	taken := slices.DeleteFunc(slices.Clone(old), func(id string) bool { return !slices.Contains(ids(after), id) })
	if len(after.Instances) != 4 || len(taken) != 1 || going(after) > 0 {
		t.Errorf("members %v, of the pool's %v", lifecycles(after), old)
	}
}

// The join limit of an instance counts from when it was started, not from when it was put into the pool.
func TestTheLaunchTimeOfAnInstanceFromTheWarmPoolIsItsStart(t *testing.T) {
	w := newWorld(t)
	w.warmPool()
	old := warm(w.read(group))
	started := w.clock.advance(time.Hour)
	must(t, w.aws.Groups.Resize(t.Context(), group, upgrade.Size{Max: 3, Desired: 3}, upgrade.Size{Max: 4, Desired: 4}))
	w.step()
	for _, i := range w.read(group).Instances {
		if slices.Contains(old, i.ID) && i.Launched.Before(started) {
			t.Errorf("%s was launched at %s, before it was started at %s", i.ID, i.Launched, started)
		}
	}
}

func TestAWarmPoolThatMayNotBeReadIsSaid(t *testing.T) {
	w := newWorld(t)
	w.warmPool()
	w.Deny(key, "autoscaling:DescribeWarmPool")
	_, err := w.aws.Groups.Group(t.Context(), group, true)
	if !errors.Is(err, upgrade.ErrForbidden) || !strings.Contains(err.Error(), "autoscaling:DescribeWarmPool") {
		t.Fatalf("got %v, want that autoscaling:DescribeWarmPool is not allowed", err)
	}
}

func TestWhetherTheWarmPoolMayBeTerminatedIsTried(t *testing.T) {
	w := newWorld(t)
	must(t, w.aws.Groups.MayTerminateWarm(t.Context(), w.read(group)))
	w.warmPool()
	before := w.read(group)
	must(t, w.aws.Groups.MayTerminateWarm(t.Context(), before))
	w.Deny(key, "ec2:TerminateInstances")
	if err := w.aws.Groups.MayTerminateWarm(t.Context(), before); !errors.Is(err, upgrade.ErrForbidden) || !strings.Contains(err.Error(), "ec2:TerminateInstances") {
		t.Errorf("got %v, want that ec2:TerminateInstances is not allowed", err)
	}
	w.step()
	if after := w.read(group); !slices.Equal(warm(after), warm(before)) {
		t.Errorf("trying has changed the warm pool from %v to %v", warm(before), warm(after))
	}
}
