package preflight

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// CheckScaling finds what would stop or disturb a change of a group's sizes, and plans it
// in numbers.
func CheckScaling(f Facts) Report {
	if refusals := apply(f, ownedSizes); len(refusals) > 0 {
		return Report{Refusals: refusals, Owned: true}
	}
	warned := []rule{automation, hooks, unknown}
	if f.shrinks() {
		warned = append(warned, withoutNode, balancers, unknownBalancers, boundZones, budgets, ambiguous, withoutController, localData, localVolumes, tolerating, askingToStay, jobs, single)
	}
	return Report{
		Refusals: apply(f, weighted, busySizes, membership, bounds, unprotected, rights),
		Warnings: apply(f, warned...),
		Plan:     plan(f),
	}
}

// work names what the facts are checked for.
func (f Facts) work() string {
	if f.Scaling != nil {
		return "scaling"
	}
	return "upgrade"
}

// aWork is the same with its article.
func (f Facts) aWork() string {
	if f.Scaling != nil {
		return "a scaling"
	}
	return "an upgrade"
}

// shrinks reports whether nodes are removed for good.
func (f Facts) shrinks() bool {
	return f.Scaling != nil && f.Scaling.To.Desired < f.Scaling.From.Desired
}

// ownedSizes refuses a group whose sizes somebody else manages.
func ownedSizes(f Facts) []Finding {
	found := owned(f)
	for i := range found {
		switch found[i].Rule {
		case "ManagedByEKS":
			found[i] = sizedByEKS(f)
		case "OwnedByKarpenter":
			found[i].Why = "Karpenter launches and removes its nodes itself, as pods need them"
			found[i].Next = "change the limits or the disruption settings of its NodePool"
		}
	}
	return found
}

func sizedByEKS(f Facts) Finding {
	name := f.Traits.Tags[tagManagedGroup]
	cluster := cmp.Or(f.Traits.Tags[tagManagedCluster], f.Cluster.Name)
	to := f.Scaling.To
	return Finding{
		Rule: "ManagedByEKS",
		What: fmt.Sprintf("group %s belongs to the EKS managed node group %s", f.Group.Name, name),
		Why:  "EKS sets the sizes of its managed node groups itself and removes nodes without respecting disruption budgets, so drain the nodes that you want to remove first",
		Next: fmt.Sprintf("run aws eks update-nodegroup-config --cluster-name %s --nodegroup-name %s --scaling-config minSize=%d,maxSize=%d,desiredSize=%d, or eksctl scale nodegroup --cluster %[1]s --name %[2]s --nodes %[5]d",
			cluster, name, to.Min, to.Max, to.Desired),
	}
}

// weighted refuses sizes that do not count instances.
func weighted(f Facts) []Finding {
	return slices.DeleteFunc(unsupported(f), func(found Finding) bool { return found.Rule != "Weighted" })
}

// busySizes refuses a group that cannot launch or terminate instances as the scaling needs.
func busySizes(f Facts) []Finding {
	needless := "LaunchSuspended"
	if f.Scaling.To.Desired > f.Scaling.From.Desired {
		needless = "TerminateSuspended"
	}
	return slices.DeleteFunc(busy(f), func(found Finding) bool { return found.Rule == needless })
}

// bounds refuses sizes that contradict each other.
func bounds(f Facts) []Finding {
	err := f.Scaling.To.Check()
	if err == nil {
		return nil
	}
	return one(Finding{
		Rule: "Sizes", What: fmt.Sprintf("group %s cannot have these sizes: %v", f.Group.Name, err),
		Next: "set sizes that fit together with --nodes, --nodes-min and --nodes-max",
	})
}

// unprotected refuses to shrink a group if too many of its instances are protected from
// scale in.
func unprotected(f Facts) []Finding {
	var ids []string
	for _, i := range f.instances() {
		if i.Protected {
			ids = append(ids, i.ID)
		}
	}
	if !f.shrinks() || len(ids) <= f.Scaling.To.Desired {
		return nil
	}
	return one(Finding{
		Rule:   "ProtectedFromScaleIn",
		What:   fmt.Sprintf("%d instances are protected from scale in, and the new desired size of group %s is %d", len(ids), f.Group.Name, f.Scaling.To.Desired),
		Why:    "scale-in protection says that they have to stay",
		Next:   "run " + autoscalingCommand("set-instance-protection", f) + " --no-protected-from-scale-in --instance-ids for those that may be terminated",
		Things: ids,
	})
}

// boundZones warns if fewer nodes will be left than there are zones to which volumes bind
// pods.
func boundZones(f Facts) []Finding {
	var zones []string
	for _, pod := range moving(f) {
		if len(pod.Zones) == 1 && !slices.Contains(zones, pod.Zones[0]) {
			zones = append(zones, pod.Zones[0])
		}
	}
	if len(zones) <= f.Scaling.To.Desired || f.Policy.Force {
		return nil
	}
	slices.Sort(zones)
	return one(Finding{
		Rule:   "BoundZones",
		What:   fmt.Sprintf("volumes bind pods to %d zones, and the new desired size is %d", len(zones), f.Scaling.To.Desired),
		Why:    "the last node of a zone is not drained while volumes bind pods to that zone",
		Next:   "move the volumes, or choose a desired size of at least the number of these zones",
		Things: zones,
	})
}

// Scaled returns what a scaling means for a group. owed are the owner's sizes if an earlier
// update has borrowed them: they count, not the present ones.
func Scaled(s upgrade.Scaling, g upgrade.Group, owed *upgrade.Size) upgrade.Scaled {
	from := upgrade.Bounds{Min: g.Min, Max: g.Size.Max, Desired: g.Size.Desired}
	owners := from
	if owed != nil {
		owners.Max, owners.Desired = owed.Max, owed.Desired
	}
	return upgrade.Scaled{From: from, To: s.Of(owners)}
}
