package aws

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// attributeDelay is the attribute of a target group that says how many seconds a
// deregistered instance has to finish its requests.
const attributeDelay = "deregistration_delay.timeout_seconds"

// Balancers are the load balancers of one account and region.
type Balancers struct {
	targets *elbv2.Client
	classic *elb.Client
}

// Balancer is where nodes are registered: a target group, the target groups of a network load
// balancer, or a classic load balancer. One of the three is set.
type Balancer struct {
	For         string // who in the cluster asks for it: TargetGroupBinding shop/web
	TargetGroup string // its ARN or its name
	Network     string // the name of a network load balancer
	Classic     string // the name of a classic load balancer
}

// Delay is how long a load balancer lets a deregistered instance finish its requests.
type Delay struct {
	Name string // target group web of TargetGroupBinding shop/web
	Time time.Duration
}

// Delays are those of some load balancers, the longest first.
type Delays struct {
	Known []Delay
	// Denied and Absent say in words which could not be looked at, for want of a permission and
	// because AWS does not know them.
	Denied, Absent []string
}

// Delays returns the delays of load balancers. It makes up to three calls for each, and one for
// each target group.
func (b *Balancers) Delays(ctx context.Context, all []Balancer) (Delays, error) {
	var found Delays
	var denied []string // actions, each of which is told once
	for _, one := range all {
		delays, err := b.of(ctx, one)
		switch action := operation(err); {
		case errors.Is(err, upgrade.ErrForbidden) && slices.Contains(denied, action):
		case errors.Is(err, upgrade.ErrForbidden):
			denied, found.Denied = append(denied, action), append(found.Denied, err.Error())
		case errors.Is(err, upgrade.ErrNotFound):
			found.Absent = append(found.Absent, fmt.Sprintf("%s: %v", one.For, err))
		case err != nil:
			return found, err
		}
		for _, d := range delays {
			d.Name += " of " + one.For
			found.Known = append(found.Known, d)
		}
	}
	slices.SortFunc(found.Known, func(x, y Delay) int { return cmp.Or(-cmp.Compare(x.Time, y.Time), cmp.Compare(x.Name, y.Name)) })
	return found, nil
}

func (b *Balancers) of(ctx context.Context, one Balancer) ([]Delay, error) {
	switch {
	case one.Classic != "":
		return b.ofClassic(ctx, one.Classic)
	case one.Network != "":
		return b.ofNetwork(ctx, one.Network)
	case strings.HasPrefix(one.TargetGroup, "arn:"):
		return b.ofTargetGroups(ctx, []string{one.TargetGroup})
	}
	groups, err := b.targetGroups(ctx, &elbv2.DescribeTargetGroupsInput{Names: []string{one.TargetGroup}}, "target group "+one.TargetGroup)
	if err != nil {
		return nil, err
	}
	return b.ofTargetGroups(ctx, groups)
}

// ofNetwork returns the delays of the target groups of a network load balancer.
func (b *Balancers) ofNetwork(ctx context.Context, name string) ([]Delay, error) {
	thing := "load balancer " + name
	out, err := b.targets.DescribeLoadBalancers(ctx, &elbv2.DescribeLoadBalancersInput{Names: []string{name}})
	if err != nil {
		return nil, explain(err, "describe", thing)
	}
	var arns []string
	for _, balancer := range out.LoadBalancers {
		groups, err := b.targetGroups(ctx, &elbv2.DescribeTargetGroupsInput{LoadBalancerArn: balancer.LoadBalancerArn}, "the target groups of "+thing)
		if err != nil {
			return nil, err
		}
		arns = append(arns, groups...)
	}
	return b.ofTargetGroups(ctx, arns)
}

// targetGroups returns the ARNs of target groups. A load balancer has few enough for one answer.
func (b *Balancers) targetGroups(ctx context.Context, in *elbv2.DescribeTargetGroupsInput, thing string) ([]string, error) {
	out, err := b.targets.DescribeTargetGroups(ctx, in)
	if err != nil {
		return nil, explain(err, "describe", thing)
	}
	var arns []string
	for _, group := range out.TargetGroups {
		arns = append(arns, sdk.ToString(group.TargetGroupArn))
	}
	return arns, nil
}

func (b *Balancers) ofTargetGroups(ctx context.Context, arns []string) ([]Delay, error) {
	var delays []Delay
	for _, arn := range arns {
		delay, err := b.ofTargetGroup(ctx, arn)
		if err != nil {
			return delays, err
		}
		delays = append(delays, delay)
	}
	return delays, nil
}

func (b *Balancers) ofTargetGroup(ctx context.Context, arn string) (Delay, error) {
	delay := Delay{Name: "target group " + nameIn(arn)}
	out, err := b.targets.DescribeTargetGroupAttributes(ctx, &elbv2.DescribeTargetGroupAttributesInput{TargetGroupArn: &arn})
	if err != nil {
		return Delay{}, explain(err, "describe the attributes of", delay.Name)
	}
	for _, a := range out.Attributes {
		if sdk.ToString(a.Key) == attributeDelay {
			seconds, err := strconv.Atoi(sdk.ToString(a.Value))
			if err != nil {
				return Delay{}, explain(err, "read the deregistration delay of", delay.Name)
			}
			delay.Time = time.Duration(seconds) * time.Second
		}
	}
	return delay, nil
}

func (b *Balancers) ofClassic(ctx context.Context, name string) ([]Delay, error) {
	delay := Delay{Name: "classic load balancer " + name}
	out, err := b.classic.DescribeLoadBalancerAttributes(ctx, &elb.DescribeLoadBalancerAttributesInput{LoadBalancerName: &name})
	if err != nil {
		return nil, explain(err, "describe the attributes of", delay.Name)
	}
	if a := out.LoadBalancerAttributes; a != nil && a.ConnectionDraining != nil && a.ConnectionDraining.Enabled {
		delay.Time = time.Duration(sdk.ToInt32(a.ConnectionDraining.Timeout)) * time.Second
	}
	return []Delay{delay}, nil
}
