package fakeaws

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// What faults do to instances, groups and templates.

// launchFault is EC2's error with which a launch in a subnet fails, nil if it does not fail.
func (c *Cloud) launchFault(kind instanceType, sub *subnet) *Error {
	for _, f := range c.lasting() {
		here := f.Zone == "" || f.Zone == sub.zone
		switch {
		case f.Name == FaultNoCapacity && here && c.strikes(f):
			return newError("InsufficientInstanceCapacity", "%s", cmp.Or(f.message, NoCapacityMessage(kind.name, sub.zone)))
		case f.Name == FaultNoAddresses && here && c.strikes(f):
			return newError("InsufficientFreeAddressesInSubnet", "There are not enough free addresses in subnet '%s' to satisfy the "+
				"requested number of instances.", sub.id)
		case f.Name == FaultVCPULimit && c.vcpus()+kind.vcpus > f.Limit:
			return newError("VcpuLimitExceeded", "You have requested more vCPU capacity than your current vCPU limit of %d allows for the "+
				"instance bucket that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request "+
				"to request an adjustment to this limit.", f.Limit)
		}
	}
	return nil
}

// vcpus are those of the instances that count against the limit: all are of one bucket here.
func (c *Cloud) vcpus() int {
	sum := 0
	for _, m := range c.instances {
		if kind, known := findInstanceType(m.Type); known && m.alive() {
			sum += kind.vcpus
		}
	}
	return sum
}

// takenAway reports whether a fault takes a permission away.
func (c *Cloud) takenAway(permission string) bool {
	service, action, _ := strings.Cut(permission, ":")
	for _, f := range c.lasting() {
		if f.Name == FaultDenied && matches(f.Action, service, action) && c.strikes(f) {
			return true
		}
	}
	return false
}

// knowPermission refuses an action that nothing needs here.
func (c *Cloud) knowPermission(f Fault, _ time.Time) *Error {
	if matches(f.Action, "iam", "PassRole") || (kind{strikes: anyCall}).strikesAny(f.Action) {
		return nil
	}
	return newError("InvalidFault", "no call needs a permission that matches %q; one is, for example, ec2:CreateTags or iam:PassRole", f.Action)
}

// seen is an image with what faults say about it.
func (c *Cloud) seen(image Image) Image {
	for _, f := range c.lasting() {
		if f.Name == FaultBrokenImage && f.Image == image.ID {
			image.Broken, image.NeverReady = !f.NotReady, f.NotReady
		}
	}
	return image
}

// isPrivate reports whether an image is not shared with this account. Windows images of AWS become private after
// some months.
func (c *Cloud) isPrivate(image string) bool {
	if i := c.image(image); i != nil && i.Private {
		return true
	}
	return slices.ContainsFunc(c.lasting(), func(f *fault) bool { return f.Name == FaultPrivateImage && f.Image == image })
}

func (c *Cloud) knowImage(f Fault, _ time.Time) *Error {
	if c.image(f.Image) == nil {
		return newError("InvalidAMIID.NotFound", "The image id '[%s]' does not exist", f.Image)
	}
	return nil
}

// silence stops the kubelet of an instance for good. The instance keeps running,
// and neither EC2 nor its group knows; whoever plays the kubelets reads it.
func (c *Cloud) silence(f Fault, _ time.Time) *Error {
	m := c.machine(f.Instance)
	if m == nil {
		return unknownInstance(f.Instance)
	}
	m.Silent = true
	c.changed(m)
	return nil
}

// reclaim ends a spot instance as EC2 does after its two minutes' notice.
func (c *Cloud) reclaim(f Fault, now time.Time) *Error {
	m := c.machine(f.Instance)
	if m == nil {
		return unknownInstance(f.Instance)
	}
	c.lose(m, "Server.SpotInstanceTermination", "Spot instance termination", now)
	return nil
}

// rebalanceNow makes a group move an instance to the emptiest zone, even if its
// zones are balanced: it launches one, then terminates one. If a process that
// this needs is suspended, it returns an error.
func (c *Cloud) rebalanceNow(f Fault, now time.Time) *Error {
	g, err := c.faultyGroup(f.Group)
	if err != nil {
		return err
	}
	for _, process := range []string{processAZRebalance, processLaunch} {
		if g.isSuspended(process) {
			return newError("InvalidFault", "group %s does not rebalance: %s is suspended", g.name, process)
		}
	}
	cause := sentence(now, "instances were launched to balance instances in zones with other zones resulting in more than desired number of instances in the group.")
	if m := c.launch(g, c.emptiestFirst(g)[0], cause, now); m != nil {
		m.rebalancing = true
	}
	return nil
}

func (c *Cloud) changeSizes(f Fault, now time.Time) *Error {
	g, err := c.faultyGroup(f.Group)
	if err != nil {
		return err
	}
	if f.Min == nil && f.Max == nil && f.Desired == nil {
		return newError("InvalidFault", "fault %s needs min, max or desired", f.Name)
	}
	before := g.sizes.desired
	if err := c.configure(g, groupSettings{MinSize: f.Min, MaxSize: f.Max, DesiredCapacity: f.Desired}); err != nil {
		return err
	}
	if before != g.sizes.desired {
		g.reason = sentence(now, "a user request update of AutoScalingGroup constraints to min: %d, max: %d, desired: %d "+
			"changing the desired capacity from %d to %d.", g.sizes.min, g.sizes.max, g.sizes.desired, before, g.sizes.desired)
	}
	return nil
}

// faultyGroup finds a group, the only one if the name is empty.
func (c *Cloud) faultyGroup(name string) (*group, *Error) {
	if g := c.groupNamed(name); g != nil {
		return g, nil
	}
	if name == "" && len(c.groups) == 1 {
		return c.groups[0], nil
	}
	var names []string
	for _, g := range c.groups {
		names = append(names, g.name)
	}
	return nil, newError("InvalidFault", "there is no group %q; the groups are %s", name, strings.Join(names, ", "))
}

// deleteTemplate deletes a launch template or one version of it.
func (c *Cloud) deleteTemplate(f Fault, _ time.Time) *Error {
	t, err := c.template(f.Template, "")
	if err != nil {
		return err
	}
	if f.Version == "" {
		c.templates = slices.DeleteFunc(c.templates, func(other *launchTemplate) bool { return other == t })
		return nil
	}
	v, err := t.resolve(f.Version)
	if err != nil {
		return err
	}
	if v.number == t.byDefault {
		return newError("OperationNotPermitted", "You cannot delete the default version of a launch template: "+
			"version %d is the default version of %s", v.number, t.id)
	}
	v.deleted = true
	return nil
}
