package fakeaws

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbv2types "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// The target groups of a network load balancer are found by its name, as the cloud
// provider finds them (cloud-provider-aws, ensureLoadBalancerv2).
func TestTargetGroupsOfALoadBalancer(t *testing.T) {
	w := newWorld(t)
	elb := elasticloadbalancingv2.NewFromConfig(aws.Config{
		Region: "us-west-2", Credentials: credentials.NewStaticCredentialsProvider("AKIDTEST", "secret", ""), BaseEndpoint: &w.url,
	})
	made, err := elb.CreateLoadBalancer(w.ctx(), &elasticloadbalancingv2.CreateLoadBalancerInput{Name: aws.String("a1"), Type: elbv2types.LoadBalancerTypeEnumNetwork})
	w.ok(err)
	arn := made.LoadBalancers[0].LoadBalancerArn
	for _, name := range []string{"http", "https", "other"} {
		group, err := elb.CreateTargetGroup(w.ctx(), &elasticloadbalancingv2.CreateTargetGroupInput{Name: &name})
		w.ok(err)
		if name == "other" {
			continue
		}
		_, err = elb.CreateListener(w.ctx(), &elasticloadbalancingv2.CreateListenerInput{LoadBalancerArn: arn, DefaultActions: []elbv2types.Action{
			{Type: elbv2types.ActionTypeEnumForward, TargetGroupArn: group.TargetGroups[0].TargetGroupArn},
		}})
		w.ok(err)
	}
	seen, err := elb.DescribeLoadBalancers(w.ctx(), &elasticloadbalancingv2.DescribeLoadBalancersInput{Names: []string{"a1"}})
	w.ok(err)
	same(t, "ARN", *seen.LoadBalancers[0].LoadBalancerArn, *arn)
	same(t, "type", seen.LoadBalancers[0].Type, elbv2types.LoadBalancerTypeEnumNetwork)
	groups, err := elb.DescribeTargetGroups(w.ctx(), &elasticloadbalancingv2.DescribeTargetGroupsInput{LoadBalancerArn: arn})
	w.ok(err)
	same(t, "target groups", len(groups.TargetGroups), 2)
	groups, err = elb.DescribeTargetGroups(w.ctx(), &elasticloadbalancingv2.DescribeTargetGroupsInput{Names: []string{"other"}})
	w.ok(err)
	same(t, "target type", groups.TargetGroups[0].TargetType, elbv2types.TargetTypeEnumInstance)
	_, err = elb.DescribeLoadBalancers(w.ctx(), &elasticloadbalancingv2.DescribeLoadBalancersInput{Names: []string{"ghost"}})
	w.refused(err, "LoadBalancerNotFound", 400, "ghost")
	_, err = elb.DescribeTargetGroups(w.ctx(), &elasticloadbalancingv2.DescribeTargetGroupsInput{Names: []string{"ghost"}})
	w.refused(err, "TargetGroupNotFound", 400, "not found")
}
