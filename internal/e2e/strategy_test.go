package e2e

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

// MINIMAL gets a group through that may not grow by a single node.
func TestMinimal(t *testing.T) {
	w := newWorld(t, "--workload", "sample")
	_, err := w.scaling.UpdateAutoScalingGroup(w.ctx(), &autoscaling.UpdateAutoScalingGroupInput{
		AutoScalingGroupName: &w.group, MinSize: aws.Int32(3), MaxSize: aws.Int32(3),
	})
	w.check(err)
	w.nodelift(upgrade("--strategy", "LEAN", "--node-order", "Zone")...).has(t, 2, "evenly from the zones")
	w.nodelift(upgrade("--strategy", "MINIMAL", "--dry-run")...).has(t, 0, "Adds        no node: an outdated node is terminated before", "MINIMAL, nodes in the order Random")
	r := w.nodelift(upgrade("--strategy", "MINIMAL")...)
	r.has(t, 0, "Successful after", "Nodes replaced      3", "PreferNoSchedule")
	w.nodesRun(3, "v1.37.")
	w.isClean()
	update := w.theUpdate()
	if update.Status.Strategy != string(v1alpha1.StrategyMinimal) || update.Status.Counts.Launched != 3 {
		t.Errorf("strategy %s, %d instances launched", update.Status.Strategy, update.Status.Counts.Launched)
	}
	if got := len(w.launches()); got != 3+3 {
		t.Errorf("%d instances were launched, want the 3 at the start and 3 in their place", got)
	}
}

// LEAN launches each instance once, moves each pod once, and ends even.
func TestLean(t *testing.T) {
	w := newWorld(t, "--nodes", "6", "--workload", "sample")
	r := w.nodelift(upgrade("--strategy", "LEAN", "--node-order", "Oldest")...)
	r.has(t, 0, "Successful after", "Nodes replaced      6", "desired size 9 -> 8")
	w.nodesRun(6, "v1.37.")
	w.isCleanWith(6)
	counts := w.theUpdate().Status.Counts
	if counts.Launched != 6 || counts.Shrunk != 0 || counts.MovedAgain != 0 {
		t.Errorf("%d launched, %d given back, %d pods moved again", counts.Launched, counts.Shrunk, counts.MovedAgain)
	}
	if got := len(w.launches()); got != 6+6 {
		t.Errorf("%d instances were launched, want the 6 at the start and 6 in their place", got)
	}
	zones := map[string]int{}
	for _, i := range w.describe().Instances {
		zones[aws.ToString(i.AvailabilityZone)]++
	}
	for zone, n := range zones {
		if n != 2 {
			t.Errorf("%s has %d nodes at the end", zone, n)
		}
	}
}

// launches are the group's scaling activities that launched an instance.
func (w *world) launches() []asgtypes.Activity {
	w.t.Helper()
	answer, err := w.scaling.DescribeScalingActivities(w.ctx(), &autoscaling.DescribeScalingActivitiesInput{AutoScalingGroupName: &w.group})
	w.check(err)
	var launches []asgtypes.Activity
	for _, a := range answer.Activities {
		if strings.HasPrefix(aws.ToString(a.Description), "Launching") {
			launches = append(launches, a)
		}
	}
	return launches
}
