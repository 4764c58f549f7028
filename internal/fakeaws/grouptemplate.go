package fakeaws

import (
	"fmt"
	"strings"
)

// launchPlan is a launch template version with everything resolved.
type launchPlan struct {
	template *launchTemplate
	version  *templateVersion
	data     templateData
	image    *Image
	kind     instanceType
}

// checkTemplates tries what the settings would launch, as Auto Scaling does
// when a group is made or changed.
func (c *Cloud) checkTemplates(s groupSettings) *Error {
	if s.LaunchTemplate == nil && s.MixedInstancesPolicy == nil {
		return nil
	}
	if s.MixedInstancesPolicy != nil && s.MixedInstancesPolicy.ref() == nil {
		return validation("A mixed instances policy needs a launch template")
	}
	if _, err := c.plan(s.LaunchTemplate, s.MixedInstancesPolicy); err != nil {
		return validation("You must use a valid fully-formed launch template. %s", err.Message)
	}
	return nil
}

// follow makes the group use the template or policy of the settings, named by
// both its id and its name from then on.
func (g *group) follow(c *Cloud, s groupSettings) {
	if s.LaunchTemplate != nil {
		g.template, g.mixed = c.named(s.LaunchTemplate), nil
	}
	if s.MixedInstancesPolicy != nil {
		g.template, g.mixed = nil, s.MixedInstancesPolicy.named(c)
	}
}

// named completes a reference that was checked.
func (c *Cloud) named(ref *templateRef) *templateRef {
	t, err := c.template(ref.ID, ref.Name)
	if err != nil {
		return ref
	}
	full := &templateRef{ID: t.id, Name: t.name, Version: ref.Version}
	setDefault(&full.Version, versionDefault)
	return full
}

func (p *mixedInstancesPolicy) ref() *templateRef {
	if p.LaunchTemplate == nil {
		return nil
	}
	return p.LaunchTemplate.Specification
}

// named returns the policy with its references completed and AWS's defaults
// for the distribution filled in.
func (p *mixedInstancesPolicy) named(c *Cloud) *mixedInstancesPolicy {
	template := &mixedTemplate{Specification: c.named(p.ref())}
	for _, o := range p.LaunchTemplate.Overrides {
		if o.Specification != nil {
			o.Specification = c.named(o.Specification)
		}
		template.Overrides = append(template.Overrides, o)
	}
	return &mixedInstancesPolicy{LaunchTemplate: template, Distribution: p.Distribution.withDefaults()}
}

func (d *instancesDistribution) withDefaults() *instancesDistribution {
	full := instancesDistribution{}
	if d != nil {
		full = *d
	}
	zero, all := 0, 100
	setDefault(&full.OnDemandStrategy, "prioritized")
	setDefault(&full.OnDemandBase, &zero)
	setDefault(&full.OnDemandPercentage, &all)
	setDefault(&full.SpotStrategy, "lowest-price")
	return &full
}

// plan resolves what a group would launch now. The errors are EC2's.
func (c *Cloud) plan(ref *templateRef, mixed *mixedInstancesPolicy) (*launchPlan, *Error) {
	var override mixedOverrides
	if mixed != nil {
		ref = mixed.ref()
		if len(mixed.LaunchTemplate.Overrides) > 0 {
			override = mixed.LaunchTemplate.Overrides[0]
		}
	}
	if override.Specification != nil {
		ref = override.Specification
	}
	t, err := c.template(ref.ID, ref.Name)
	if err != nil {
		return nil, err
	}
	v, err := t.resolve(ref.Version)
	if err != nil {
		return nil, err
	}
	data := v.data.overlay(templateData{InstanceType: override.InstanceType, ImageID: override.ImageID})
	plan := &launchPlan{template: t, version: v, data: data}
	return plan, c.complete(plan)
}

// complete looks up the image and the type of a plan.
func (c *Cloud) complete(p *launchPlan) *Error {
	if p.data.ImageID == "" {
		return newError("MissingParameter", "The request must contain the parameter ImageId")
	}
	if p.data.InstanceType == "" {
		return newError("MissingParameter", "The request must contain the parameter InstanceType")
	}
	id := p.data.ImageID
	if name, found := strings.CutPrefix(id, "resolve:ssm:"); found {
		id = c.parameters()[name]
	}
	if p.image = c.image(id); p.image == nil {
		return newError("InvalidAMIID.NotFound", "The image id '[%s]' does not exist", p.data.ImageID)
	}
	kind, known := findInstanceType(p.data.InstanceType)
	if !known {
		return newError("InvalidParameterValue", "Invalid value '%s' for InstanceType.", p.data.InstanceType)
	}
	p.kind = kind
	if kind.arch != p.image.Arch {
		return newError("InvalidParameterValue", "The architecture '%s' of the specified instance type does not match "+
			"the architecture '%s' of the specified AMI.", kind.arch, p.image.Arch)
	}
	return nil
}

// ref is how an instance launched by the plan names its template: by number.
func (p *launchPlan) ref() *templateRef {
	return &templateRef{ID: p.template.id, Name: p.template.name, Version: fmt.Sprint(p.version.number)}
}
