package fakeaws

import (
	"reflect"
	"slices"
)

// groupSettings is what CreateAutoScalingGroup and UpdateAutoScalingGroup have in
// common. A member that is nil or empty is not set.
type groupSettings struct {
	Name                  string                `form:"AutoScalingGroupName,required" len:"1-255"`
	MinSize               *int                  `form:"MinSize"`
	MaxSize               *int                  `form:"MaxSize"`
	DesiredCapacity       *int                  `form:"DesiredCapacity"`
	LaunchConfiguration   *string               `form:"LaunchConfigurationName"`
	LaunchTemplate        *templateRef          `form:"LaunchTemplate"`
	MixedInstancesPolicy  *mixedInstancesPolicy `form:"MixedInstancesPolicy"`
	AvailabilityZones     []string              `form:"AvailabilityZones"`
	AvailabilityZoneIDs   []string              `form:"AvailabilityZoneIds"`
	VPCZoneIdentifier     *string               `form:"VPCZoneIdentifier" len:"1-5000"`
	DefaultCooldown       *int                  `form:"DefaultCooldown"`
	DefaultInstanceWarmup *int                  `form:"DefaultInstanceWarmup"`
	HealthCheckType       *string               `form:"HealthCheckType"`
	HealthCheckGrace      *int                  `form:"HealthCheckGracePeriod"`
	TerminationPolicies   []string              `form:"TerminationPolicies"`
	NewInstancesProtected *bool                 `form:"NewInstancesProtectedFromScaleIn"`
	CapacityRebalance     *bool                 `form:"CapacityRebalance"`
	ServiceLinkedRoleARN  *string               `form:"ServiceLinkedRoleARN"`
	Context               *string               `form:"Context"`
	DesiredCapacityType   *string               `form:"DesiredCapacityType"`
	ZoneDistribution      *zoneDistribution     `form:"AvailabilityZoneDistribution"`
	MaxInstanceLifetime   *int                  `form:"MaxInstanceLifetime"`
	Maintenance           *maintenancePolicy    `form:"InstanceMaintenancePolicy"`
}

// What a group does when its emptiest zone has no capacity.
const (
	strategyBestEffort   = "balanced-best-effort"
	strategyBalancedOnly = "balanced-only"
)

type zoneDistribution struct {
	Strategy string `form:"CapacityDistributionStrategy" enum:"balanced-only balanced-best-effort reservations-then-balanced" xml:"CapacityDistributionStrategy"`
}

// templateRef is how a group or an instance names a launch template.
type templateRef struct {
	ID      string `form:"LaunchTemplateId" len:"1-255" xml:"LaunchTemplateId,omitempty"`
	Name    string `form:"LaunchTemplateName" len:"3-128" xml:"LaunchTemplateName,omitempty"`
	Version string `form:"Version" xml:"Version,omitempty"`
}

type mixedInstancesPolicy struct {
	LaunchTemplate *mixedTemplate         `form:"LaunchTemplate" xml:"LaunchTemplate,omitempty"`
	Distribution   *instancesDistribution `form:"InstancesDistribution" xml:"InstancesDistribution,omitempty"`
}

type mixedTemplate struct {
	Specification *templateRef              `form:"LaunchTemplateSpecification" xml:"LaunchTemplateSpecification,omitempty"`
	Overrides     memberSet[mixedOverrides] `form:"Overrides" xml:"Overrides,omitempty"`
}

// mixedOverrides is one override of a mixed instances policy.
type mixedOverrides struct {
	InstanceType  string       `form:"InstanceType" xml:"InstanceType,omitempty"`
	ImageID       string       `form:"ImageId" xml:"ImageId,omitempty"`
	Weight        string       `form:"WeightedCapacity" xml:"WeightedCapacity,omitempty"` // only described: every instance counts as one
	Specification *templateRef `form:"LaunchTemplateSpecification" xml:"LaunchTemplateSpecification,omitempty"`
	// Requirements select the type if there is no InstanceType.
	Requirements *requirements `form:"InstanceRequirements" xml:"InstanceRequirements,omitempty"`
}

type instancesDistribution struct {
	OnDemandStrategy   string `form:"OnDemandAllocationStrategy" xml:"OnDemandAllocationStrategy,omitempty"`
	OnDemandBase       *int   `form:"OnDemandBaseCapacity" xml:"OnDemandBaseCapacity,omitempty"`
	OnDemandPercentage *int   `form:"OnDemandPercentageAboveBaseCapacity" xml:"OnDemandPercentageAboveBaseCapacity,omitempty"`
	SpotStrategy       string `form:"SpotAllocationStrategy" xml:"SpotAllocationStrategy,omitempty"`
	SpotPools          *int   `form:"SpotInstancePools" xml:"SpotInstancePools,omitempty"`
	SpotMaxPrice       string `form:"SpotMaxPrice" xml:"SpotMaxPrice,omitempty"`
}

// terminationPolicies are those that Auto Scaling knows by name.
func terminationPolicies() []string {
	return []string{"Default", "OldestInstance", "NewestInstance", "OldestLaunchTemplate",
		"OldestLaunchConfiguration", "ClosestToNextInstanceHour", "AllocationStrategy"}
}

// check returns an error for values that no group can have.
func (s groupSettings) check() *Error {
	for _, policy := range s.TerminationPolicies {
		if !slices.Contains(terminationPolicies(), policy) {
			return validation("The termination policy %s is not a valid policy", policy)
		}
	}
	if t := s.HealthCheckType; t != nil && *t != "EC2" && *t != "ELB" {
		return validation("Invalid HealthCheckType: %s; EC2 and ELB are supported", *t)
	}
	if t := s.DesiredCapacityType; t != nil && *t != "units" {
		return validation("Invalid DesiredCapacityType: %s; only units are supported", *t)
	}
	if z := s.ZoneDistribution; z != nil && z.Strategy != strategyBestEffort && z.Strategy != strategyBalancedOnly {
		return validation("Invalid CapacityDistributionStrategy: %s", z.Strategy)
	}
	if life := s.MaxInstanceLifetime; life != nil && *life != 0 && *life < 86400 {
		return validation("MaxInstanceLifetime must be 0 or at least 86400 seconds, not %d", *life)
	}
	if err := s.Maintenance.check(); err != nil {
		return err
	}
	ways := 0
	for _, given := range []bool{s.LaunchConfiguration != nil, s.LaunchTemplate != nil, s.MixedInstancesPolicy != nil} {
		if given {
			ways++
		}
	}
	if ways > 1 {
		return validation("Valid requests must contain only one of LaunchTemplate, LaunchConfigurationName and MixedInstancesPolicy")
	}
	return nil
}

// overlay returns the settings with every member that over names replaced.
func (s groupSettings) overlay(over groupSettings) groupSettings {
	result := reflect.ValueOf(&s).Elem()
	for i, from := 0, reflect.ValueOf(over); i < from.NumField(); i++ {
		if !from.Field(i).IsZero() {
			result.Field(i).Set(from.Field(i))
		}
	}
	return s
}
