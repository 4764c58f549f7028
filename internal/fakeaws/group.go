package fakeaws

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// GroupSpec is what CreateGroup needs.
type GroupSpec struct {
	Name                              string
	MinSize, MaxSize, DesiredCapacity int
	// Zones are the names of the zones; empty means all zones of the region.
	Zones []string
	// LaunchTemplateVersion is a number, $Latest or $Default; empty means $Default.
	LaunchTemplateID, LaunchTemplateVersion string
	Tags                                    []Tag
}

// group is an Auto Scaling group.
type group struct {
	name, arn     string
	created       time.Time
	sizes         sizes
	subnets       []*subnet // where it may launch
	template      *templateRef
	mixed         *mixedInstancesPolicy
	settings      groupSettings // the other settings, which are only described
	policies      []string
	protect       bool // new instances are protected from scale-in
	balancedOnly  bool // launch only in the emptiest zone
	suspended     map[string]time.Time
	tags          []Tag
	hooks         []*lifecycleHook
	members       []*machine
	activities    []*activity
	retry         map[string]time.Time // per zone: no launch before
	refreshes     []*instanceRefresh
	reason        string // why the desired size changed, until it is reached
	stuckOnLocked bool   // an activity has reported that only protected instances are left

	targetGroups, balancers []string // attached: ARNs, names
	scaling                 []policySpec
	scheduled               []*scheduledSpec
	warm                    *warmPool  // nil for none
	pool                    []*machine // the instances of the warm pool
}

// sizes are the minimum, maximum and desired size of a group.
type sizes struct{ min, max, desired int }

// CreateGroup creates an Auto Scaling group by the rules of
// CreateAutoScalingGroup: the error is AlreadyExists if the name is taken, and
// ValidationError for everything else. The next steps launch its instances.
func (c *Cloud) CreateGroup(spec GroupSpec) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	zones := spec.Zones
	if len(zones) == 0 {
		zones = c.cfg.Zones
	}
	settings := groupSettings{
		Name: spec.Name, MinSize: &spec.MinSize, MaxSize: &spec.MaxSize, DesiredCapacity: &spec.DesiredCapacity,
		AvailabilityZones: zones,
		LaunchTemplate:    &templateRef{ID: spec.LaunchTemplateID, Version: spec.LaunchTemplateVersion},
	}
	g, err := c.createGroup(settings, c.cfg.Clock())
	if err != nil {
		return err
	}
	g.tags = slices.Clone(spec.Tags)
	return nil
}

// GroupState is what an owner looks at: the sizes of a group, its suspended processes, and the
// launch template version that it names.
type GroupState struct {
	Min, Max, Desired int
	Suspended         []string
	TemplateVersion   string
}

// Group returns the state of a group, the zero state if there is none of that name.
func (c *Cloud) Group(name string) GroupState {
	c.mu.Lock()
	defer c.mu.Unlock()
	g := c.groupNamed(name)
	if g == nil {
		return GroupState{}
	}
	state := GroupState{
		Min: g.sizes.min, Max: g.sizes.max, Desired: g.sizes.desired,
		Suspended: slices.Sorted(maps.Keys(g.suspended)),
	}
	if g.template != nil {
		state.TemplateVersion = g.template.Version
	}
	return state
}

func (c *Cloud) createGroup(s groupSettings, now time.Time) (*group, *Error) {
	if s.Name == "" || len(s.Name) > 255 {
		return nil, validation("A group name has 1 to 255 characters")
	}
	if c.groupNamed(s.Name) != nil {
		return nil, newError("AlreadyExists", "AutoScalingGroup by this name already exists - A group with the name %s already exists", s.Name)
	}
	if s.MinSize == nil || s.MaxSize == nil {
		return nil, validation("MinSize and MaxSize are required")
	}
	if s.LaunchTemplate == nil && s.MixedInstancesPolicy == nil && s.LaunchConfiguration == nil {
		return nil, validation("Valid requests must contain either LaunchTemplate, LaunchConfigurationName, " +
			"InstanceId or MixedInstancesPolicy parameter.")
	}
	g := &group{name: s.Name, created: now, suspended: map[string]time.Time{}, retry: map[string]time.Time{}}
	g.arn = fmt.Sprintf("arn:%s:autoscaling:%s:%s:autoScalingGroup:%s:autoScalingGroupName/%s",
		c.partition(), c.cfg.Region, c.cfg.Account, c.activityID(), s.Name)
	if s.DesiredCapacity == nil {
		s.DesiredCapacity = s.MinSize
	}
	if err := c.configure(g, s); err != nil {
		return nil, err
	}
	if len(g.subnets) == 0 {
		return nil, validation("At least one Availability Zone or VPC Subnet is required.")
	}
	g.reason = sentence(now, "a user request created an AutoScalingGroup changing the desired capacity from 0 to %d.", g.sizes.desired)
	c.groups = append(c.groups, g)
	return g, nil
}

// configure applies the settings that are there and leaves the others as they
// are. It applies all or, if one is wrong, none.
func (c *Cloud) configure(g *group, s groupSettings) *Error {
	sized, err := g.sizes.changed(s.MinSize, s.MaxSize, s.DesiredCapacity)
	if err != nil {
		return err
	}
	subnets, err := c.subnetsFor(s)
	if err != nil {
		return err
	}
	if err := c.checkTemplates(s); err != nil {
		return err
	}
	if err := c.checkConfiguration(s); err != nil {
		return err
	}
	if err := s.check(); err != nil {
		return err
	}
	g.sizes = sized
	if subnets != nil {
		g.subnets = subnets
	}
	g.follow(c, s)
	g.settings = g.settings.overlay(s)
	g.policies = g.settings.TerminationPolicies
	g.protect = isTrue(g.settings.NewInstancesProtected)
	g.balancedOnly = g.settings.ZoneDistribution != nil && g.settings.ZoneDistribution.Strategy == strategyBalancedOnly
	return nil
}

// subnetsFor returns the subnets in which a group launches; nil if the settings
// name none.
func (c *Cloud) subnetsFor(s groupSettings) ([]*subnet, *Error) {
	named, err := c.subnetsOfZones(s.AvailabilityZones, c.network.inZone)
	if err != nil {
		return nil, err
	}
	byZoneID, err := c.subnetsOfZones(s.AvailabilityZoneIDs, c.network.byZoneID)
	if err != nil {
		return nil, err
	}
	named = append(named, byZoneID...)
	if s.VPCZoneIdentifier == nil || *s.VPCZoneIdentifier == "" {
		return named, nil
	}
	var subnets []*subnet
	for _, id := range strings.Split(*s.VPCZoneIdentifier, ",") {
		sub := c.network.byID(strings.TrimSpace(id))
		if sub == nil {
			return nil, validation("The subnet ID '%s' does not exist", strings.TrimSpace(id))
		}
		if named != nil && !slices.Contains(named, sub) {
			return nil, validation("The availability zones of the specified subnets and the Auto Scaling group do not match")
		}
		subnets = append(subnets, sub)
	}
	return subnets, nil
}

func (c *Cloud) subnetsOfZones(zones []string, find func(string) *subnet) ([]*subnet, *Error) {
	var subnets []*subnet
	for _, zone := range zones {
		sub := find(zone)
		if sub == nil {
			return nil, validation("Invalid availability zones: [%s]", zone)
		}
		subnets = append(subnets, sub)
	}
	return subnets, nil
}

// changed returns the sizes after a change of some of them. A minimum above
// the desired size raises it and a maximum below it lowers it. If the desired
// size is changed in the same call, it has to be between the two.
func (s sizes) changed(min, max, desired *int) (sizes, *Error) {
	for _, n := range []*int{min, max, desired} {
		if n != nil && *n < 0 {
			return s, validation("Sizes must not be negative: %d", *n)
		}
	}
	setIf(&s.min, min)
	setIf(&s.max, max)
	if s.min > s.max {
		return s, validation("Max bound, %d, must be greater than or equal to min bound, %d", s.max, s.min)
	}
	if desired == nil {
		s.desired = clamp(s.desired, s.min, s.max)
		return s, nil
	}
	s.desired = *desired
	if s.desired < s.min || s.desired > s.max {
		return s, validation("Desired capacity:%d must be between the specified min size:%d and max size:%d", s.desired, s.min, s.max)
	}
	return s, nil
}

func clamp(n, low, high int) int { return max(low, min(n, high)) }

func setIf[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

func isTrue(b *bool) bool { return b != nil && *b }

func (c *Cloud) groupNamed(name string) *group {
	i := slices.IndexFunc(c.groups, func(g *group) bool { return g.name == name })
	if i < 0 {
		return nil
	}
	return c.groups[i]
}

// active are the members that are neither terminating nor in Standby.
func (g *group) active() []*machine {
	var active []*machine
	for _, m := range g.members {
		if !m.going() && m.Lifecycle != LifecycleStandby {
			active = append(active, m)
		}
	}
	return active
}

// zoneCounts counts the machines in each of the group's zones.
func (g *group) zoneCounts(machines []*machine) map[string]int {
	counts := map[string]int{}
	for _, sub := range g.subnets {
		counts[sub.zone] = 0
	}
	for _, m := range machines {
		if _, own := counts[m.Zone]; own {
			counts[m.Zone]++
		}
	}
	return counts
}
