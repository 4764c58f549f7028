package engine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// scaleUp raises the sizes, one at a time, until every zone with outdated nodes
// has a usable new one (step 3). Pods need somewhere to go before anything is
// tainted.
func scaleUp(s *state, p *plan) {
	if s.Run.Phase != upgrade.ScaleUp || len(s.Outdated()) == 0 {
		return
	}
	if p.firstOf(s, keepTemplate, notJoining, raise, cover) {
		return
	}
	p.say("ScaledUp", "every zone with outdated nodes has a usable new node; starting to drain")
	p.enter(upgrade.Upgrading)
}

// raise adds one to the sizes as long as the surge is not out, or as long as
// Auto Scaling puts it elsewhere than where it is needed, up to the bound.
func raise(s *state, p *plan) {
	if added := s.Added(); added < s.Surge() || added < s.MaxSurge() && len(s.ZonesWithoutReplacement()) > 0 {
		s.raiseOne(p)
	}
}

// keepSurge raises again what somebody took away from the surge: without it no
// drain could begin.
func keepSurge(s *state, p *plan) {
	if s.Added() < s.Surge() && s.settled() {
		s.raiseOne(p)
	}
}

func (s *state) raiseOne(p *plan) {
	if !s.settled() {
		p.wait("sizes-settle", 0, "not raising the sizes until AWS reports the expected ones")
		p.block()
		return
	}
	d := s.Ledger.Sizes
	next := upgrade.Size{Desired: d.Expected.Desired + 1, Max: max(d.Expected.Max, d.Owner.Max+s.Added()+1)}
	p.owe(func(l *upgrade.Ledger) { send(l.Sizes, next, "") })
}

// cover waits until every zone with outdated nodes has a usable new one. At the
// bound, a zone may stay without if no volume binds pods to it.
func cover(s *state, p *plan) {
	skipped := s.Skippable()
	for _, zone := range s.Uncovered() {
		if !slices.Contains(skipped, zone) {
			s.awaitZone(p, zone)
			p.block()
		}
	}
	if len(skipped) > 0 && !p.wanted() {
		p.warn("ZoneUncovered", "no new node came up in %s although %d were added; continuing without one: %s",
			strings.Join(skipped, ", "), s.Added(), s.WhySkipped())
	}
}

// awaitZone waits for a zone, up to the join limit. A node that comes up there by
// then has its own, which notJoining holds.
func (s *state) awaitZone(p *plan, zone string) {
	limit := s.Update.Policy.JoinTimeout
	coming, now, later := s.comingTo(zone), "", ""
	switch crowd, over := s.excessInstances(); {
	case over > 0:
		coming += crowd
		now = fmt.Sprintf(". Raise the desired size by %d (the update adopts that), or remove %s", over, text.Count(over, "instance"))
		later = " Run the update again with a desired size equal to the number of instances."
	case s.IsLean() && slices.Contains(s.ZonesWithoutReplacement(), zone):
		coming += ", and LEAN adds no more than " + text.Count(s.MaxSurge(), "node") + ": use DEFAULT, which may add more"
	}
	waited := p.wait("zone/"+zone, limit, "zone %s has no new usable node yet%s%s", zone, coming, now)
	comes := func(m *fleet.Member) bool { return m.Zone == zone && s.MayJoin(m) }
	if waited >= limit && !slices.ContainsFunc(s.UpToDate(), comes) && !p.intends() {
		p.fail(upgrade.NodeCreationFailure, []string{zone}, "zone %s has no new usable node after %s%s.%s%s", zone, text.Duration(limit), coming, later, s.activity())
	}
}

// excessInstances says that the group has more instances than its desired size was, and how many
// more: Auto Scaling launches none in their stead, and what the update adds stays
// unlaunched. Those that are protected from scale in stay when somebody cuts the
// desired size, as all do while the process Terminate is suspended.
func (s *state) excessInstances() (words string, over int) {
	there := s.Where(func(*fleet.Member) bool { return true })
	ours := s.Where(func(m *fleet.Member) bool { return !m.Outdated && m.Launched.After(s.Run.Started) })
	if over = len(there) - len(ours) - s.Ledger.Sizes.Owner.Desired; over <= 0 {
		return "", 0
	}
	why := ""
	if n := len(s.Where(func(m *fleet.Member) bool { return m.Protected })); n > 0 {
		why = fmt.Sprintf(" (%d of them protected from scale-in)", n)
	}
	return fmt.Sprintf("; the group has %s%s and its desired size was %d, so Auto Scaling launches only what goes beyond those instances",
		text.Count(len(there), "instance"), why, s.Ledger.Sizes.Owner.Desired), over
}

// comingTo says what the new instances of a zone are waiting for.
func (s *state) comingTo(zone string) string {
	for _, m := range s.UpToDate() {
		if m.Zone == zone && !m.Usable {
			return ": " + m.ID + " was launched, but " + m.NotUsable
		}
	}
	return ": no instance has been launched there"
}

// notJoining fails the update when an instance that it has launched is not usable
// within the join limit, counted from its launch or from when its node was last
// Ready. What died before it began is not its failure.
func notJoining(s *state, p *plan) {
	limit := s.Update.Policy.JoinTimeout
	for _, m := range s.UpToDate() {
		if !s.IsJoining(m) || m.Launched.Before(s.Run.Started) {
			continue
		}
		left := limit - s.Elapsed(s.JoiningSince(m))
		if p.lookIn(left); left > 0 {
			continue
		}
		p.fail(upgrade.NodeCreationFailure, []string{m.ID}, "instance %s in %s did not become a usable node within %s: %s.%s", m.ID, m.Zone, text.Duration(limit), m.NotUsable, s.activity()+s.keptSize())
		return
	}
	s.lookAtMinReady(p)
}

// lookAtMinReady asks for a look when the next node becomes usable by time, and
// for a fresh one where only an old answer of the cloud says that it is not.
func (s *state) lookAtMinReady(p *plan) {
	for _, m := range s.UpToDate() {
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
