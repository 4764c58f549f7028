package preflight

import (
	"fmt"
	"slices"

	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// noSubnet refuses an upgrade that needs a new node in a zone in which the group launches none: somebody
// has taken its subnet there away, and volumes bind pods to the zone.
func noSubnet(f Facts) []Finding { return withoutSubnet(f, true) }

// noSubnetNeeded warns about such a zone where the upgrade can do without a new node there.
func noSubnetNeeded(f Facts) []Finding { return withoutSubnet(f, false) }

func withoutSubnet(f Facts, needed bool) []Finding {
	var found []Finding
	for _, zone := range zonesOf(f) {
		bound := boundTo(f, zone.Name)
		if zone.Outdated == 0 || len(f.Group.Zones) == 0 || slices.Contains(f.Group.Zones, zone.Name) || needed != (f.waitsFor(zone) && len(bound) > 0) {
			continue
		}
		finding := Finding{
			Rule: "NoSubnet",
			What: fmt.Sprintf("group %s has %s in %s and no subnet there", f.Group.Name, text.Count(zone.Outdated, "outdated node"), zone.Name),
			Why:  "new nodes come up in its other zones only",
		}
		if len(bound) > 0 {
			finding.Why += ", and volumes bind pods to that zone (" + text.List(bound, 3) + ")"
			finding.Next = "give the group a subnet in " + zone.Name + ", or move the volumes"
		}
		found = append(found, finding)
	}
	return found
}

// waitsFor reports whether an upgrade needs a new node in a zone to which volumes bind pods: MINIMAL adds
// none, and with LEAN the pods can move to another outdated node there.
func (f Facts) waitsFor(zone Zone) bool {
	return f.Policy.Strategy != upgrade.Minimal && !(f.Policy.Strategy == upgrade.Lean && zone.Outdated > 1)
}

// boundTo are the pods that volumes bind to a zone.
func boundTo(f Facts, zone string) []string {
	var bound []string
	for _, pod := range moving(f) {
		if slices.Contains(pod.Zones, zone) {
			bound = append(bound, pod.ID())
		}
	}
	return bound
}
