package preflight

import (
	"slices"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// lean warns if LEAN may fail where DEFAULT would not: Auto Scaling launches the few nodes
// that it adds in empty zones, and volumes bind pods to other zones.
func lean(f Facts) []Finding {
	zones := zonesOf(f)
	if f.Policy.Strategy != upgrade.Lean || len(f.instances()) >= len(zones) {
		return nil
	}
	var bound []string
	for _, pod := range moving(f) {
		for _, zone := range zones {
			if zone.Outdated == 1 && slices.Contains(pod.Zones, zone.Name) { // of two, one can wait for the other
				bound = append(bound, pod.ID()+" to "+zone.Name)
			}
		}
	}
	if len(bound) == 0 {
		return nil
	}
	return one(Finding{
		Rule:   "LeanMayFail",
		What:   "volumes bind pods to zones in which the group has one node",
		Why:    "LEAN adds no more nodes than are outdated; if Auto Scaling launches them in the group's empty zones, the upgrade fails",
		Next:   "use --strategy DEFAULT, which adds more nodes",
		Things: bound,
	})
}
