package fakeaws

import (
	"maps"
	"slices"
	"strings"
)

type groupXML struct {
	Name              string                `xml:"AutoScalingGroupName"`
	ARN               string                `xml:"AutoScalingGroupARN"`
	Configuration     *string               `xml:"LaunchConfigurationName,omitempty"`
	Template          *templateRef          `xml:"LaunchTemplate,omitempty"`
	Mixed             *mixedInstancesPolicy `xml:"MixedInstancesPolicy,omitempty"`
	Min               int                   `xml:"MinSize"`
	Max               int                   `xml:"MaxSize"`
	Desired           int                   `xml:"DesiredCapacity"`
	DefaultCooldown   int                   `xml:"DefaultCooldown"`
	DefaultWarmup     *int                  `xml:"DefaultInstanceWarmup,omitempty"`
	Zones             members[string]       `xml:"AvailabilityZones"`
	ZoneIDs           members[string]       `xml:"AvailabilityZoneIds"`
	LoadBalancers     members[string]       `xml:"LoadBalancerNames"`
	TargetGroups      members[string]       `xml:"TargetGroupARNs"`
	HealthCheckType   string                `xml:"HealthCheckType"`
	HealthCheckGrace  int                   `xml:"HealthCheckGracePeriod"`
	Instances         members[memberXML]    `xml:"Instances"`
	Created           timestamp             `xml:"CreatedTime"`
	Suspended         members[suspendedXML] `xml:"SuspendedProcesses"`
	Subnets           string                `xml:"VPCZoneIdentifier"`
	Metrics           members[string]       `xml:"EnabledMetrics"`
	Tags              members[groupTag]     `xml:"Tags"`
	Policies          members[string]       `xml:"TerminationPolicies"`
	Protected         bool                  `xml:"NewInstancesProtectedFromScaleIn"`
	ServiceLinkedRole string                `xml:"ServiceLinkedRoleARN"`
	CapacityRebalance *bool                 `xml:"CapacityRebalance,omitempty"`
	Context           *string               `xml:"Context,omitempty"`
	Distribution      zoneDistribution      `xml:"AvailabilityZoneDistribution"`
	MaxLifetime       *int                  `xml:"MaxInstanceLifetime,omitempty"`
	DesiredType       *string               `xml:"DesiredCapacityType,omitempty"`
	WarmPool          *warmPool             `xml:"WarmPoolConfiguration,omitempty"`
	WarmPoolSize      *int                  `xml:"WarmPoolSize,omitempty"`
	Maintenance       *maintenancePolicy    `xml:"InstanceMaintenancePolicy,omitempty"`
}

type memberXML struct {
	ID        string      `xml:"InstanceId"`
	Type      string      `xml:"InstanceType"`
	ImageID   string      `xml:"ImageId"`
	Zone      string      `xml:"AvailabilityZone"`
	ZoneID    string      `xml:"AvailabilityZoneId"`
	Lifecycle string      `xml:"LifecycleState"`
	Health    string      `xml:"HealthStatus"`
	Template  templateRef `xml:"LaunchTemplate"`
	Protected bool        `xml:"ProtectedFromScaleIn"`
}

type suspendedXML struct {
	Process string `xml:"ProcessName"`
	Reason  string `xml:"SuspensionReason"`
}

func (c *Cloud) groupXML(g *group, withInstances bool) groupXML {
	s := g.settings
	x := groupXML{
		Name: g.name, ARN: g.arn, Template: g.template, Mixed: g.mixed, Min: g.sizes.min, Max: g.sizes.max,
		Desired: g.sizes.desired, DefaultCooldown: 300, DefaultWarmup: s.DefaultInstanceWarmup, HealthCheckType: "EC2",
		Created: timestamp(g.created), Protected: g.protect, CapacityRebalance: s.CapacityRebalance, Context: s.Context,
		Policies:          members[string]{[]string{"Default"}},
		ServiceLinkedRole: "arn:" + c.partition() + ":iam::" + c.cfg.Account + ":role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling",
		Distribution:      zoneDistribution{Strategy: strategyBestEffort},
		Suspended:         members[suspendedXML]{g.suspendedXML()},
		Tags:              members[groupTag]{g.tagsXML()},
		LoadBalancers:     members[string]{g.balancers}, TargetGroups: members[string]{g.targetGroups},
		Configuration: s.LaunchConfiguration, MaxLifetime: s.MaxInstanceLifetime, DesiredType: s.DesiredCapacityType, WarmPool: g.warm,
		Maintenance: s.Maintenance,
	}
	setIf(&x.DefaultCooldown, s.DefaultCooldown)
	setIf(&x.HealthCheckType, s.HealthCheckType)
	setIf(&x.HealthCheckGrace, s.HealthCheckGrace)
	setIf(&x.ServiceLinkedRole, s.ServiceLinkedRoleARN)
	setIf(&x.Distribution, s.ZoneDistribution)
	if len(g.policies) > 0 {
		x.Policies.List = g.policies
	}
	if g.warm != nil {
		size := len(g.pool)
		x.WarmPoolSize = &size
	}
	g.placeXML(&x)
	if withInstances {
		x.Instances.List = g.membersXML()
	}
	return x
}

func (g *group) placeXML(x *groupXML) {
	var ids []string
	for _, sub := range g.subnets {
		if !slices.Contains(x.Zones.List, sub.zone) {
			x.Zones.List = append(x.Zones.List, sub.zone)
			x.ZoneIDs.List = append(x.ZoneIDs.List, sub.zoneID)
		}
		ids = append(ids, sub.id)
	}
	if g.settings.VPCZoneIdentifier != nil {
		x.Subnets = strings.Join(ids, ",")
	}
}

func (g *group) membersXML() []memberXML {
	var list []memberXML
	for _, m := range g.members {
		list = append(list, m.memberXML())
	}
	return list
}

func (m *machine) memberXML() memberXML {
	return memberXML{
		ID: m.ID, Type: m.Type, ImageID: m.ImageID, Zone: m.Zone, ZoneID: m.ZoneID, Lifecycle: m.Lifecycle,
		Health: m.health("Healthy", "Unhealthy"), Template: m.templateRef(), Protected: m.Protected,
	}
}

func (m *machine) health(good, bad string) string {
	if m.Healthy {
		return good
	}
	return bad
}

func (g *group) suspendedXML() []suspendedXML {
	var list []suspendedXML
	for _, process := range slices.Sorted(maps.Keys(g.suspended)) {
		list = append(list, suspendedXML{Process: process, Reason: "User suspended at " + formatTime(g.suspended[process])})
	}
	return list
}

type describeGroupsInput struct {
	recordPaging
	Names            []string       `form:"AutoScalingGroupNames"`
	Filters          []recordFilter `form:"Filters"`
	IncludeInstances *bool          `form:"IncludeInstances"`
}

type describeGroupsOutput struct {
	Groups    members[groupXML] `xml:"AutoScalingGroups"`
	NextToken string            `xml:"NextToken,omitempty"`
}

// describeAutoScalingGroups omits unknown names, as AWS does.
func (r *request) describeAutoScalingGroups(in *describeGroupsInput) (*describeGroupsOutput, *Error) {
	var found []*group
	for _, g := range r.groups {
		passes, err := g.passes(in.Filters)
		if err != nil {
			return nil, err
		}
		if passes && (len(in.Names) == 0 || slices.Contains(in.Names, g.name)) {
			found = append(found, g)
		}
	}
	part, next, err := records(found, in.recordPaging, 50, 100, func(g *group) string { return g.name })
	if err != nil {
		return nil, err
	}
	out := &describeGroupsOutput{NextToken: next}
	for _, g := range part {
		out.Groups.List = append(out.Groups.List, r.groupXML(g, in.IncludeInstances == nil || *in.IncludeInstances))
	}
	return out, nil
}

// passes tells whether all tag filters match the group.
func (g *group) passes(filters []recordFilter) (bool, *Error) {
	for _, f := range filters {
		var fits func(Tag) bool
		key, byKey := strings.CutPrefix(f.Name, "tag:")
		switch {
		case f.Name == "tag-key":
			fits = func(t Tag) bool { return f.has(t.Key) }
		case f.Name == "tag-value":
			fits = func(t Tag) bool { return f.has(t.Value) }
		case byKey:
			fits = func(t Tag) bool { return t.Key == key && f.has(t.Value) }
		default:
			return false, validation("Filter type %s is not correct. Allowed Filter types are: tag-key, tag-value, tag:key", f.Name)
		}
		if !slices.ContainsFunc(g.tags, fits) {
			return false, nil
		}
	}
	return true, nil
}

type createGroupInput struct {
	groupSettings `required:"MinSize MaxSize"`
	Tags          []groupTag `form:"Tags"`
	Hooks         []hookSpec `form:"LifecycleHookSpecificationList"`

	TargetGroups []string `form:"TargetGroupARNs"`
	Balancers    []string `form:"LoadBalancerNames"`
}

func (r *request) createAutoScalingGroup(in *createGroupInput) (*done, *Error) {
	for _, h := range in.Hooks {
		if err := h.check(); err != nil {
			return nil, err
		}
	}
	for _, t := range in.Tags {
		if err := t.check(); err != nil {
			return nil, err
		}
	}
	if err := r.mayUse(in.groupSettings); err != nil {
		return nil, err
	}
	g, err := r.createGroup(in.groupSettings, r.now)
	if err != nil {
		return nil, err
	}
	if _, err := r.attach(g.name, in.TargetGroups, in.Balancers); err != nil {
		r.groups = slices.DeleteFunc(r.groups, func(other *group) bool { return other == g })
		return nil, err
	}
	for _, t := range in.Tags {
		g.setTag(t)
	}
	for _, h := range in.Hooks {
		g.setHook(h)
	}
	return &done{}, nil
}

type updateGroupInput struct{ groupSettings }

func (r *request) updateAutoScalingGroup(in *updateGroupInput) (*done, *Error) {
	g, err := r.existing(in.Name)
	if err != nil {
		return nil, err
	}
	if err := r.mayUse(in.groupSettings); err != nil {
		return nil, err
	}
	before := g.sizes.desired
	if err := r.configure(g, in.groupSettings); err != nil {
		return nil, err
	}
	if g.sizes.desired != before {
		g.reason = sentence(r.now, "a user request update of AutoScalingGroup constraints to min: %d, max: %d, desired: %d "+
			"changing the desired capacity from %d to %d.", g.sizes.min, g.sizes.max, g.sizes.desired, before, g.sizes.desired)
	}
	return &done{}, nil
}
