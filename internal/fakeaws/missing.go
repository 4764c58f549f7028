package fakeaws

import (
	"cmp"
	"path"
	"slices"
)

// What a launch template names exists here, except images, subnets and what a fault says is missing:
// there are no calls that make security groups, key pairs, instance profiles, placement groups, snapshots
// and keys.

// missing reports whether a fault says that something does not exist.
func (c *Cloud) missing(resource string) bool {
	return resource != "" && slices.ContainsFunc(c.lasting(), func(f *fault) bool {
		return f.Name == FaultMissing && f.Resource == resource
	})
}

// checkParts is EC2's error for what a template's data names and does not exist (EC2 API reference, "Error
// codes"). Auto Scaling quotes it when a group is pointed at the template (eksctl#1989), EC2 in the activity
// of a launch. A key for volumes is looked at only when the instance starts: see machine.doomed.
func (c *Cloud) checkParts(data templateData) *Error {
	for _, id := range data.securityGroups() {
		if c.missing(id) {
			return newError("InvalidGroup.NotFound", "The security group '%s' does not exist", id)
		}
	}
	if c.missing(data.KeyName) {
		return newError("InvalidKeyPair.NotFound", "The key pair '%s' does not exist", data.KeyName)
	}
	if p := data.IAMInstanceProfile; p != nil {
		if name := cmp.Or(p.Name, path.Base(p.ARN)); c.missing(name) {
			return newError("InvalidParameterValue", "Value (%s) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name", name)
		}
	}
	if p := data.Placement; p != nil && c.missing(p.GroupName) {
		return newError("InvalidPlacementGroup.Unknown", "The Placement Group '%s' is unknown", p.GroupName)
	}
	for _, d := range data.BlockDevices {
		if d.EBS != nil && c.missing(d.EBS.SnapshotID) {
			return newError("InvalidSnapshot.NotFound", "The snapshot '%s' does not exist.", d.EBS.SnapshotID)
		}
	}
	return nil
}

// securityGroups are those of the data and of its network interfaces.
func (d templateData) securityGroups() []string {
	all := slices.Clone([]string(d.SecurityGroupIDs))
	for _, n := range d.NetworkInterfaces {
		all = append(all, n.Groups...)
	}
	return all
}

// lacksKey reports whether a volume is encrypted with a key that is missing, or that Auto Scaling may not use.
func (c *Cloud) lacksKey(data templateData) bool {
	return slices.ContainsFunc(data.BlockDevices, func(d templateBlockDevice) bool { return d.EBS != nil && c.missing(d.EBS.KMSKeyID) })
}
