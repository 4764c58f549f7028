package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/nodelift/nodelift/internal/fakeaws"
)

// A group of spot instances of several types, some chosen by attributes. AWS takes
// the first node in flight away, and later a new one; the rest of the policy is
// what it was.
func TestSpotInterruptions(t *testing.T) {
	w := newWorld(t, "--workload", "sample")
	w.mix()
	before := w.describe().MixedInstancesPolicy
	taken := map[string]string{}
	take := func(node, when string) {
		if taken[when] == "" && node != "" {
			taken[when] = w.instance(node)
			w.fault(fakeaws.Fault{Name: fakeaws.FaultInterruption, Instance: taken[when]})
		}
	}
	r := w.watched(func(text string, _ *os.Process) bool {
		for line := range strings.Lines(text) {
			node := regexp.MustCompile(`\bip-[a-z0-9.-]+\.internal\b`).FindString(line)
			switch {
			case node == "":
			case strings.Contains(line, " NodeCordoned "):
				take(node, "in flight")
			case strings.Contains(line, " NodeLabelled ") && strings.Contains(line, ", joined)") && taken["in flight"] != "":
				take(node, "new")
			}
		}
		return len(taken) == 2
	}, upgrade("--cordon-wait", "3s")...)
	r.has(t, 0, "Successful after", "was removed by AWS or somebody else")
	if len(taken) != 2 {
		t.Errorf("AWS took %v", taken)
	}
	w.nodesRun(3, "v1.37.")
	w.isClean()
	spot := 0
	for _, i := range w.instances() {
		if i.Spot && i.Lifecycle == fakeaws.LifecycleInService {
			spot++
		}
	}
	if spot != 3 {
		t.Errorf("%d of the 3 nodes are spot instances", spot)
	}
	after := w.describe().MixedInstancesPolicy
	after.LaunchTemplate.LaunchTemplateSpecification = before.LaunchTemplate.LaunchTemplateSpecification
	if a, b := w.json(after), w.json(before); a != b {
		t.Errorf("the policy was\n%s\nand is\n%s", b, a)
	}
}

// A group with a termination hook, scaling policies and scheduled actions: they are named beforehand,
// and what is suspended runs again at the end. A target group that is attached to the group itself needs
// no wait: Auto Scaling drains it.
func TestHooksAndPolicies(t *testing.T) {
	w := newWorld(t, "--workload", "sample")
	w.automate()
	name := aws.String(w.group)
	_, err := w.scaling.PutLifecycleHook(w.ctx(), &autoscaling.PutLifecycleHookInput{
		AutoScalingGroupName: name, LifecycleHookName: aws.String("drain"), HeartbeatTimeout: aws.Int32(30),
		LifecycleTransition: aws.String("autoscaling:EC2_INSTANCE_TERMINATING"),
	})
	w.check(err)
	_, err = w.scaling.AttachLoadBalancerTargetGroups(w.ctx(), &autoscaling.AttachLoadBalancerTargetGroupsInput{
		AutoScalingGroupName: name, TargetGroupARNs: []string{w.targetGroup("attached", 3600)},
	})
	w.check(err)
	r := w.nodelift(upgrade("--dry-run", "--cordon-wait", "auto")...)
	r.has(t, 0, "1m from cordon to termination (the usual time, since no TargetGroupBinding", "termination hooks delay the end of terminated instances (drain up to 30s)",
		"scaling policies are suspended during the upgrade (cpu)", "an action that is due meanwhile does not run, and does not run later")
	if strings.Contains(r.out, "attached") {
		t.Errorf("the wait is for a target group that Auto Scaling drains:\n%s", r.out)
	}
	r = w.watched(func(text string, _ *os.Process) bool {
		if !strings.Contains(text, "NodeDraining") {
			return false
		}
		if suspended := len(w.describe().SuspendedProcesses); suspended != 4 {
			t.Errorf("%d processes are suspended during the upgrade", suspended)
		}
		return true
	}, upgrade()...)
	r.has(t, 0, "Successful after")
	w.nodesRun(3, "v1.37.")
	w.isClean()
}

// mix lets the group launch spot instances only, from now on.
func (w *world) mix() {
	w.t.Helper()
	template := w.describe().LaunchTemplate
	_, err := w.scaling.UpdateAutoScalingGroup(w.ctx(), &autoscaling.UpdateAutoScalingGroupInput{
		AutoScalingGroupName: aws.String(w.group),
		MixedInstancesPolicy: &asgtypes.MixedInstancesPolicy{
			InstancesDistribution: &asgtypes.InstancesDistribution{
				OnDemandPercentageAboveBaseCapacity: aws.Int32(0), SpotAllocationStrategy: aws.String("price-capacity-optimized"),
			},
			LaunchTemplate: &asgtypes.LaunchTemplate{
				LaunchTemplateSpecification: &asgtypes.LaunchTemplateSpecification{LaunchTemplateId: template.LaunchTemplateId, Version: template.Version},
				Overrides: []asgtypes.LaunchTemplateOverrides{
					{InstanceType: aws.String("m5.xlarge")},
					{InstanceRequirements: &asgtypes.InstanceRequirements{
						VCpuCount: &asgtypes.VCpuCountRequest{Min: aws.Int32(4)}, MemoryMiB: &asgtypes.MemoryMiBRequest{Min: aws.Int32(16384)},
					}},
				},
			},
		},
	})
	w.check(err)
}

// automate gives the group a scaling policy and a scheduled action.
func (w *world) automate() {
	w.t.Helper()
	_, err := w.scaling.PutScalingPolicy(w.ctx(), &autoscaling.PutScalingPolicyInput{
		AutoScalingGroupName: aws.String(w.group), PolicyName: aws.String("cpu"),
		AdjustmentType: aws.String("ChangeInCapacity"), ScalingAdjustment: aws.Int32(1),
	})
	w.check(err)
	_, err = w.scaling.PutScheduledUpdateGroupAction(w.ctx(), &autoscaling.PutScheduledUpdateGroupActionInput{
		AutoScalingGroupName: aws.String(w.group), ScheduledActionName: aws.String("night"),
		StartTime: aws.Time(time.Now().Add(24 * time.Hour)), DesiredCapacity: aws.Int32(1),
	})
	w.check(err)
}

// instances are the machines that there are.
func (w *world) instances() []fakeaws.Instance {
	w.t.Helper()
	response, err := http.Get(w.aws + "/_sandbox/instances")
	w.check(err)
	defer response.Body.Close()
	var all []fakeaws.Instance
	w.check(json.NewDecoder(response.Body).Decode(&all))
	return all
}

// instance is the id of a node's machine.
func (w *world) instance(node string) string {
	for _, i := range w.instances() {
		if i.PrivateDNS == node && i.Lifecycle != fakeaws.LifecycleTerminated {
			return i.ID
		}
	}
	w.t.Errorf("%s has no machine", node)
	return ""
}

func (w *world) json(v any) string {
	w.t.Helper()
	text, err := json.Marshal(v)
	w.check(err)
	return string(text)
}
