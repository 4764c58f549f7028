package engine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// scaleUp raises the sizes, one at a time, until every zone with outdated nodes
// has a usable new one (step 3). Pods need somewhere to go before anything is
// tainted.
func scaleUp(s *state, p *plan) {
	if s.Run.Phase != upgrade.ScaleUp || len(s.outdated()) == 0 {
		return
	}
	for _, r := range []rule{keepTemplate, notJoining, raise, cover} {
		if r(s, p); p.wanted() {
			return
		}
	}
	p.say("ScaledUp", "every zone with outdated nodes has a usable new one: draining begins")
	p.enter(upgrade.Upgrading)
}

// raise adds one to the sizes as long as the surge is not out, or as long as
// Auto Scaling puts it elsewhere than where it is needed, up to the bound.
func raise(s *state, p *plan) {
	if added := s.added(); added < s.surge() || added < s.MostSurge() && len(s.zonesWithoutReplacement()) > 0 {
		s.raiseOne(p)
	}
}

// keepSurge raises again what somebody took away from the surge: without it no
// drain could begin.
func keepSurge(s *state, p *plan) {
	if s.added() < s.surge() && s.settled() {
		s.raiseOne(p)
	}
}

// added is how many nodes were added to the owner's.
func (s *Fleet) added() int {
	if s.Ledger.Sizes == nil {
		return 0
	}
	return s.Ledger.Sizes.Expected.Desired - s.Ledger.Sizes.Owner.Desired
}

func (s *state) raiseOne(p *plan) {
	if !s.settled() {
		p.wait("sizes-settle", 0, "the sizes are not raised while they are not what is expected")
		p.block()
		return
	}
	d := s.Ledger.Sizes
	next := upgrade.Size{Desired: d.Expected.Desired + 1, Max: max(d.Expected.Max, d.Owner.Max+s.added()+1)}
	p.owe(func(l *upgrade.Ledger) { send(l.Sizes, next, "") })
}

// bare returns the zones with outdated nodes that have no new node, not even one
// that is coming, though all that were asked for have been launched: Auto Scaling
// fills the emptiest zone, which need not be one of these.
func (s *Fleet) zonesWithoutReplacement() []string {
	if len(s.Where(func(*Member) bool { return true })) < s.Ledger.Sizes.Expected.Desired {
		return nil
	}
	return lackingZones(s.outdated(), s.Where(func(m *Member) bool { return !m.Outdated && (m.Usable || s.coming(m)) }))
}

// uncovered returns the zones with outdated nodes that have no usable new one.
func (s *Fleet) uncovered() []string {
	return lackingZones(s.outdated(), s.Where(func(m *Member) bool { return !m.Outdated && m.Usable }))
}

// lackingZones returns the zones that have members of the first kind and none of
// the second.
func lackingZones(these, those []*Member) []string {
	there := zones(those)
	var missing []string
	for zone := range zones(these) {
		if there[zone] == 0 {
			missing = append(missing, zone)
		}
	}
	slices.Sort(missing)
	return missing
}

// cover waits until every zone with outdated nodes has a usable new one. At the
// bound, a zone may stay without if no volume binds pods to it.
func cover(s *state, p *plan) {
	skipped := s.skippable()
	for _, zone := range s.uncovered() {
		if !slices.Contains(skipped, zone) {
			s.awaitZone(p, zone)
			p.block()
		}
	}
	if len(skipped) > 0 && !p.wanted() {
		p.warn("ZoneUncovered", "no new node came up in %s though %d were added: going on without, as %s",
			strings.Join(skipped, ", "), s.added(), s.whySkipped())
	}
}

// skippable returns the zones that stay without a new node at the bound: those
// in which no volume binds pods, and with LEAN, whose bound is lower, those in
// which pods can go to another outdated node meanwhile.
func (s *Fleet) skippable() []string {
	if s.added() < s.MostSurge() {
		return nil
	}
	return slices.DeleteFunc(s.zonesWithoutReplacement(), s.NeedsZoneCovered)
}

// needs reports whether a zone cannot stay without a new node.
func (s *Fleet) NeedsZoneCovered(zone string) bool {
	return s.bindsVolume(zone) && !(s.lean() && zones(s.outdated())[zone] > 1)
}

func (s *Fleet) whySkipped() string {
	if s.lean() {
		return "LEAN adds no more and no volume binds pods there, or there is another node for them"
	}
	return "no volume binds pods there"
}

// awaitZone waits for a zone, up to the join limit. A node that comes up there by
// then has its own, which notJoining holds.
func (s *state) awaitZone(p *plan, zone string) {
	limit := s.Update.Policy.JoinTimeout
	coming, now, later := s.comingTo(zone), "", ""
	switch crowd, over := s.excessInstances(); {
	case over > 0:
		coming += crowd
		now = fmt.Sprintf(". Raise the desired size by %d, which the update takes over, or let %s go", over, count(over, "instance"))
		later = " Start again with a desired size of as many instances as there are."
	case s.lean() && slices.Contains(s.zonesWithoutReplacement(), zone):
		coming += ", and LEAN adds no more than " + count(s.MostSurge(), "node") + ": use DEFAULT, which may"
	}
	waited := p.wait("zone/"+zone, limit, "zone %s has no new usable node yet%s%s", zone, coming, now)
	comes := func(m *Member) bool { return m.Zone == zone && s.coming(m) }
	if waited >= limit && !slices.ContainsFunc(s.upToDate(), comes) && !p.intends() {
		p.fail(upgrade.NodeCreationFailure, []string{zone}, "zone %s has no new usable node after %s%s.%s%s", zone, brief(limit), coming, later, s.activity())
	}
}

// crowd says that the group has more instances than its owner wants, and how many
// more: Auto Scaling launches none in their stead, and what the update adds stays
// unlaunched. Those that are protected from scale in stay when somebody cuts the
// desired size, as all do while the process Terminate is suspended.
func (s *state) excessInstances() (words string, over int) {
	there := s.Where(func(*Member) bool { return true })
	ours := s.Where(func(m *Member) bool { return !m.Outdated && m.Launched.After(s.Run.Started) })
	if over = len(there) - len(ours) - s.Ledger.Sizes.Owner.Desired; over <= 0 {
		return "", 0
	}
	why := ""
	if n := len(s.Where(func(m *Member) bool { return m.Protected })); n > 0 {
		why = fmt.Sprintf(" (%d of them are protected from scale in, so they stay)", n)
	}
	return fmt.Sprintf(", as the group has %s%s and its owner wants %d: of what is added Auto Scaling launches only what goes beyond that",
		count(len(there), "instance"), why, s.Ledger.Sizes.Owner.Desired), over
}

// comingTo says what the new instances of a zone are waiting for.
func (s *state) comingTo(zone string) string {
	for _, m := range s.upToDate() {
		if m.Zone == zone && !m.Usable {
			return ": " + m.ID + " is there, but " + m.NotUsable
		}
	}
	return ": no instance has been launched there"
}

// notJoining fails the update when an instance that it has launched is not usable
// within the join limit, counted from its launch or from when its node was last
// Ready. What died before it began is not its failure.
func notJoining(s *state, p *plan) {
	limit := s.Update.Policy.JoinTimeout
	for _, m := range s.upToDate() {
		if !s.joining(m) || m.Launched.Before(s.Run.Started) {
			continue
		}
		left := limit - s.elapsed(s.joiningSince(m))
		if p.lookIn(left); left > 0 {
			continue
		}
		p.fail(upgrade.NodeCreationFailure, []string{m.ID}, "instance %s in %s did not become a usable node within %s: %s.%s", m.ID, m.Zone, brief(limit), m.NotUsable, s.activity()+s.keptSize())
		return
	}
	s.lookAtMinReady(p)
}

// joining reports whether a new instance is on its way to become usable, which
// one that a person has cordoned is not.
func (s *Fleet) joining(m *Member) bool {
	if m.Usable {
		return false
	}
	return m.Node == nil || !m.Node.Ready || !m.Node.Has(upgrade.MarkCordon)
}

// joiningSince is when the time began that a new instance has to become usable. That of
// a node which died before the update began has gone on since then.
func (s *Fleet) joiningSince(m *Member) time.Time {
	since := later(m.Launched, s.Run.Started)
	switch {
	case m.Node != nil && !m.Node.Ready && m.Launched.Before(s.Run.Started):
		return m.Node.ReadySince
	case m.Node != nil:
		since = later(since, m.Node.ReadySince)
	}
	return since
}

// lookAtMinReady asks for a look when the next node becomes usable by time, and
// for a fresh one where only an old answer of the cloud says that it is not.
func (s *state) lookAtMinReady(p *plan) {
	for _, m := range s.upToDate() {
		if !m.Usable && m.Node != nil && m.Node.Ready {
			p.lookIn(s.Update.Policy.MinReady - s.Now.Sub(m.Node.ReadySince))
			if m.Lifecycle == upgrade.Pending { // Auto Scaling says so a little longer
				p.fresh = true
				p.overtaken = p.overtaken || s.Group.Read.Before(m.Node.ReadySince.Add(time.Second)) // which is told in whole seconds
				p.lookIn(upgrade.Freshness - s.Now.Sub(s.Group.Read))
			}
		}
	}
}

// activity is the group's last scaling activity in words, which the pass reads
// when an update is about to fail for want of nodes.
func (s *state) activity() string {
	if s.lastActivity == nil || *s.lastActivity == "" {
		return ""
	}
	return " The group's last scaling activity: " + *s.lastActivity
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
