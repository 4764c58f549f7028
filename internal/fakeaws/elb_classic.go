package fakeaws

import "slices"

type classicBalancer struct {
	name     string
	draining bool
	timeout  int // in seconds
}

type createLoadBalancerInput struct {
	Name      string        `form:"LoadBalancerName"`
	Zones     []string      `form:"AvailabilityZones"`
	Listeners []listenerXML `form:"Listeners"`
}

type listenerXML struct {
	Protocol     string `form:"Protocol"`
	Port         *int   `form:"LoadBalancerPort"`
	InstancePort *int   `form:"InstancePort"`
}

type createLoadBalancerOutput struct {
	DNS string `xml:"DNSName"`
}

func (r *request) createLoadBalancer(in *createLoadBalancerInput) (*createLoadBalancerOutput, *Error) {
	r.balancers = append(r.balancers, &classicBalancer{name: in.Name, timeout: usualDelay})
	return &createLoadBalancerOutput{in.Name + "." + r.cfg.Region + ".elb.amazonaws.com"}, nil
}

func (c *Cloud) balancer(name string) (*classicBalancer, *Error) {
	i := slices.IndexFunc(c.balancers, func(b *classicBalancer) bool { return b.name == name })
	if i < 0 {
		return nil, newError("LoadBalancerNotFound", "There is no ACTIVE Load Balancer named '%s'", name)
	}
	return c.balancers[i], nil
}

type drainingXML struct {
	Enabled *bool `form:"Enabled" xml:"Enabled"`
	Timeout *int  `form:"Timeout" xml:"Timeout"`
}

type balancerAttributesXML struct {
	Draining drainingXML `form:"ConnectionDraining" xml:"ConnectionDraining"`
}

type balancerAttributesInput struct {
	Name       string                `form:"LoadBalancerName"`
	Attributes balancerAttributesXML `form:"LoadBalancerAttributes"`
}

type balancerAttributesOutput struct {
	Attributes balancerAttributesXML `xml:"LoadBalancerAttributes"`
}

func (b *classicBalancer) attributes() *balancerAttributesOutput {
	return &balancerAttributesOutput{balancerAttributesXML{drainingXML{&b.draining, &b.timeout}}}
}

type describeLoadBalancerAttributesInput struct {
	Name string `form:"LoadBalancerName"`
}

func (r *request) describeLoadBalancerAttributes(in *describeLoadBalancerAttributesInput) (*balancerAttributesOutput, *Error) {
	b, err := r.balancer(in.Name)
	if err != nil {
		return nil, err
	}
	return b.attributes(), nil
}

func (r *request) modifyLoadBalancerAttributes(in *balancerAttributesInput) (*balancerAttributesOutput, *Error) {
	b, err := r.balancer(in.Name)
	if err != nil {
		return nil, err
	}
	setIf(&b.draining, in.Attributes.Draining.Enabled)
	setIf(&b.timeout, in.Attributes.Draining.Timeout)
	return b.attributes(), nil
}
