package preflight

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// makers are tools that make Auto Scaling groups and replace their nodes themselves.
func makers() []maker {
	return []maker{
		{"kops", []string{"kops.k8s.io/instancegroup"}, "kops puts back the launch template that its cluster spec asks for",
			"run kops update cluster and then kops rolling-update cluster; in place of the second command, Nodelift replaces the nodes with " +
				"--launch-template-version '$Latest' --adopt (docs/kops.md)"},
		{"Cluster API", []string{"sigs.k8s.io/cluster-api-provider-aws/"}, "its controller puts back the launch template that its AWSMachinePool asks for",
			"change the image of the AWSMachinePool"},
		{"instance-manager", []string{"instancegroups.keikoproj.io/"}, "its controller puts back the launch template that its InstanceGroup asks for",
			"change the image of the InstanceGroup"},
		{"Elastic Beanstalk", []string{"elasticbeanstalk:"}, "Elastic Beanstalk replaces the instances of its environments itself",
			"update the environment's platform"},
	}
}

// maker is a tool that makes Auto Scaling groups.
type maker struct {
	name   string
	tags   []string // prefixes
	does   string
	advice string
}

// madeByOthers refuses a group that another tool rolls, unless people know better.
func madeByOthers(f Facts) []Finding {
	if f.Policy.Adopt {
		return nil
	}
	for _, m := range makers() {
		for _, tag := range slices.Sorted(maps.Keys(f.Traits.Tags)) {
			if m.sets(tag) {
				return one(Finding{
					Rule: "MadeByOthers",
					What: fmt.Sprintf("group %s belongs to %s (tag %s)", f.Group.Name, m.name, tag),
					Why:  m.does,
					Next: m.advice + ", or give --adopt if you know that nothing interferes",
				})
			}
		}
	}
	return nil
}

// sets reports whether the tool sets a tag.
func (m maker) sets(tag string) bool {
	return slices.ContainsFunc(m.tags, func(prefix string) bool { return strings.HasPrefix(tag, prefix) })
}

// controlPlane refuses nodes on which the control plane or its data run: to replace one takes more than
// moving its pods.
func controlPlane(f Facts) []Finding {
	var names []string
	for _, node := range f.nodes() {
		for _, role := range []string{"control-plane", "master", "etcd"} {
			if _, is := node.Labels["node-role.kubernetes.io/"+role]; is {
				names = append(names, node.Name+" ("+role+")")
				break
			}
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	return one(Finding{
		Rule:   "ControlPlaneNodes",
		What:   "nodes of group " + f.Group.Name + " run the control plane",
		Why:    "etcd loses a member with each node that is replaced, and nothing here waits for it",
		Next:   "upgrade them with the tool that made the cluster",
		Things: names,
	})
}
