package fakeaws

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
)

type targetGroup struct {
	name, arn string
	kind      string   // its target type: instance, ip, …
	balancers []string // ARNs of those with a listener that forwards to it
	delay     int      // in seconds
}

type createTargetGroupInput struct {
	Name     string `form:"Name"`
	Protocol string `form:"Protocol"`
	Port     *int   `form:"Port"`
	VPC      string `form:"VpcId"`
	Type     string `form:"TargetType"`
}

type targetGroupXML struct {
	ARN       string          `xml:"TargetGroupArn"`
	Name      string          `xml:"TargetGroupName"`
	Type      string          `xml:"TargetType"`
	Balancers members[string] `xml:"LoadBalancerArns"`
}

type targetGroupsOutput struct {
	Groups members[targetGroupXML] `xml:"TargetGroups"`
}

func (g *targetGroup) xml() targetGroupXML {
	return targetGroupXML{g.arn, g.name, g.kind, members[string]{g.balancers}}
}

func (r *request) createTargetGroup(in *createTargetGroupInput) (*targetGroupsOutput, *Error) {
	if in.Name == "" {
		return nil, validation("A target group name must be specified")
	}
	if slices.ContainsFunc(r.targetGroups, func(g *targetGroup) bool { return g.name == in.Name }) {
		return nil, newError("DuplicateTargetGroupName", "A target group with the same name '%s' exists, but with different settings", in.Name)
	}
	g := &targetGroup{name: in.Name, kind: cmp.Or(in.Type, "instance"), delay: usualDelay}
	g.arn = fmt.Sprintf("arn:%s:elasticloadbalancing:%s:%s:targetgroup/%s/%016x", r.partition(), r.cfg.Region, r.cfg.Account, in.Name, len(r.targetGroups)+1)
	r.targetGroups = append(r.targetGroups, g)
	return &targetGroupsOutput{members[targetGroupXML]{[]targetGroupXML{g.xml()}}}, nil
}

func (c *Cloud) targetGroup(arn string) (*targetGroup, *Error) {
	i := slices.IndexFunc(c.targetGroups, func(g *targetGroup) bool { return g.arn == arn })
	if i < 0 {
		return nil, newError("TargetGroupNotFound", "Target groups '%s' not found", arn)
	}
	return c.targetGroups[i], nil
}

type describeTargetGroupsInput struct {
	Balancer string   `form:"LoadBalancerArn"`
	Names    []string `form:"Names"`
	ARNs     []string `form:"TargetGroupArns"`
}

// describeTargetGroups returns those of a load balancer, those that are named, or all.
func (r *request) describeTargetGroups(in *describeTargetGroupsInput) (*targetGroupsOutput, *Error) {
	if in.Balancer != "" && !slices.ContainsFunc(r.networks, func(b *networkBalancer) bool { return b.arn == in.Balancer }) {
		return nil, newError("LoadBalancerNotFound", "Load balancer '%s' not found", in.Balancer)
	}
	var found []targetGroupXML
	for _, g := range r.targetGroups {
		isNamed := len(in.Names)+len(in.ARNs) == 0 || slices.Contains(in.Names, g.name) || slices.Contains(in.ARNs, g.arn)
		if isNamed && (in.Balancer == "" || slices.Contains(g.balancers, in.Balancer)) {
			found = append(found, g.xml())
		}
	}
	if len(found) < len(in.Names)+len(in.ARNs) {
		return nil, newError("TargetGroupNotFound", "One or more target groups not found")
	}
	return &targetGroupsOutput{members[targetGroupXML]{found}}, nil
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
