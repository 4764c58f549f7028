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
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing/types"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbv2types "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

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

// A group with a termination hook, a target group, scaling policies and scheduled
// actions: they are named beforehand, the wait is that of the target group if it
// is left to it, and what is suspended runs again at the end.
func TestHooksAndTargetGroups(t *testing.T) {
	w := newWorld(t, "--workload", "sample")
	w.balance("6")
	w.automate()
	name := aws.String(w.group)
	_, err := w.scaling.PutLifecycleHook(w.ctx(), &autoscaling.PutLifecycleHookInput{
		AutoScalingGroupName: name, LifecycleHookName: aws.String("drain"), HeartbeatTimeout: aws.Int32(30),
		LifecycleTransition: aws.String("autoscaling:EC2_INSTANCE_TERMINATING"),
	})
	w.check(err)
	w.nodelift(upgrade("--dry-run")...).has(t, 0, "target group web has 6s", "use --cordon-wait auto", "termination hooks delay the end of terminated instances (drain up to 30s)",
		"scaling policies are suspended during the upgrade (cpu)", "an action that is due meanwhile does not run, and does not run later")
	r := w.watched(func(text string, _ *os.Process) bool {
		if !strings.Contains(text, "NodeDraining") {
			return false
		}
		if suspended := len(w.describe().SuspendedProcesses); suspended != 4 {
			t.Errorf("%d processes are suspended during the upgrade", suspended)
		}
		return true
	}, upgrade("--cordon-wait", "auto")...)
	r.has(t, 0, "6s from cordon to termination", "load balancers have 6s to drop it", "Successful after")
	w.nodesRun(3, "v1.37.")
	w.isClean()
}

// Whoever may not see the target groups loses a warning, and cannot leave the wait
// to them.
func TestTargetGroupsWithoutTheRight(t *testing.T) {
	w := newWorld(t)
	w.nodelift(upgrade("--dry-run", "--cordon-wait", "auto")...).has(t, 0, "1m from cordon to termination")
	_, err := w.scaling.AttachLoadBalancerTargetGroups(w.ctx(), &autoscaling.AttachLoadBalancerTargetGroupsInput{
		AutoScalingGroupName: aws.String(w.group), TargetGroupARNs: []string{w.targetGroup("web", "6")},
	})
	w.check(err)
	w = w.between(func(action string) (int, string) {
		if action == "DescribeTargetGroupAttributes" {
			return 403, queryError("AccessDenied", "You are not allowed to do this.")
		}
		return 0, ""
	})
	w.nodelift(upgrade("--dry-run")...).has(t, 0, "some settings of the group could not be read", "elasticloadbalancing:DescribeTargetGroupAttributes")
	w.nodelift(upgrade("--cordon-wait", "auto")...).has(t, 1, "--cordon-wait auto needs to see the group's load balancers", "docs/iam-policy.json", "nothing was changed")
	w.nodesRun(3, "v1.36.")
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

// targetGroup makes one and returns its ARN.
func (w *world) targetGroup(name, seconds string) string {
	w.t.Helper()
	targets := elbv2.New(elbv2.Options{
		Region: value(w.env, "AWS_REGION"), BaseEndpoint: &w.aws,
		Credentials: credentials.NewStaticCredentialsProvider(controlKey, "secret", ""),
	})
	made, err := targets.CreateTargetGroup(w.ctx(), &elbv2.CreateTargetGroupInput{Name: &name})
	w.check(err)
	arn := made.TargetGroups[0].TargetGroupArn
	_, err = targets.ModifyTargetGroupAttributes(w.ctx(), &elbv2.ModifyTargetGroupAttributesInput{
		TargetGroupArn: arn, Attributes: []elbv2types.TargetGroupAttribute{{Key: aws.String("deregistration_delay.timeout_seconds"), Value: &seconds}},
	})
	w.check(err)
	return *arn
}

// balance attaches a target group with a deregistration delay and a classic load
// balancer to the group.
func (w *world) balance(seconds string) {
	w.t.Helper()
	classic := elb.New(elb.Options{
		Region: value(w.env, "AWS_REGION"), BaseEndpoint: &w.aws,
		Credentials: credentials.NewStaticCredentialsProvider(controlKey, "secret", ""),
	})
	_, err := classic.CreateLoadBalancer(w.ctx(), &elb.CreateLoadBalancerInput{LoadBalancerName: aws.String("old"), Listeners: []elbtypes.Listener{}})
	w.check(err)
	_, err = w.scaling.AttachLoadBalancers(w.ctx(), &autoscaling.AttachLoadBalancersInput{
		AutoScalingGroupName: aws.String(w.group), LoadBalancerNames: []string{"old"},
	})
	w.check(err)
	_, err = w.scaling.AttachLoadBalancerTargetGroups(w.ctx(), &autoscaling.AttachLoadBalancerTargetGroupsInput{
		AutoScalingGroupName: aws.String(w.group), TargetGroupARNs: []string{w.targetGroup("web", seconds)},
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
