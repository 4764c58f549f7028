package preflight

import (
	"testing"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Somebody has taken the subnet of zone a from the group, and one of its nodes still runs there.
func TestZonesWithoutASubnet(t *testing.T) {
	taken := func(strategy upgrade.Strategy, volume bool) func(*Facts) {
		return func(f *Facts) {
			f.Group.Zones, f.Policy.Strategy = []string{"b", "c"}, strategy
			if volume {
				f.run("db-0", func(p *upgrade.Pod) { p.Owner, p.Zones = "StatefulSet/db", []string{"a"} })
				f.Replicas["shop/StatefulSet/db"] = 2
			}
		}
	}
	const here = "NoSubnet: group workers has 1 outdated node in a and no subnet there: new nodes come up in its other zones only"
	const bound = here + ", and volumes bind pods to that zone (shop/db-0); give the group a subnet in a, or move the volumes"
	check(t, map[string]scenario{
		"nothing needs the zone":                           {change: taken(upgrade.Default, false), warnings: []string{here}},
		"a volume needs it":                                {change: taken(upgrade.Default, true), refusals: []string{bound}},
		"a volume needs it, and MINIMAL waits for no zone": {change: taken(upgrade.Minimal, true), warnings: []string{bound}},
		"with LEAN pods can move to another outdated node there": {change: func(f *Facts) {
			taken(upgrade.Lean, true)(f)
			f.add("a", f.Template.Image, f.Template)
		}, warnings: []string{
			"NoSubnet: group workers has 2 outdated nodes in a and no subnet there: new nodes come up in its other zones only, and volumes bind pods to that zone (shop/db-0); " +
				"give the group a subnet in a, or move the volumes",
		}},
	})
}
