package fakeaws

import (
	"cmp"
	"path"
	"slices"
)

// requirements describe instance types instead of naming them.
type requirements struct {
	VCPUs       *bounds           `form:"VCpuCount" xml:"VCpuCount,omitempty"`
	MemoryMiB   *bounds           `form:"MemoryMiB" xml:"MemoryMiB,omitempty"`
	Makers      memberSet[string] `form:"CpuManufacturers" enum:"intel amd amazon-web-services apple" xml:"CpuManufacturers,omitempty"`
	Generations memberSet[string] `form:"InstanceGenerations" enum:"current previous" xml:"InstanceGenerations,omitempty"`
	Allowed     memberSet[string] `form:"AllowedInstanceTypes" xml:"AllowedInstanceTypes,omitempty"`
	Excluded    memberSet[string] `form:"ExcludedInstanceTypes" xml:"ExcludedInstanceTypes,omitempty"`
	Burstable   string            `form:"BurstablePerformance" enum:"included required excluded" xml:"BurstablePerformance,omitempty"`
	BareMetal   string            `form:"BareMetal" enum:"included required excluded" xml:"BareMetal,omitempty"`
}

type bounds struct {
	Min *int `form:"Min" xml:"Min,omitempty"`
	Max *int `form:"Max" xml:"Max,omitempty"`
}

func (b *bounds) hold(n int) bool {
	return b == nil || (b.Min == nil || n >= *b.Min) && (b.Max == nil || n <= *b.Max)
}

// fits compares processors, memory and names. Other requirements are only
// described.
func (r *requirements) fits(t instanceType) bool {
	named := func(patterns []string) bool {
		return slices.ContainsFunc(patterns, func(p string) bool { ok, _ := path.Match(p, t.name); return ok })
	}
	return r.VCPUs.hold(t.vcpus) && r.MemoryMiB.hold(t.memoryMiB) && (len(r.Allowed) == 0 || named(r.Allowed)) && !named(r.Excluded)
}

// chosen is the smallest instance type of the image's architecture that meets
// requirements.
func (c *Cloud) chosen(r *requirements, v *templateVersion) (string, *Error) {
	image := c.image(c.resolveImage(v.data.ImageID))
	fitting := slices.DeleteFunc(instanceTypes(), func(t instanceType) bool {
		return !r.fits(t) || image != nil && t.arch != image.Arch
	})
	if len(fitting) == 0 {
		return "", newError("InvalidParameterCombination", "No instance types satisfy the specified instance requirements")
	}
	return slices.MinFunc(fitting, func(a, b instanceType) int {
		return cmp.Or(cmp.Compare(a.vcpus, b.vcpus), cmp.Compare(a.memoryMiB, b.memoryMiB), cmp.Compare(a.name, b.name))
	}).name, nil
}

// nextIsSpot tells whether the next launch of a group is a spot instance: the base
// capacity is on demand, and a percentage of the capacity above it.
func (g *group) nextIsSpot() bool {
	if g.mixed == nil {
		return false
	}
	d, onDemand, all := g.mixed.Distribution, 0, 1
	for _, m := range g.active() {
		all++
		if !m.Spot {
			onDemand++
		}
	}
	above := max(0, all-*d.OnDemandBase)
	return onDemand >= min(all, *d.OnDemandBase)+(above**d.OnDemandPercentage+99)/100
}

// nextOverride is the first override, which has the highest priority, for on
// demand instances. For spot instances the overrides take turns, because these
// should come from many pools.
func (g *group) nextOverride(spot bool) int {
	if !spot || len(g.mixed.LaunchTemplate.Overrides) == 0 {
		return 0
	}
	return len(g.members) % len(g.mixed.LaunchTemplate.Overrides)
}
