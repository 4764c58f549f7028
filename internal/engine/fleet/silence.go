package fleet

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// Silence is not death. Nobody can tell whether a node whose kubelet is silent is dead, or runs its
// pods and does not reach the API server. One alone is taken for dead after some minutes. Where most
// nodes are silent, the way to the API server is probably broken: then none is.

const (
	// kubeletSilence is how long a kubelet may be silent before its node is taken for dead, and its
	// evicted pods count as gone.
	kubeletSilence = 5 * time.Minute
	// unheardFor is how long a kubelet may be silent before its node counts as one of those that are
	// silent together. It is much shorter, because nodes do not fall silent in the same moment.
	unheardFor = 2 * leaseRenewal
)

// IsSilent reports whether the node is not Ready and its kubelet has been silent for so long
// that the machine is taken for dead, unless most nodes are silent.
func (f *Fleet) IsSilent(m *Member) bool {
	return m != nil && f.IsUnheard(m) && f.Elapsed(m.Node.Heartbeat) > kubeletSilence
}

// IsUnheard reports whether the node is not Ready because its kubelet is silent, for however short a
// time, whether an engine made a pass in it or not.
func (f *Fleet) IsUnheard(m *Member) bool {
	return m.Node != nil && !m.Node.Ready && f.Now.Sub(m.Node.Heartbeat) > unheardFor && !f.isOfBefore(m)
}

// DrainsSilent reports whether a silent node is in flight. Only one at a time is drained, and then
// taken for dead.
func (f *Fleet) DrainsSilent() bool {
	return slices.ContainsFunc(f.Members, func(m Member) bool { return m.InFlight && !m.Lifecycle.IsTerminating() && f.IsUnheard(&m) })
}

// MayDrainSilent reports whether a drain of a member may start beside those in flight: any that is
// not silent, and a silent one if no other is in flight.
func (f *Fleet) MayDrainSilent(m *Member) bool { return !f.IsUnheard(m) || !f.DrainsSilent() }

// Silence is a group, or one of its zones, most of whose nodes are silent.
type Silence struct {
	Zone          string // "" for the whole group
	Silent, Nodes int
	Since         time.Time // when the first of them was last heard of
}

// MostlySilent returns the group if most of its nodes are silent, or else the first such zone. It
// returns nil if there is none. One silent node alone is not most, unless no node of the cluster is
// Ready.
func (f *Fleet) MostlySilent() *Silence {
	zones := slices.Sorted(maps.Keys(CountByZone(f.Where(func(*Member) bool { return true }))))
	for _, zone := range append([]string{""}, zones...) {
		s := f.silenceIn(zone)
		if s.Silent > 1 && 2*s.Silent > s.Nodes || s.Silent > 0 && !f.anyReady() {
			return &s
		}
	}
	return nil
}

// anyReady reports whether a node of the cluster is Ready, of this group or another.
func (f *Fleet) anyReady() bool {
	return len(f.Where(func(m *Member) bool { return m.Node != nil && m.Node.Ready })) > 0 ||
		slices.ContainsFunc(f.Nodes, func(n upgrade.Node) bool { return n.Ready && f.ByID[n.Instance()] == nil })
}

// silenceIn counts the nodes of a zone, or of the group if zone is "".
func (f *Fleet) silenceIn(zone string) Silence {
	s := Silence{Zone: zone}
	for _, m := range f.Where(func(m *Member) bool { return m.Node != nil && (zone == "" || m.Zone == zone) }) {
		s.Nodes++
		if f.IsUnheard(m) {
			s.Silent++
			if s.Since.IsZero() || m.Node.Heartbeat.Before(s.Since) {
				s.Since = m.Node.Heartbeat
			}
		}
	}
	return s
}

// String says how many nodes are silent, and since when the first of them is.
func (s Silence) String() string {
	where := ""
	if s.Zone != "" {
		where = " in " + s.Zone
	}
	since := s.Since.UTC().Format("15:04:05 MST")
	if s.Silent == 1 {
		return fmt.Sprintf("1 of %s%s is silent, since %s", text.Count(s.Nodes, "node"), where, since)
	}
	return fmt.Sprintf("%d of %d nodes%s are silent, the first since %s", s.Silent, s.Nodes, where, since)
}
