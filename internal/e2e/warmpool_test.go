package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
)

// The instances of a warm pool are replaced before the surge, which then consists of new ones from the
// pool. At the end the pool has its size again, and a rollback rolls it back.
func TestWarmPool(t *testing.T) {
	w := newWorld(t, "--workload", "sample")
	w.putWarmPool(2)
	old := w.warmPool()
	r := w.nodelift(upgrade()...)
	r.has(t, 0, "Warm pool", "2 of 2 instances outdated, replaced before a node is added", "replacing 2 instances of the warm pool", "Successful after")
	out := r.out + r.errors
	if first, then := strings.Index(out, "replacing 2 instances of the warm pool"), strings.Index(out, "desired size 3 -> 4"); first < 0 || then < first {
		t.Errorf("the sizes are raised before the warm pool is replaced:\n%s", out)
	}
	w.nodesRun(3, "v1.37.")
	w.isClean()
	now := w.warmPoolOf(2)
	for _, id := range old {
		if slices.Contains(now, id) {
			t.Errorf("%s is in the warm pool still", id)
		}
	}
	t.Run("nothing is left to do", func(t *testing.T) {
		w.with(t).nodelift(upgrade()...).has(t, 0, "Nothing to do")
	})
	t.Run("a rollback rolls it back", func(t *testing.T) {
		w := w.with(t)
		w.nodelift("rollback", "nodegroup", w.group, "--yes").has(t, 0, "replacing 2 instances of the warm pool")
		w.nodesRun(3, "v1.36.")
		w.warmPoolOf(2)
	})
}

// putWarmPool gives the group a warm pool with a least size, and waits until it is filled.
func (w *world) putWarmPool(least int) {
	w.t.Helper()
	_, err := w.scaling.PutWarmPool(w.ctx(), &autoscaling.PutWarmPoolInput{
		AutoScalingGroupName: &w.group, MinSize: aws.Int32(int32(least)), MaxGroupPreparedCapacity: aws.Int32(0),
	})
	w.check(err)
	w.warmPoolOf(least)
}

// warmPoolOf waits until so many instances are in the warm pool and stopped, all of the version that the
// group runs, and returns them.
func (w *world) warmPoolOf(size int) (ids []string) {
	w.t.Helper()
	w.eventually(fmt.Sprintf("%d instances of the present version are stopped in the warm pool", size), func() bool {
		ids = w.warmPool()
		return len(ids) == size
	})
	return ids
}

// warmPool returns the stopped instances of the warm pool that run the newest version of those in service.
func (w *world) warmPool() []string {
	w.t.Helper()
	out, err := w.scaling.DescribeWarmPool(w.ctx(), &autoscaling.DescribeWarmPoolInput{AutoScalingGroupName: &w.group})
	w.check(err)
	version := ""
	for _, i := range w.describe().Instances {
		version = max(version, aws.ToString(i.LaunchTemplate.Version))
	}
	var ids []string
	for _, i := range out.Instances {
		if i.LifecycleState == "Warmed:Stopped" && aws.ToString(i.LaunchTemplate.Version) == version {
			ids = append(ids, aws.ToString(i.InstanceId))
		}
	}
	return ids
}
