package fakeaws

import (
	"cmp"
	"net/http"
	"slices"
)

// Elastic Load Balancing: load balancers and target groups, with the time that an
// instance has to finish its requests. There is no traffic. The two APIs, of classic
// and of the other load balancers, sign as elasticloadbalancing and differ by their
// version. elb_targets.go, elb_network.go and elb_classic.go hold their operations.

// elbClassic is the API version of classic load balancers.
const elbClassic = "2012-06-01"

// usualDelay is the default deregistration delay, in seconds.
const usualDelay = 300

func elbService() service {
	return service{
		name: "elasticloadbalancing", version: "2015-12-01", namespace: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
		operations: map[string]operation{
			"CreateListener":                serving((*request).createListener),
			"CreateLoadBalancer":            serving((*request).createNetworkBalancer),
			"CreateTargetGroup":             serving((*request).createTargetGroup),
			"DescribeLoadBalancers":         serving((*request).describeNetworkBalancers),
			"DescribeTargetGroupAttributes": serving((*request).describeTargetGroupAttributes),
			"DescribeTargetGroups":          serving((*request).describeTargetGroups),
			"ModifyTargetGroupAttributes":   serving((*request).modifyTargetGroupAttributes),
		},
		dialect:     queryDialect{},
		expiredCode: "ExpiredToken", expiredStatus: http.StatusForbidden,
		deniedCode: "AccessDenied", deniedStatus: http.StatusForbidden,
	}
}

func classicService() service {
	s := elbService()
	s.version, s.namespace = elbClassic, "http://elasticloadbalancing.amazonaws.com/doc/2012-06-01/"
	s.operations = map[string]operation{
		"CreateLoadBalancer":             serving((*request).createLoadBalancer),
		"DescribeLoadBalancerAttributes": serving((*request).describeLoadBalancerAttributes),
		"ModifyLoadBalancerAttributes":   serving((*request).modifyLoadBalancerAttributes),
	}
	return s
}

type attachTargetGroupsInput struct {
	Group        string   `form:"AutoScalingGroupName,required" len:"1-255"`
	TargetGroups []string `form:"TargetGroupARNs,required"`
}

func (r *request) attachTargetGroups(in *attachTargetGroupsInput) (*emptyResult, *Error) {
	return r.attach(in.Group, in.TargetGroups, nil)
}

type attachBalancersInput struct {
	Group     string   `form:"AutoScalingGroupName,required" len:"1-255"`
	Balancers []string `form:"LoadBalancerNames,required"`
}

func (r *request) attachBalancers(in *attachBalancersInput) (*emptyResult, *Error) {
	return r.attach(in.Group, nil, in.Balancers)
}

// attach attaches target groups or classic load balancers to a group. Attaching
// one again changes nothing.
func (r *request) attach(group string, targetGroups, balancers []string) (*emptyResult, *Error) {
	g, err := r.existing(group)
	if err != nil {
		return nil, err
	}
	for _, arn := range targetGroups {
		if _, err := r.targetGroup(arn); err != nil {
			return nil, validation("Provided Target Groups may not be valid. Please ensure they exist and try again.")
		}
	}
	for _, name := range balancers {
		if _, err := r.balancer(name); err != nil {
			return nil, validation("Provided Load Balancers may not be valid. Please ensure they exist and try again.")
		}
	}
	g.targetGroups = union(g.targetGroups, targetGroups)
	g.balancers = union(g.balancers, balancers)
	return &emptyResult{}, nil
}

func union[T cmp.Ordered](a, b []T) []T {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}
