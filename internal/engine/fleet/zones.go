package fleet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// spread is the number of members by zone, in words.
func (s *Fleet) SpreadOverZones() string {
	count := CountByZone(s.Where(func(*Member) bool { return true }))
	words := make([]string, len(s.Group.Zones))
	for i, zone := range s.Group.Zones {
		words[i] = fmt.Sprintf("%s has %d", zone, count[zone])
	}
	return strings.Join(words, ", ")
}

// strands names a pod that would have no node to go to if a member went, because its
// volumes are bound to zones without another node; "" for none. With force it goes.
func (s *Fleet) StrandedPod(m *Member) string {
	if m.Node == nil || s.Update.Policy.Force {
		return ""
	}
	elsewhere := func(zone string) bool { return s.hasOther(zone, m) }
	for _, pod := range SortedByID(s.Occupancy.Pods[m.Node.Name]) {
		if pod.MustMove() && slices.Contains(pod.Zones, m.Zone) && !slices.ContainsFunc(pod.Zones, elsewhere) {
			return pod.ID()
		}
	}
	return ""
}

// hasOther reports whether a zone has a node beside a member that stays, of this group
// or of another one.
func (s *Fleet) hasOther(zone string, than *Member) bool {
	stays := func(m *Member) bool { return m != than && m.Zone == zone && m.Usable && !m.InFlight }
	strange := func(n upgrade.Node) bool {
		return n.Zone() == zone && n.Ready && s.ByID[n.Instance()] == nil && !n.Has(upgrade.MarkCordon) && !n.Has(upgrade.MarkTaint)
	}
	return len(s.Where(stays)) > 0 || slices.ContainsFunc(s.Nodes, strange)
}

// bare returns the zones with outdated nodes that have no new node, not even one
// that is coming, though all that were asked for have been launched: Auto Scaling
// fills the emptiest zone, which need not be one of these.
func (s *Fleet) ZonesWithoutReplacement() []string {
	if len(s.Where(func(*Member) bool { return true })) < s.Ledger.Sizes.Expected.Desired {
		return nil
	}
	return lackingZones(s.Outdated(), s.Where(func(m *Member) bool { return !m.Outdated && (m.Usable || s.MayJoin(m)) }))
}

// uncovered returns the zones with outdated nodes that have no usable new one.
func (s *Fleet) Uncovered() []string {
	return lackingZones(s.Outdated(), s.Where(func(m *Member) bool { return !m.Outdated && m.Usable }))
}

// lackingZones returns the zones that have members of the first kind and none of
// the second.
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

// skippable returns the zones that stay without a new node at the bound: those
// in which no volume binds pods, and with LEAN, whose bound is lower, those in
// which pods can go to another outdated node meanwhile.
func (s *Fleet) Skippable() []string {
	if s.Added() < s.MaxSurge() {
		return nil
	}
	return slices.DeleteFunc(s.ZonesWithoutReplacement(), s.NeedsZoneCovered)
}

// needs reports whether a zone cannot stay without a new node.
func (s *Fleet) NeedsZoneCovered(zone string) bool {
	return s.bindsVolume(zone) && !(s.IsLean() && CountByZone(s.Outdated())[zone] > 1)
}

func (s *Fleet) WhySkipped() string {
	if s.IsLean() {
		return "LEAN adds no more nodes, and no volume binds pods there or another node is there for them"
	}
	return "no volume binds pods there"
}

// bindsVolume reports whether a volume of the group's pods is bound to a zone.
func (s *Fleet) bindsVolume(zone string) bool {
	for _, pods := range s.Occupancy.Pods {
		if slices.ContainsFunc(pods, func(pod upgrade.Pod) bool { return slices.Contains(pod.Zones, zone) }) {
			return true
		}
	}
	return false
}

// unevenness is the difference between the fullest and the emptiest of the
// group's zones.
func (s *Fleet) Unevenness() int {
	count := CountByZone(s.Where(func(*Member) bool { return true }))
	if len(s.Group.Zones) == 0 {
		return 0
	}
	least, most := count[s.Group.Zones[0]], 0
	for _, zone := range s.Group.Zones {
		least, most = min(least, count[zone]), max(most, count[zone])
	}
	return most - least
}

// zones counts members by zone.
func CountByZone(members []*Member) map[string]int {
	count := map[string]int{}
	for _, m := range members {
		count[m.Zone]++
	}
	return count
}

// taintIn returns the taint of the outdated nodes of each zone that are not in
// flight. Pods that are evicted have to find a place: where there are no new nodes
// for them yet, that is on other outdated ones, in need.
func (s *Fleet) TaintForZone() func(zone string) upgrade.Mark {
	uncovered := s.Uncovered()
	return func(zone string) upgrade.Mark {
		if s.IsMinimal() || s.IsLean() && slices.Contains(uncovered, zone) {
			return upgrade.MarkPrefer
		}
		return upgrade.MarkTaint
	}
}

// lacks reports whether the zones would end uneven if a node of this one went with
// its place, and another one that came instead would be launched there, as Auto
// Scaling launches in the emptiest zone. stay are the nodes that stay then.
func (s *Fleet) LeavesZoneShort(zone string, stay []*Member) bool {
	if len(s.Group.Zones) == 0 {
		return false
	}
	all, fresh := CountByZone(stay), map[string]int{}
	for _, m := range stay {
		if !m.Outdated {
			fresh[m.Zone]++
		}
	}
	for range s.Ledger.Sizes.Expected.Desired - 1 - len(stay) { // still to be launched
		next := FullestOrEmptiest(s.Group.Zones, all, -1)
		all[next]++
		fresh[next]++
	}
	alone := !slices.ContainsFunc(s.Group.Zones, func(other string) bool { return other != zone && all[other] <= all[zone] })
	return alone && s.endsUneven(zone, fresh)
}

// endsUneven reports whether a zone has too few nodes, when what is too much has been
// given back from the fullest zones.
func (s *Fleet) endsUneven(zone string, fresh map[string]int) bool {
	total := 0
	for _, count := range fresh {
		total += count
	}
	for ; total > s.Ledger.Sizes.Owner.Desired; total-- {
		fresh[FullestOrEmptiest(s.Group.Zones, fresh, 1)]--
	}
	return fresh[zone] < fresh[FullestOrEmptiest(s.Group.Zones, fresh, 1)]-1
}

// extreme is the first zone with most members, sign 1, or with fewest, sign -1.
func FullestOrEmptiest(zones []string, count map[string]int, sign int) string {
	return slices.MaxFunc(zones, func(a, b string) int { return sign * cmp.Compare(count[a], count[b]) })
}

// inFullestZones keeps those in the zones with most members: a group that ends
// uneven would be evened out by AZRebalance, which terminates nodes undrained.
func inFullestZones(candidates []*Member, count map[string]int) []*Member {
	most := 0
	for _, m := range candidates {
		most = max(most, count[m.Zone])
	}
	return slices.DeleteFunc(candidates, func(m *Member) bool { return count[m.Zone] < most })
}
