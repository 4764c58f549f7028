package preflight

import (
	"testing"

	"github.com/nodelift/nodelift/internal/upgrade"
)

func TestLeanWithFewerNodesThanZones(t *testing.T) {
	// two leaves the group its first two nodes, of which the first runs a pod
	// that a volume binds.
	two := func(f *Facts) {
		f.Policy.Strategy = upgrade.Lean
		f.Group.Instances, f.Cluster.Nodes = f.Group.Instances[:2], f.Cluster.Nodes[:2]
		f.run("db-0", func(p *upgrade.Pod) { p.Owner, p.Zones = "StatefulSet/db", []string{"a"} })
		f.Replicas["shop/StatefulSet/db"] = 2
	}
	check(t, map[string]scenario{
		"volumes may fail it": {change: two, warnings: []string{
			"LeanMayFail: volumes bind pods to zones in which the group has one node (shop/db-0 to a): LEAN adds no more nodes than are outdated; " +
				"if Auto Scaling launches them in the group's empty zones, the upgrade fails; use --strategy DEFAULT, which adds more nodes"}},
		"DEFAULT reaches every zone": {change: func(f *Facts) {
			two(f)
			f.Policy.Strategy = upgrade.Default
		}},
		"no volume binds anything": {change: func(f *Facts) {
			two(f)
			f.Occupancy.Pods["node-1"][0].Zones = nil
		}},
		"as many nodes as zones": {change: func(f *Facts) {
			two(f)
			f.add("c", "ami-136", f.Template)
		}},
		"a second node of the zone": {change: func(f *Facts) {
			two(f)
			f.Group.Instances[1].Zone, f.Group.Zones = "a", []string{"a", "b", "c"}
		}, warnings: []string{"UnevenZones: the zones of group workers differ by more than one node (a has 2, b has 0, c has 0): Auto Scaling launches new nodes in the " +
			"emptiest zone first, which may not be the zone whose nodes are replaced next"}},
	})
}
