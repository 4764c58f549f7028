package preflight

import (
	"fmt"
	"slices"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// unsupported refuses what is not built yet (design, section 9).
func unsupported(f Facts) []Finding {
	var found []Finding
	name, t := "group "+f.Group.Name, f.Traits
	if t.LaunchConfiguration != "" {
		found = append(found, Finding{
			Rule: "LaunchConfiguration",
			What: fmt.Sprintf("%s uses the launch configuration %s", name, t.LaunchConfiguration),
			Why:  "an upgrade makes a new version of a launch template, which launch configurations do not have",
			Next: "make a launch template from it in the EC2 console and let the group use that",
		})
	}
	if len(t.Overrides) > 0 {
		found = append(found, Finding{
			Rule:   "OverrideTemplates",
			What:   fmt.Sprintf("overrides in the mixed instances policy of %s have a launch template or an image of their own", name),
			Why:    "a new version of the group's template would not reach them",
			Next:   "let them differ in the instance type only, or upgrade their groups one by one",
			Things: t.Overrides,
		})
	}
	if t.Weighted {
		found = append(found, Finding{
			Rule: "Weighted",
			What: fmt.Sprintf("the desired size of %s counts weights, vCPUs or memory instead of instances", name),
			Why:  "an upgrade adds and gives back single nodes",
			Next: "take the weights out of the mixed instances policy and set the sizes in instances",
		})
	}
	if t.WarmPool {
		found = append(found, Finding{
			Rule: "WarmPool",
			What: name + " has a warm pool",
			Why:  "its instances were made from the old image and would join as outdated nodes",
			Next: "delete it (" + autoscalingCommand("delete-warm-pool", f) + ") and make it again afterwards",
		})
	}
	for _, version := range []upgrade.TemplateVersion{f.Template, f.Target.Template} {
		if imageByParameter(version) {
			return append(found, namedByParameter(version))
		}
	}
	return found
}

func namedByParameter(v upgrade.TemplateVersion) Finding {
	return Finding{
		Rule: "ImageByParameter",
		What: fmt.Sprintf("version %d of launch template %s names its image by a parameter, %s", v.Number, v.ID, v.Image),
		Why:  "which image a node runs then depends on when it was launched",
		Next: "name an image (ami-…) in a new version of the template and let the group use that",
	}
}

// busy refuses a group that something else is at work on, or that cannot work.
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
			Why:  "it terminates nodes without draining them",
			Next: "wait for it, or run " + autoscalingCommand("cancel-instance-refresh", f),
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

// following refuses to make a version of a template whose $Latest another group
// follows: that group would launch the new image from then on, unasked.
func following(f Facts) []Finding {
	if len(f.Following) == 0 || !f.makesVersion() {
		return nil
	}
	return one(Finding{
		Rule:   "SharedTemplate",
		What:   fmt.Sprintf("other groups follow $Latest of launch template %s", f.Template.ID),
		Why:    "the new version would be theirs, too, at once",
		Next:   fmt.Sprintf("let them use a number (%d is the present one)", f.Template.Number),
		Things: slices.Sorted(slices.Values(f.Following)),
	})
}

// protected warns of protection that an upgrade does not heed: it keeps an
// instance from being chosen by scale in, not from being terminated by name.
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
		Why:    "that does not protect them from an upgrade",
		Next:   "take them out of the group if they have to stay",
		Things: ids,
	})
}

// apart warns of instances that somebody has set apart.
func apart(f Facts) []Finding {
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
		What:   "outdated instances are set apart from the group",
		Why:    "somebody may be working on them, so they are left alone and stay outdated",
		Next:   "put them back into service (aws autoscaling exit-standby) to have them replaced, too",
		Things: ids,
	})
}

// uneven warns of zones that differ by more than one node.
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
		What:   fmt.Sprintf("the zones of group %s are uneven", f.Group.Name),
		Why:    "new nodes come up in the emptiest zone first, which need not be the one whose nodes are replaced",
		Things: counts,
	})
}
