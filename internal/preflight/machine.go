package preflight

import (
	"fmt"
	"strings"
)

// Machine is what an image asks of the machine that it starts on, as EC2 describes it.
type Machine struct {
	Image string // its id
	Owner string // its account
	// OwnerAlias is AWS's name for a well-known owner, such as amazon or aws-marketplace.
	OwnerAlias string
	Volumes    []Volume // the root volume first
	BootMode   string   // uefi; "" for an image that boots anywhere
	ENA        bool     // it has the driver for the network of all newer instance types
}

// Volume is a volume of an image, or one that a launch template maps.
type Volume struct {
	Device string // /dev/xvda
	Size   int    // GiB; 0 if it is not said
}

// root is the device of the root volume, "" if nothing is known of the image.
func (m Machine) root() string {
	if len(m.Volumes) == 0 {
		return ""
	}
	return m.Volumes[0].Device
}

// volumes refuses an image that does not fit the volumes of the launch template: EC2 would not launch
// it, or would launch it with a root volume of another size than the template says.
func volumes(f Facts) []Finding {
	var found []Finding
	for _, mapped := range f.Mapped {
		found = append(found, tooSmall(f, mapped)...)
	}
	return append(found, otherRoot(f)...)
}

func tooSmall(f Facts, mapped Volume) []Finding {
	for _, own := range f.Needs.Volumes {
		if own.Device == mapped.Device && mapped.Size > 0 && mapped.Size < own.Size {
			return one(Finding{
				Rule: "VolumeTooSmall",
				What: fmt.Sprintf("%s maps %s with %d GiB, and image %s needs %d GiB", launched(f), own.Device, mapped.Size, name(f.Target.Image), own.Size),
				Why:  "EC2 launches no instance whose volume is smaller than its snapshot",
				Next: "create a version of the launch template with a larger volume, run the upgrade again, or name that version with --launch-template-version",
			})
		}
	}
	return nil
}

// otherRoot finds a root volume that the template maps for the present image and the target has
// elsewhere.
func otherRoot(f Facts) []Finding {
	now, then := f.Has.root(), f.Needs.root()
	if !f.makesVersion() || now == "" || then == "" || now == then || !f.maps(now) || f.maps(then) {
		return nil
	}
	own := f.Needs.Volumes[0]
	return one(Finding{
		Rule: "OtherRootDevice",
		What: fmt.Sprintf("%s maps %s, the root volume of its image, but that of image %s is %s", launched(f), now, name(f.Target.Image), then),
		Why:  fmt.Sprintf("new nodes would have a root volume of %d GiB, and an additional volume at %s", own.Size, now),
		Next: fmt.Sprintf("create a version of the launch template with the new image and a mapping for %s, and name it with --launch-template-version", then),
	})
}

// maps reports whether the launch template maps a device.
func (f Facts) maps(device string) bool {
	for _, v := range f.Mapped {
		if v.Device == device {
			return true
		}
	}
	return false
}

// bootable warns about an image that not all instance types can start that start the present one.
func bootable(f Facts) []Finding {
	var lost []string
	if f.Has.Image == "" || f.Needs.Image == "" {
		return nil
	}
	if f.Needs.BootMode == "uefi" && f.Has.BootMode != "uefi" {
		lost = append(lost, "it boots with UEFI only")
	}
	if f.Has.ENA && !f.Needs.ENA {
		lost = append(lost, "it has no ENA driver")
	}
	if len(lost) == 0 {
		return nil
	}
	return one(Finding{
		Rule: "NeedsOtherMachine",
		What: fmt.Sprintf("image %s asks more of an instance type than the present one: %s", name(f.Target.Image), strings.Join(lost, ", and ")),
		Why:  "EC2 launches no instance of a type that cannot start it",
		Next: "check that the group's instance types can",
	})
}

// launches refuses a launch template that names something that does not exist.
func launches(f Facts) []Finding {
	if !f.NotLaunched.Absent && !f.NotLaunched.NoSubnet {
		return nil
	}
	found := notLaunched(f)
	if f.NotLaunched.NoSubnet {
		found.Next = "give the group subnets that exist (aws autoscaling update-auto-scaling-group --auto-scaling-group-name " + f.Group.Name + " --vpc-zone-identifier …)"
		return one(found)
	}
	found.Next = "create a version of the launch template without it, run the upgrade again, or name that version with --launch-template-version"
	return one(found)
}

// launchesLater warns about another answer of EC2 to a launch that was only tried: a group may launch
// in another way.
func launchesLater(f Facts) []Finding {
	if f.NotLaunched.Words == "" || f.NotLaunched.Absent || f.NotLaunched.NoSubnet {
		return nil
	}
	found := notLaunched(f)
	found.Next = "check the launch template: an upgrade whose new nodes are not launched fails"
	return one(found)
}

func notLaunched(f Facts) Finding {
	return Finding{
		Rule: "NotLaunched",
		What: fmt.Sprintf("EC2 was asked whether it would launch image %s by %s, and would not", name(f.Target.Image), launched(f)),
		Why:  f.NotLaunched.Words,
	}
}
