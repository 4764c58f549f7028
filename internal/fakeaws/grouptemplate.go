package fakeaws

import "strings"

// launchPlan is a launch template version with everything resolved.
type launchPlan struct {
	template *launchTemplate
	version  *templateVersion
	data     templateData
	image    *Image
	kind     instanceType
}

// checkTemplates checks whether the settings can be launched, as Auto Scaling
// does when a group is created or updated.
func (c *Cloud) checkTemplates(s groupSettings) *Error {
	if s.LaunchTemplate == nil && s.MixedInstancesPolicy == nil {
		return nil
	}
	if s.MixedInstancesPolicy != nil && s.MixedInstancesPolicy.ref() == nil {
		return validation("A mixed instances policy needs a launch template")
	}
	for _, ref := range s.refs() {
		if (ref.ID == "") == (ref.Name == "") {
			return validation("Valid requests must contain either launchTemplateId or LaunchTemplateName")
		}
		if err := c.checkVersion(ref); err != nil {
			return unusable(err)
		}
	}
	ways := 1
	if s.MixedInstancesPolicy != nil {
		ways = max(1, len(s.MixedInstancesPolicy.LaunchTemplate.Overrides))
	}
	for way := range ways {
		plan, err := c.plan(s.LaunchTemplate, s.MixedInstancesPolicy, way)
		if err != nil {
			return unusable(err)
		}
		if s.MixedInstancesPolicy != nil && plan.data.asksForSpot() { // kops#7066
			return newError("InvalidQueryParameter", "Incompatible launch template: You cannot use a launch template that is set to request "+
				"Spot Instances (InstanceMarketOptions) when you configure an Auto Scaling group with a mixed instances policy. Add a different "+
				"launch template to the group and try again.")
		}
	}
	return nil
}

func (d templateData) asksForSpot() bool { return d.Market != nil && d.Market.Type == "spot" }

// unusable is Auto Scaling's error around EC2's error about a template.
func unusable(err *Error) *Error {
	return validation("You must use a valid fully-formed launch template. %s", err.Message)
}

func (c *Cloud) checkVersion(ref *templateRef) *Error {
	t, err := c.templateOf(ref)
	if err != nil {
		return err
	}
	_, err = t.resolve(ref.Version)
	return err
}

// refs are the launch templates that the settings name.
func (s groupSettings) refs() []*templateRef {
	var refs []*templateRef
	if s.LaunchTemplate != nil {
		refs = append(refs, s.LaunchTemplate)
	}
	if s.MixedInstancesPolicy == nil {
		return refs
	}
	refs = append(refs, s.MixedInstancesPolicy.ref())
	for _, o := range s.MixedInstancesPolicy.LaunchTemplate.Overrides {
		if o.Specification != nil {
			refs = append(refs, o.Specification)
		}
	}
	return refs
}

// templateOf returns the template of a reference, which may have both an id and a
// name.
func (c *Cloud) templateOf(ref *templateRef) (*launchTemplate, *Error) {
	if ref.ID != "" {
		return c.template(ref.ID, "")
	}
	return c.template("", ref.Name)
}

// follow makes the group use the template or policy of the settings, with both
// the id and the name of each template.
func (g *group) follow(c *Cloud, s groupSettings) {
	if s.LaunchTemplate != nil || s.MixedInstancesPolicy != nil {
		g.settings.LaunchConfiguration = nil
	}
	if s.LaunchTemplate != nil {
		g.template, g.mixed = c.named(s.LaunchTemplate), nil
	}
	if s.MixedInstancesPolicy != nil {
		g.template, g.mixed = nil, s.MixedInstancesPolicy.named(c)
	}
}

// named adds the missing id or name to a reference.
func (c *Cloud) named(ref *templateRef) *templateRef {
	t, err := c.templateOf(ref)
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

// plan returns what a group would launch now with one of the overrides of its
// policy. The errors are EC2's.
func (c *Cloud) plan(ref *templateRef, mixed *mixedInstancesPolicy, way int) (*launchPlan, *Error) {
	var override mixedOverrides
	if mixed != nil {
		ref = mixed.ref()
		if len(mixed.LaunchTemplate.Overrides) > 0 {
			override = mixed.LaunchTemplate.Overrides[way]
		}
	}
	if override.Specification != nil {
		ref = override.Specification
	}
	t, err := c.templateOf(ref)
	if err != nil {
		return nil, err
	}
	v, err := t.resolve(ref.Version)
	if err != nil {
		return nil, err
	}
	if override.Requirements != nil {
		if override.InstanceType, err = c.chosen(override.Requirements, v); err != nil {
			return nil, err
		}
	}
	data := v.data.overlay(templateData{InstanceType: override.InstanceType, ImageID: override.ImageID})
	plan := &launchPlan{template: t, version: v, data: data}
	return plan, c.complete(plan)
}

// complete looks up the image and the instance type of a plan.
func (c *Cloud) complete(p *launchPlan) *Error {
	if p.data.ImageID == "" {
		return newError("MissingParameter", "The request must contain the parameter ImageId")
	}
	if p.data.InstanceType == "" {
		return newError("MissingParameter", "The request must contain the parameter InstanceType")
	}
	if p.image = c.image(c.resolveImage(p.data.ImageID)); p.image == nil {
		return newError("InvalidAMIID.NotFound", "The image id '[%s]' does not exist", p.data.ImageID)
	}
	if c.isPrivate(p.image.ID) {
		return newError("AuthFailure", "Not authorized for images: [%s]", p.image.ID)
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
	err := c.checkParts(p.data)
	if err != nil {
		return err
	}
	return c.checkDevices(p)
}

// resolveImage returns the image id of resolve:ssm:NAME, empty if there is no such
// parameter. It returns an image id unchanged.
func (c *Cloud) resolveImage(id string) string {
	if name, found := strings.CutPrefix(id, "resolve:ssm:"); found {
		return c.parameters()[name]
	}
	return id
}
