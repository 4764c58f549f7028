package upgrade

import (
	"slices"
	"strings"
	"time"
)

// scaleUp raises the sizes, one at a time, until every zone with outdated nodes
// has a usable new one (step 3). Pods need somewhere to go before anything is
// tainted.
func scaleUp(s *state, p *plan) {
	if s.run.Phase != ScaleUp || len(s.outdated()) == 0 {
		return
	}
	for _, r := range []rule{keepTemplate, raise, notJoining, cover} {
		if r(s, p); p.wanted() {
			return
		}
	}
	p.say("ScaledUp", "every zone with outdated nodes has a usable new one: draining begins")
	p.enter(Upgrading)
}

// surge is how many nodes are added: one for each zone with outdated nodes, or
// as many as may be in flight if that is more.
func (s *state) surge() int {
	outdated := s.outdated()
	return max(len(zones(outdated)), min(s.maxUnavailable(), len(outdated)))
}

// bound is the most that may be added (EKS).
func (s *state) bound() int {
	return max(2*len(s.group.Zones), s.maxUnavailable())
}

// raise adds one to the sizes as long as the surge is not out.
func raise(s *state, p *plan) {
	d := s.ledger.Sizes
	added := d.Expected.Desired - d.User.Desired
	if added >= s.surge() && (added >= s.bound() || !s.misplaced(d.Expected.Desired)) {
		return
	}
	if !s.settled() {
		p.wait("sizes-settle", 0, "the sizes are not raised while they are not what is expected")
		p.block()
		return
	}
	next := Size{Desired: d.Expected.Desired + 1, Max: max(d.Expected.Max, d.User.Max+added+1)}
	p.owe(func(l *Ledger) { l.Sizes.send(next, "") })
}

// misplaced reports whether everything that was asked for is there and usable,
// and yet a zone with outdated nodes has no new one: Auto Scaling fills the
// emptiest zone, which need not be that one.
func (s *state) misplaced(desired int) bool {
	fresh := s.upToDate()
	if len(s.where(func(*member) bool { return true })) < desired {
		return false
	}
	if slices.ContainsFunc(fresh, func(m *member) bool { return !m.usable }) {
		return false
	}
	return len(s.uncovered()) > 0
}

// uncovered returns the zones with outdated nodes that have no usable new one.
func (s *state) uncovered() []string {
	covered := zones(s.where(func(m *member) bool { return !m.outdated && m.usable }))
	var missing []string
	for zone := range zones(s.outdated()) {
		if covered[zone] == 0 {
			missing = append(missing, zone)
		}
	}
	slices.Sort(missing)
	return missing
}

// cover waits until every zone with outdated nodes has a usable new one. At the
// bound, a zone may stay without if no volume binds pods to it.
func cover(s *state, p *plan) {
	missing := s.uncovered()
	if len(missing) == 0 {
		return
	}
	if s.misplaced(s.ledger.Sizes.Expected.Desired) && len(s.boundZones(missing)) == 0 {
		p.warn("ZoneUncovered", "no new node came up in %s though %d were added: going on without, as no volume binds pods there",
			strings.Join(missing, ", "), s.ledger.Sizes.Expected.Desired-s.ledger.Sizes.User.Desired)
		return
	}
	for _, zone := range missing {
		s.awaitZone(p, zone)
	}
	p.block()
}

// awaitZone waits for a zone, up to the join limit.
func (s *state) awaitZone(p *plan, zone string) {
	limit := s.update.Policy.JoinTimeout
	waited := p.wait("zone/"+zone, limit, "zone %s has no new usable node yet%s", zone, s.coming(zone))
	if waited >= limit && !p.intends() {
		p.fail(NodeCreationFailure, []string{zone}, "zone %s has no new usable node after %s%s.%s", zone, brief(limit), s.coming(zone), s.activity())
	}
}

// coming says what the new instances of a zone are waiting for.
func (s *state) coming(zone string) string {
	for _, m := range s.upToDate() {
		if m.Zone == zone && !m.usable {
			return ": " + m.ID + " is there, but " + m.why
		}
	}
	return ": no instance has been launched there"
}

// notJoining fails the update when a new instance is not usable within the join
// limit, counted from its launch or from when its node was last Ready.
func notJoining(s *state, p *plan) {
	limit := s.update.Policy.JoinTimeout
	for _, m := range s.upToDate() {
		if !s.joining(m) {
			continue
		}
		left := limit - s.elapsed(s.joiningSince(m))
		if p.lookIn(left); left > 0 {
			continue
		}
		p.fail(NodeCreationFailure, []string{m.ID}, "instance %s in %s did not become a usable node within %s: %s.%s", m.ID, m.Zone, brief(limit), m.why, s.activity())
		return
	}
	s.lookAtMinReady(p)
}

// joining reports whether a new instance is on its way to become usable, which
// one that a person has cordoned or put into standby is not.
func (s *state) joining(m *member) bool {
	if m.usable || m.Lifecycle == Standby {
		return false
	}
	return m.node == nil || !m.node.Ready || !m.node.Has(MarkCordon)
}

// joiningSince is when the time began that a new instance has to become usable.
func (s *state) joiningSince(m *member) time.Time {
	since := later(m.Launched, s.run.Started)
	if m.node != nil {
		since = later(since, m.node.ReadySince)
	}
	return since
}

// lookAtMinReady asks for a look when the next node becomes usable by time.
func (s *state) lookAtMinReady(p *plan) {
	for _, m := range s.upToDate() {
		if !m.usable && m.node != nil && m.node.Ready {
			p.lookIn(s.update.Policy.MinReady - s.now.Sub(m.node.ReadySince))
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

// boundZones returns those of the zones that volumes of the group's pods are
// bound to.
func (s *state) boundZones(among []string) []string {
	var bound []string
	for _, pods := range s.occupancy.Pods {
		for _, pod := range pods {
			for _, zone := range pod.Zones {
				if slices.Contains(among, zone) && !slices.Contains(bound, zone) {
					bound = append(bound, zone)
				}
			}
		}
	}
	slices.Sort(bound)
	return bound
}
