package fakeaws

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
)

// The part of Elastic Load Balancing to which groups are attached: target groups
// and classic load balancers, with the time that an instance has to finish its
// requests. There is no traffic. Both services sign as elasticloadbalancing and
// differ by the version of their API.

// elbClassic is the API version of classic load balancers.
const elbClassic = "2012-06-01"

// usualDelay is the default deregistration delay, in seconds.
const usualDelay = 300

type targetGroup struct {
	name, arn string
	delay     int // in seconds
}

type classicBalancer struct {
	name     string
	draining bool
	timeout  int // in seconds
}

func elbService() service {
	return service{
		name: "elasticloadbalancing", version: "2015-12-01", namespace: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
		operations: map[string]operation{
			"CreateTargetGroup":             serving((*request).createTargetGroup),
			"DescribeTargetGroupAttributes": serving((*request).describeTargetGroupAttributes),
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

type createTargetGroupInput struct {
	Name     string `form:"Name"`
	Protocol string `form:"Protocol"`
	Port     *int   `form:"Port"`
	VPC      string `form:"VpcId"`
	Type     string `form:"TargetType"`
}

type targetGroupXML struct {
	ARN  string `xml:"TargetGroupArn"`
	Name string `xml:"TargetGroupName"`
}

type createTargetGroupOutput struct {
	Groups members[targetGroupXML] `xml:"TargetGroups"`
}

func (r *request) createTargetGroup(in *createTargetGroupInput) (*createTargetGroupOutput, *Error) {
	if in.Name == "" {
		return nil, validation("A target group name must be specified")
	}
	if slices.ContainsFunc(r.targetGroups, func(g *targetGroup) bool { return g.name == in.Name }) {
		return nil, newError("DuplicateTargetGroupName", "A target group with the same name '%s' exists, but with different settings", in.Name)
	}
	g := &targetGroup{name: in.Name, delay: usualDelay}
	g.arn = fmt.Sprintf("arn:%s:elasticloadbalancing:%s:%s:targetgroup/%s/%016x", r.partition(), r.cfg.Region, r.cfg.Account, in.Name, len(r.targetGroups)+1)
	r.targetGroups = append(r.targetGroups, g)
	return &createTargetGroupOutput{members[targetGroupXML]{[]targetGroupXML{{g.arn, g.name}}}}, nil
}

func (c *Cloud) targetGroup(arn string) (*targetGroup, *Error) {
	i := slices.IndexFunc(c.targetGroups, func(g *targetGroup) bool { return g.arn == arn })
	if i < 0 {
		return nil, newError("TargetGroupNotFound", "Target groups '%s' not found", arn)
	}
	return c.targetGroups[i], nil
}

// attributeXML is a setting of a target group.
type attributeXML struct {
	Key   string `form:"Key" xml:"Key"`
	Value string `form:"Value" xml:"Value"`
}

const attributeDelay = "deregistration_delay.timeout_seconds"

type attributesOutput struct {
	Attributes members[attributeXML] `xml:"Attributes"`
}

func (g *targetGroup) attributes() *attributesOutput {
	return &attributesOutput{members[attributeXML]{[]attributeXML{{"stickiness.enabled", "false"}, {attributeDelay, strconv.Itoa(g.delay)}}}}
}

type describeTargetGroupAttributesInput struct {
	ARN string `form:"TargetGroupArn"`
}

func (r *request) describeTargetGroupAttributes(in *describeTargetGroupAttributesInput) (*attributesOutput, *Error) {
	g, err := r.targetGroup(in.ARN)
	if err != nil {
		return nil, err
	}
	return g.attributes(), nil
}

type modifyTargetGroupAttributesInput struct {
	ARN        string         `form:"TargetGroupArn"`
	Attributes []attributeXML `form:"Attributes"`
}

func (r *request) modifyTargetGroupAttributes(in *modifyTargetGroupAttributesInput) (*attributesOutput, *Error) {
	g, err := r.targetGroup(in.ARN)
	if err != nil {
		return nil, err
	}
	for _, a := range in.Attributes {
		seconds, err := strconv.Atoi(a.Value)
		if a.Key != attributeDelay || err != nil || seconds < 0 || seconds > 3600 {
			return nil, newError("InvalidConfigurationRequest", "Target group attribute '%s' = '%s' is not valid", a.Key, a.Value)
		}
		g.delay = seconds
	}
	return g.attributes(), nil
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
