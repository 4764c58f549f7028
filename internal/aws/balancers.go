package aws

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancing"
	elbv2 "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
)

// attributeDelay is the attribute of a target group that says how many seconds a
// deregistered instance has to finish its requests.
const attributeDelay = "deregistration_delay.timeout_seconds"

// Balancers are the load balancers of one account and region.
type Balancers struct {
	targets *elbv2.Client
	classic *elb.Client
}

// Delay is how long a load balancer lets a deregistered instance finish its requests.
type Delay struct {
	Name string // target group a-target, or classic load balancer a-name
	Time time.Duration
}

// Delays returns the delays of a group's target groups and classic load balancers, the
// longest first. It makes a call for each. It is upgrade.ErrForbidden if one of them may
// not be read.
func (b *Balancers) Delays(ctx context.Context, of Details) ([]Delay, error) {
	var delays []Delay
	for _, arn := range of.TargetGroups {
		delay, err := b.ofTargetGroup(ctx, arn)
		if err != nil {
			return nil, err
		}
		delays = append(delays, delay)
	}
	for _, name := range of.LoadBalancers {
		delay, err := b.ofClassic(ctx, name)
		if err != nil {
			return nil, err
		}
		delays = append(delays, delay)
	}
	slices.SortFunc(delays, func(x, y Delay) int { return cmp.Or(-cmp.Compare(x.Time, y.Time), cmp.Compare(x.Name, y.Name)) })
	return delays, nil
}

func (b *Balancers) ofTargetGroup(ctx context.Context, arn string) (Delay, error) {
	out, err := b.targets.DescribeTargetGroupAttributes(ctx, &elbv2.DescribeTargetGroupAttributesInput{TargetGroupArn: &arn})
	if err != nil {
		return Delay{}, explain(err, "describe the attributes of", "target group "+nameIn(arn))
	}
	delay := Delay{Name: "target group " + nameIn(arn)}
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

func (b *Balancers) ofClassic(ctx context.Context, name string) (Delay, error) {
	delay := Delay{Name: "classic load balancer " + name}
	out, err := b.classic.DescribeLoadBalancerAttributes(ctx, &elb.DescribeLoadBalancerAttributesInput{LoadBalancerName: &name})
	if err != nil {
		return Delay{}, explain(err, "describe the attributes of", delay.Name)
	}
	if a := out.LoadBalancerAttributes; a != nil && a.ConnectionDraining != nil && a.ConnectionDraining.Enabled {
		delay.Time = time.Duration(sdk.ToInt32(a.ConnectionDraining.Timeout)) * time.Second
	}
	return delay, nil
}
