package fleet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// TaintForZone returns a function that tells which taint the outdated nodes of a zone carry
// while they are not in flight. It is PreferNoSchedule where evicted pods may have to run on
// other outdated nodes: everywhere with MINIMAL, and with LEAN in zones without a usable new
// node.
func (f *Fleet) TaintForZone() func(zone string) upgrade.Mark {
	uncovered := f.Uncovered()
	return func(zone string) upgrade.Mark {
		if f.IsMinimal() || f.IsLean() && slices.Contains(uncovered, zone) {
			return upgrade.MarkPrefer
		}
		return upgrade.MarkTaint
	}
}

// Uncovered returns the zones that have outdated nodes and no usable new one.
func (f *Fleet) Uncovered() []string {
	return lackingZones(f.Outdated(), f.Where(func(m *Member) bool { return !m.Outdated && m.Usable }))
}

// LaunchesIn reports whether the group may launch instances in a zone. If somebody has taken its subnet
// there away, nothing comes up in the place of the nodes that still run there.
func (f *Fleet) LaunchesIn(zone string) bool {
	return len(f.Group.Zones) == 0 || slices.Contains(f.Group.Zones, zone)
}

// Skippable returns the zones without a replacement for which the update does not wait, because
// no more nodes may be added, or none there, and the zone can do without.
func (f *Fleet) Skippable() []string {
	return slices.DeleteFunc(f.ZonesWithoutReplacement(), func(zone string) bool {
		return f.NeedsZoneCovered(zone) || f.Added() < f.MaxSurge() && f.LaunchesIn(zone)
	})
}

// WhySkipped says why the zones of Skippable can do without a replacement.
func (f *Fleet) WhySkipped(zones []string) string {
	switch {
	case !slices.ContainsFunc(zones, f.LaunchesIn):
		return "the group has no subnet there, and no volume binds pods there"
	case f.IsLean():
		return "LEAN adds no more nodes, and no volume binds pods there or another node is there for them"
	}
	return "no volume binds pods there"
}

// ZonesWithoutReplacement returns the zones that have outdated nodes but no new node, not even a
// joining one, although all instances that were asked for have been launched. It happens because
// Auto Scaling launches in the emptiest zone. Sizes must be borrowed.
func (f *Fleet) ZonesWithoutReplacement() []string {
	if len(f.Where(func(*Member) bool { return true })) < f.Ledger.Sizes.Expected.Desired {
		return nil
	}
	return lackingZones(f.Outdated(), f.Where(func(m *Member) bool { return !m.Outdated && (m.Usable || f.MayJoin(m)) }))
}

// lackingZones returns, sorted, the zones that have some of these members and none of those.
func lackingZones(these, those []*Member) []string {
	there := CountByZone(those)
	var missing []string
	for zone := range CountByZone(these) {
		if there[zone] == 0 {
			missing = append(missing, zone)
		}
	}
	slices.Sort(missing)
	return missing
}

// NeedsZoneCovered reports whether a zone must have a replacement: a volume binds pods to it.
// With LEAN it can do without as long as the pods can move to another outdated node there.
func (f *Fleet) NeedsZoneCovered(zone string) bool {
	return f.bindsVolume(zone) && !(f.IsLean() && CountByZone(f.Outdated())[zone] > 1)
}

// bindsVolume reports whether a volume of a pod of the group is bound to a zone.
func (f *Fleet) bindsVolume(zone string) bool {
	for _, pods := range f.Occupancy.Pods {
		if slices.ContainsFunc(pods, func(pod upgrade.Pod) bool { return slices.Contains(pod.Zones, zone) }) {
			return true
		}
	}
	return false
}

// StrandedPod names a pod that could not run anywhere if a member were removed, because its
// volumes are bound to zones without another node. It is "" if there is none, and with force.
func (f *Fleet) StrandedPod(m *Member) string {
	if m.Node == nil || f.Update.Policy.Force {
		return ""
	}
	elsewhere := func(zone string) bool { return f.hasOther(zone, m) }
	for _, pod := range upgrade.SortedByID(f.Occupancy.Pods[m.Node.Name]) {
		if pod.MustMove() && slices.Contains(pod.Zones, m.Zone) && !slices.ContainsFunc(pod.Zones, elsewhere) {
			return pod.ID()
		}
	}
	return ""
}

// hasOther reports whether a zone has another node than this member's for pods to run on: a
// usable member that is not in flight, or a schedulable node of another group.
func (f *Fleet) hasOther(zone string, than *Member) bool {
	stays := func(m *Member) bool { return m != than && m.Zone == zone && m.Usable && !m.InFlight }
	strange := func(n upgrade.Node) bool {
		return n.Zone() == zone && n.Ready && f.ByID[n.Instance()] == nil && !n.Has(upgrade.MarkCordon) && !n.Has(upgrade.MarkTaint) && !f.isWarm(&n)
	}
	return len(f.Where(stays)) > 0 || slices.ContainsFunc(f.Nodes, strange)
}

// LeavesZoneShort reports whether terminating a node of a zone together with its place makes the
// zones end uneven, while a replacement for it would be launched in that same zone and keep them
// even. stay are the members that stay. Sizes must be borrowed.
func (f *Fleet) LeavesZoneShort(zone string, stay []*Member) bool {
	if len(f.Group.Zones) == 0 {
		return false
	}
	all, fresh := CountByZone(stay), map[string]int{}
	for _, m := range stay {
		if !m.Outdated {
			fresh[m.Zone]++
		}
	}
	for range f.Ledger.Sizes.Expected.Desired - 1 - len(stay) { // still to be launched
		next := FullestOrEmptiest(f.Group.Zones, all, -1)
		all[next]++
		fresh[next]++
	}
	alone := !slices.ContainsFunc(f.Group.Zones, func(other string) bool { return other != zone && all[other] <= all[zone] })
	return alone && f.endsUneven(zone, fresh)
}

// endsUneven reports whether a zone has at least two nodes fewer than the fullest one after
// the scale down. It changes fresh, the number of new nodes by zone.
func (f *Fleet) endsUneven(zone string, fresh map[string]int) bool {
	total := 0
	for _, count := range fresh {
		total += count
	}
	for ; total > f.Ledger.Sizes.Owner.Desired; total-- {
		fresh[FullestOrEmptiest(f.Group.Zones, fresh, 1)]--
	}
	return fresh[zone] < fresh[FullestOrEmptiest(f.Group.Zones, fresh, 1)]-1
}

// SpreadOverZones says how many members each zone of the group has.
func (f *Fleet) SpreadOverZones() string {
	count := CountByZone(f.Where(func(*Member) bool { return true }))
	words := make([]string, len(f.Group.Zones))
	for i, zone := range f.Group.Zones {
		words[i] = fmt.Sprintf("%s has %d", zone, count[zone])
	}
	return strings.Join(words, ", ")
}

// Unevenness is the difference between the fullest and the emptiest zone of the group.
func (f *Fleet) Unevenness() int {
	count := CountByZone(f.Where(func(*Member) bool { return true }))
	if len(f.Group.Zones) == 0 {
		return 0
	}
	least, most := count[f.Group.Zones[0]], 0
	for _, zone := range f.Group.Zones {
		least, most = min(least, count[zone]), max(most, count[zone])
	}
	return most - least
}

// FullestOrEmptiest returns the first zone with the most members if sign is 1, and the first
// with the fewest if sign is -1.
func FullestOrEmptiest(zones []string, count map[string]int, sign int) string {
	return slices.MaxFunc(zones, func(a, b string) int { return sign * cmp.Compare(count[a], count[b]) })
}

// CountByZone counts members by zone.
func CountByZone(members []*Member) map[string]int {
	count := map[string]int{}
	for _, m := range members {
		count[m.Zone]++
	}
	return count
}
