package preflight

import (
	"fmt"
	"slices"
)

// unsupported refuses groups that an upgrade cannot handle yet (design, section 9).
func unsupported(f Facts) []Finding {
	var found []Finding
	name, t := "group "+f.Group.Name, f.Traits
	if t.LaunchConfiguration != "" {
		found = append(found, Finding{
			Rule: "LaunchConfiguration",
			What: fmt.Sprintf("%s uses the launch configuration %s", name, t.LaunchConfiguration),
			Why:  "an upgrade creates a new version of a launch template, and launch configurations have no versions",
			Next: "create a launch template from it in the EC2 console and set it in the group",
		})
	}
	if len(t.Overrides) > 0 {
		found = append(found, Finding{
			Rule:   "OverrideTemplates",
			What:   fmt.Sprintf("overrides in the mixed instances policy of %s have a launch template or an image of their own", name),
			Why:    "they would not use a new version of the group's launch template",
			Next:   "let the overrides differ in the instance type only",
			Things: t.Overrides,
		})
	}
	if t.Weighted {
		found = append(found, Finding{
			Rule: "Weighted",
			What: fmt.Sprintf("the desired size of %s counts weights, vCPUs or memory instead of instances", name),
			Why:  "an upgrade adds and removes nodes one by one",
			Next: "remove the weights from the mixed instances policy and set the sizes in instances",
		})
	}
	return found
}

// busy refuses a group that something else is changing, or that cannot launch or terminate
// instances.
func busy(f Facts) []Finding {
	var found []Finding
	name := "group " + f.Group.Name
	if f.Traits.Deleting {
		found = append(found, Finding{Rule: "Deleting", What: name + " is being deleted", Why: "there is nothing to upgrade"})
	}
	if f.Traits.Refresh != "" {
		found = append(found, Finding{
			Rule: "InstanceRefresh",
			What: fmt.Sprintf("an instance refresh of %s is in progress (%s)", name, f.Traits.Refresh),
			Why:  "an instance refresh terminates nodes without draining them",
			Next: "wait until it has ended, or run " + autoscalingCommand("cancel-instance-refresh", f),
		})
	}
	for _, process := range []string{"Launch", "Terminate"} {
		if f.Group.HasProcessSuspended(process) {
			found = append(found, Finding{
				Rule: process + "Suspended",
				What: fmt.Sprintf("the process %s of %s is suspended", process, name),
				Why:  "an upgrade launches new nodes and terminates old ones",
				Next: "run " + autoscalingCommand("resume-processes", f) + " --scaling-processes " + process,
			})
		}
	}
	return found
}

func autoscalingCommand(verb string, f Facts) string {
	return fmt.Sprintf("aws autoscaling %s --auto-scaling-group-name %s", verb, f.Group.Name)
}

// following refuses to create a version of a launch template whose $Latest another group
// follows: that group would launch the new image at once.
func following(f Facts) []Finding {
	if len(f.Following) == 0 || !f.makesVersion() {
		return nil
	}
	return one(Finding{
		Rule:   "SharedTemplate",
		What:   fmt.Sprintf("other groups follow $Latest of launch template %s", f.Template.ID),
		Why:    "they would launch the new version, too, as soon as it exists",
		Next:   fmt.Sprintf("set a version number in those groups (the current version is %d)", f.Template.Number),
		Things: slices.Sorted(slices.Values(f.Following)),
	})
}

// protected warns about scale-in protection, which an upgrade does not respect: it prevents
// that scale in chooses an instance, not that the instance is terminated by name.
func protected(f Facts) []Finding {
	var ids []string
	for _, i := range f.outdated() {
		if i.Protected {
			ids = append(ids, i.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return one(Finding{
		Rule:   "Protected",
		What:   "outdated instances are protected from scale in",
		Why:    "this protection does not keep an upgrade from replacing them",
		Next:   "detach them from the group if they have to stay",
		Things: ids,
	})
}

// standby warns about outdated instances in Standby or detaching.
func standby(f Facts) []Finding {
	var ids []string
	for _, i := range f.Group.Instances {
		if i.Lifecycle.StandbyOrDetaching() && f.isOutdated(i) {
			ids = append(ids, fmt.Sprintf("%s is %s", i.ID, i.Lifecycle))
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return one(Finding{
		Rule:   "SetApart",
		What:   "outdated instances are in Standby or detaching",
		Why:    "they are skipped and stay outdated, because somebody may be working on them",
		Next:   "to have them replaced, too, put them back into service (aws autoscaling exit-standby)",
		Things: ids,
	})
}

// uneven warns about zones that differ by more than one node.
func uneven(f Facts) []Finding {
	zones := zonesOf(f)
	if len(zones) < 2 {
		return nil
	}
	least, most := zones[0].Nodes, zones[0].Nodes
	var counts []string
	for _, zone := range zones {
		least, most = min(least, zone.Nodes), max(most, zone.Nodes)
		counts = append(counts, fmt.Sprintf("%s has %d", zone.Name, zone.Nodes))
	}
	if most-least <= 1 {
		return nil
	}
	return one(Finding{
		Rule:   "UnevenZones",
		What:   fmt.Sprintf("the zones of group %s differ by more than one node", f.Group.Name),
		Why:    "Auto Scaling launches new nodes in the emptiest zone first, which may not be the zone whose nodes are replaced next",
		Things: counts,
	})
}
