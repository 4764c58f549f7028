package fakeaws

import (
	"fmt"
	"slices"
	"strings"
)

// networkBalancer is a load balancer that forwards to target groups: a network or an
// application load balancer.
type networkBalancer struct{ name, arn, kind string }

type createNetworkBalancerInput struct {
	Name    string   `form:"Name"`
	Type    string   `form:"Type"`
	Subnets []string `form:"Subnets"`
}

type networkBalancerXML struct {
	ARN  string `xml:"LoadBalancerArn"`
	Name string `xml:"LoadBalancerName"`
	DNS  string `xml:"DNSName"`
	Type string `xml:"Type"`
}

type networkBalancersOutput struct {
	Balancers members[networkBalancerXML] `xml:"LoadBalancers"`
}

func (r *request) xmlOf(b *networkBalancer) networkBalancerXML {
	return networkBalancerXML{b.arn, b.name, b.name + ".elb." + r.cfg.Region + ".amazonaws.com", b.kind}
}

// createNetworkBalancer makes a load balancer. AWS takes 32 characters for its name, and makes an
// application load balancer unless the type says something else.
func (r *request) createNetworkBalancer(in *createNetworkBalancerInput) (*networkBalancersOutput, *Error) {
	if in.Name == "" || len(in.Name) > 32 {
		return nil, validation("The load balancer name '%s' cannot be empty or longer than '32' characters", in.Name)
	}
	if slices.ContainsFunc(r.networks, func(b *networkBalancer) bool { return b.name == in.Name }) {
		return nil, newError("DuplicateLoadBalancerName", "A load balancer with the same name '%s' exists, but with different settings", in.Name)
	}
	b, short := &networkBalancer{name: in.Name, kind: "application"}, "app"
	if in.Type == "network" {
		b.kind, short = in.Type, "net"
	}
	b.arn = fmt.Sprintf("arn:%s:elasticloadbalancing:%s:%s:loadbalancer/%s/%s/%016x", r.partition(), r.cfg.Region, r.cfg.Account, short, in.Name, len(r.networks)+1)
	r.networks = append(r.networks, b)
	return &networkBalancersOutput{members[networkBalancerXML]{[]networkBalancerXML{r.xmlOf(b)}}}, nil
}

type describeNetworkBalancersInput struct {
	Names []string `form:"Names"`
	ARNs  []string `form:"LoadBalancerArns"`
}

// describeNetworkBalancers returns those that are named, or all.
func (r *request) describeNetworkBalancers(in *describeNetworkBalancersInput) (*networkBalancersOutput, *Error) {
	var found []networkBalancerXML
	for _, b := range r.networks {
		if len(in.Names)+len(in.ARNs) == 0 || slices.Contains(in.Names, b.name) || slices.Contains(in.ARNs, b.arn) {
			found = append(found, r.xmlOf(b))
		}
	}
	if len(found) < len(in.Names)+len(in.ARNs) {
		return nil, newError("LoadBalancerNotFound", "Load balancers '[%s]' not found", strings.Join(slices.Concat(in.Names, in.ARNs), ", "))
	}
	return &networkBalancersOutput{members[networkBalancerXML]{found}}, nil
}

type createListenerInput struct {
	Balancer string      `form:"LoadBalancerArn"`
	Protocol string      `form:"Protocol"`
	Port     *int        `form:"Port"`
	Actions  []actionXML `form:"DefaultActions"`
}

type actionXML struct {
	Type        string `form:"Type"`
	TargetGroup string `form:"TargetGroupArn"`
}

// createListener has a load balancer forward to target groups.
func (r *request) createListener(in *createListenerInput) (*emptyResult, *Error) {
	if !slices.ContainsFunc(r.networks, func(b *networkBalancer) bool { return b.arn == in.Balancer }) {
		return nil, newError("LoadBalancerNotFound", "Load balancer '%s' not found", in.Balancer)
	}
	for _, a := range in.Actions {
		g, err := r.targetGroup(a.TargetGroup)
		if err != nil {
			return nil, err
		}
		g.balancers = union(g.balancers, []string{in.Balancer})
	}
	return &emptyResult{}, nil
}
