package aws_test

import (
	"context"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing/types"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbv2types "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/google/go-cmp/cmp"

	"github.com/nodelift/nodelift/internal/aws"
)

// balance makes a classic load balancer a1 with 45 s, a network load balancer a2 with two target groups
// of 30 s and 120 s, and a target group loose of 5 s, and returns the ARN of that.
func (w *world) balance() string {
	w.t.Helper()
	ctx := context.Background()
	cfg, err := config.LoadDefaultConfig(ctx)
	must(w.t, err)
	targets, classic := elbv2.NewFromConfig(cfg), elb.NewFromConfig(cfg)
	network, err := targets.CreateLoadBalancer(ctx, &elbv2.CreateLoadBalancerInput{Name: sdk.String("a2"), Type: elbv2types.LoadBalancerTypeEnumNetwork})
	must(w.t, err)
	arns := map[string]*string{}
	for name, delay := range map[string]string{"http": "30", "https": "120", "loose": "5"} {
		made, err := targets.CreateTargetGroup(ctx, &elbv2.CreateTargetGroupInput{Name: &name})
		must(w.t, err)
		arns[name] = made.TargetGroups[0].TargetGroupArn
		_, err = targets.ModifyTargetGroupAttributes(ctx, &elbv2.ModifyTargetGroupAttributesInput{TargetGroupArn: arns[name], Attributes: []elbv2types.TargetGroupAttribute{
			{Key: sdk.String("deregistration_delay.timeout_seconds"), Value: &delay}}})
		must(w.t, err)
		if name != "loose" {
			_, err = targets.CreateListener(ctx, &elbv2.CreateListenerInput{LoadBalancerArn: network.LoadBalancers[0].LoadBalancerArn, DefaultActions: []elbv2types.Action{
				{Type: elbv2types.ActionTypeEnumForward, TargetGroupArn: arns[name]}}})
			must(w.t, err)
		}
	}
	_, err = classic.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{LoadBalancerName: sdk.String("a1"), Listeners: []elbtypes.Listener{}})
	must(w.t, err)
	_, err = classic.ModifyLoadBalancerAttributes(ctx, &elb.ModifyLoadBalancerAttributesInput{LoadBalancerName: sdk.String("a1"),
		LoadBalancerAttributes: &elbtypes.LoadBalancerAttributes{ConnectionDraining: &elbtypes.ConnectionDraining{Enabled: true, Timeout: sdk.Int32(45)}}})
	must(w.t, err)
	return *arns["loose"]
}

func TestDelaysOfLoadBalancers(t *testing.T) {
	ctx := context.Background()
	w := newWorld(t)
	all := []aws.Balancer{
		{For: "Service shop/old", Classic: "a1"},
		{For: "Service shop/new", Network: "a2"},
		{For: "TargetGroupBinding shop/arn", TargetGroup: w.balance()},
		{For: "TargetGroupBinding shop/name", TargetGroup: "loose"},
		{For: "TargetGroupBinding shop/stale", TargetGroup: "gone"},
		{For: "Service shop/foreign", Network: "a3"},
	}
	got, err := w.aws.Balancers.Delays(ctx, all)
	must(t, err)
	want := []aws.Delay{
		{"target group https of Service shop/new", 2 * time.Minute},
		{"classic load balancer a1 of Service shop/old", 45 * time.Second},
		{"target group http of Service shop/new", 30 * time.Second},
		{"target group loose of TargetGroupBinding shop/arn", 5 * time.Second},
		{"target group loose of TargetGroupBinding shop/name", 5 * time.Second},
	}
	if diff := cmp.Diff(want, got.Known); diff != "" || len(got.Denied) > 0 {
		t.Errorf("%s denied %v", diff, got.Denied)
	}
	if absent := strings.Join(got.Absent, "; "); len(got.Absent) != 2 || !strings.Contains(absent, "TargetGroupBinding shop/stale: describe target group gone: One or more target groups not found") ||
		!strings.Contains(absent, "Service shop/foreign: describe load balancer a3: Load balancers '[a3]' not found (LoadBalancerNotFound)") {
		t.Errorf("not there: %v", got.Absent)
	}
}

// What may not be read is named with its permission. The others are read all the same.
func TestDelaysWithoutTheRights(t *testing.T) {
	for denied, thing := range map[string]string{
		"elasticloadbalancing:DescribeTargetGroupAttributes":  "target group loose",
		"elasticloadbalancing:DescribeTargetGroups":           "target group loose",
		"elasticloadbalancing:DescribeLoadBalancers":          "load balancer a2",
		"elasticloadbalancing:DescribeLoadBalancerAttributes": "classic load balancer a1",
	} {
		w := newWorld(t)
		w.balance()
		w.Deny(key, denied)
		got, err := w.aws.Balancers.Delays(context.Background(), []aws.Balancer{
			{For: "TargetGroupBinding shop/name", TargetGroup: "loose"}, {For: "TargetGroupBinding shop/again", TargetGroup: "loose"}, {For: "Service shop/new", Network: "a2"}, {For: "Service shop/old", Classic: "a1"},
		})
		must(t, err)
		if words := strings.Join(got.Denied, "; "); !strings.Contains(words, denied+" on "+thing) || len(got.Absent) > 0 {
			t.Errorf("without %s: %v", denied, got.Denied)
		}
		if len(got.Denied) > 1 || len(got.Known) == 0 {
			t.Errorf("without %s: %v are known, and %v are not", denied, got.Known, got.Denied)
		}
	}
}
