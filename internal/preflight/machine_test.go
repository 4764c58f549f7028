package preflight

import (
	"testing"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// linux is an image with one volume at /dev/xvda, as those of Amazon Linux and Bottlerocket begin.
func linux(id string, size int) Machine {
	return Machine{Image: id, Volumes: []Volume{{"/dev/xvda", size}}, ENA: true}
}

func TestImagesThatDoNotFitTheTemplate(t *testing.T) {
	const small = "VolumeTooSmall: version 4 of launch template lt-1 maps /dev/xvda with 20 GiB, and image " +
		"ami-137 (amazon-eks-node-al2023-x86_64-standard-1.37-v20260915) needs 30 GiB: EC2 launches no instance whose volume is " +
		"smaller than its snapshot; create a version of the launch template with a larger volume, run the upgrade again, or name " +
		"that version with --launch-template-version"
	check(t, map[string]scenario{
		"A volume of the same size is right.": {change: func(f *Facts) {
			f.Has, f.Needs, f.Mapped = linux("ami-136", 20), linux("ami-137", 20), []Volume{{"/dev/xvda", 20}}
		}},
		"The volume of an image that is larger than the template says is refused.": {change: func(f *Facts) {
			f.Has, f.Needs, f.Mapped = linux("ami-136", 20), linux("ami-137", 30), []Volume{{"/dev/xvda", 20}}
		}, refusals: []string{small}},
		"A mapping without a size takes that of the image.": {change: func(f *Facts) {
			f.Has, f.Needs, f.Mapped = linux("ami-136", 20), linux("ami-137", 30), []Volume{{"/dev/xvda", 0}}
		}},
		"Nothing is said about a target that EC2 does not describe.": {change: func(f *Facts) {
			f.Has, f.Mapped = linux("ami-136", 20), []Volume{{"/dev/xvda", 80}}
		}},
		"A root volume that the template maps at another device is refused.": {change: func(f *Facts) {
			f.Has, f.Mapped = linux("ami-136", 20), []Volume{{"/dev/xvda", 80}}
			f.Needs = Machine{Image: "ami-137", Volumes: []Volume{{"/dev/sda1", 8}}, ENA: true}
		}, refusals: []string{"OtherRootDevice: version 4 of launch template lt-1 maps /dev/xvda, the root volume of its image, but that of image " +
			"ami-137 (amazon-eks-node-al2023-x86_64-standard-1.37-v20260915) is /dev/sda1: new nodes would have a root volume of 8 GiB, and an " +
			"additional volume at /dev/xvda; create a version of the launch template with the new image and a mapping for /dev/sda1, and name " +
			"it with --launch-template-version"}},
		"A template version that people made maps what they want.": {change: func(f *Facts) {
			f.Has, f.Mapped = linux("ami-136", 20), []Volume{{"/dev/xvda", 80}}
			f.Needs = Machine{Image: "ami-137", Volumes: []Volume{{"/dev/sda1", 8}}, ENA: true}
			f.Target = upgrade.Resolved{ByTemplate: true, Image: f.Target.Image, Template: upgrade.TemplateVersion{ID: "lt-1", Number: 5, Image: "ami-137"}}
			f.Asked = upgrade.Target{TemplateVersion: "5"}
		}},
		"An image that boots with UEFI only, without the network driver, is warned about.": {change: func(f *Facts) {
			f.Has, f.Needs = linux("ami-136", 20), Machine{Image: "ami-137", Volumes: []Volume{{"/dev/xvda", 20}}, BootMode: "uefi"}
		}, warnings: []string{"NeedsOtherMachine: image ami-137 (amazon-eks-node-al2023-x86_64-standard-1.37-v20260915) asks more of an instance " +
			"type than the present one: it boots with UEFI only, and it has no ENA driver: EC2 launches no instance of a type that cannot start " +
			"it; check that the group's instance types can"}},
		"A launch template that names what does not exist is refused.": {change: func(f *Facts) {
			f.NotLaunched = NotLaunched{Words: "The security group 'sg-1' does not exist (InvalidGroup.NotFound)", Absent: true}
		}, refusals: []string{"NotLaunched: EC2 was asked whether it would launch image ami-137 (amazon-eks-node-al2023-x86_64-standard-1.37-v20260915) " +
			"by version 4 of launch template lt-1, and would not: The security group 'sg-1' does not exist (InvalidGroup.NotFound); create a " +
			"version of the launch template without it, run the upgrade again, or name that version with --launch-template-version"}},
		"A group that names a subnet that does not exist is refused.": {change: func(f *Facts) {
			f.NotLaunched = NotLaunched{Words: "The subnet ID 'subnet-1' does not exist (InvalidSubnetID.NotFound)", NoSubnet: true}
		}, refusals: []string{"NotLaunched: EC2 was asked whether it would launch image ami-137 (amazon-eks-node-al2023-x86_64-standard-1.37-v20260915) " +
			"by version 4 of launch template lt-1, and would not: The subnet ID 'subnet-1' does not exist (InvalidSubnetID.NotFound); give the group subnets that " +
			"exist (aws autoscaling update-auto-scaling-group --auto-scaling-group-name workers --vpc-zone-identifier …)"}},
		"Another answer of EC2 is a warning.": {change: func(f *Facts) {
			f.NotLaunched = NotLaunched{Words: "Your quota allows for 0 more running instance(s) (InstanceLimitExceeded)"}
		}, warnings: []string{"NotLaunched: EC2 was asked whether it would launch image ami-137 (amazon-eks-node-al2023-x86_64-standard-1.37-v20260915) " +
			"by version 4 of launch template lt-1, and would not: Your quota allows for 0 more running instance(s) (InstanceLimitExceeded); check " +
			"the launch template: an upgrade whose new nodes are not launched fails"}},
		"An image that boots as the present one does is not.": {change: func(f *Facts) {
			f.Has, f.Needs = linux("ami-136", 20), linux("ami-137", 20)
			f.Has.BootMode, f.Needs.BootMode = "uefi", "uefi"
		}},
	})
}
