package engine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// scaleUp raises the sizes, one at a time, until every zone with outdated nodes
// has a usable new one (step 3). Pods need somewhere to go before anything is
// tainted.
func scaleUp(s *state, p *plan.Plan) plan.Decision {
	if s.Run.Phase != upgrade.ScaleUp || len(s.Outdated()) == 0 {
		return plan.Nothing
	}
	return plan.FirstOf(s, p, failNotJoined, raise, cover, leaveScaleUp)
}

func leaveScaleUp(_ *state, p *plan.Plan) plan.Decision {
	p.Say("ScaledUp", "every zone with outdated nodes has a usable new node; starting to drain")
	return p.Enter(upgrade.Upgrading)
}

// raise adds one to the sizes until the surge is complete, or as long as Auto Scaling launches it
// elsewhere than where it is needed, up to the bound.
func raise(s *state, p *plan.Plan) plan.Decision {
	added := s.Added()
	if added < s.Surge() || added < s.MaxSurge() && slices.ContainsFunc(s.ZonesWithoutReplacement(), s.LaunchesIn) {
		return s.RaiseSizes(p)
	}
	return plan.Nothing
}

// keepSurge raises again what somebody took away from the surge: without it no drain could start. While there
// are outdated instances in the warm pool, Auto Scaling would take them.
func keepSurge(s *state, p *plan.Plan) plan.Decision {
	if len(s.OutdatedInPool()) == 0 && s.Added() < s.Surge() && s.SizesSettled() {
		return s.RaiseSizes(p)
	}
	return plan.Nothing
}

// cover waits until every zone with outdated nodes has a usable new one. At the
// bound, a zone may stay without if no volume binds pods to it.
func cover(s *state, p *plan.Plan) plan.Decision {
	skipped, decided := s.Skippable(), plan.Nothing
	for _, zone := range s.Uncovered() {
		if !slices.Contains(skipped, zone) {
			decided = plan.Wait
			s.awaitZone(p, zone)
		}
	}
	if len(skipped) > 0 && decided == plan.Nothing {
		p.Warn("ZoneUncovered", "no new node came up in %s although %d were added; continuing without one: %s",
			strings.Join(skipped, ", "), s.Added(), s.WhySkipped(skipped))
	}
	return decided
}

// awaitZone waits for a zone, up to the join limit. A node that comes up there by then has its own,
// which failNotJoined watches. One that is launched later has not: if instances end before they join, the
// group launches others in their places for ever.
func (s *state) awaitZone(p *plan.Plan, zone string) {
	limit := s.Update.Policy.JoinTimeout
	coming, now, later := s.comingTo(zone), "", ""
	switch words, excess := s.excessInstances(); {
	case excess > 0:
		coming += words
		now = fmt.Sprintf(". Raise the desired size by %d (the update adopts that), or remove %s", excess, text.Count(excess, "instance"))
		later = " Run the update again with a desired size equal to the number of instances."
	case !s.LaunchesIn(zone):
		now, later = ". Give it one, or move the volumes that bind pods to the zone", " Give it one, or move the volumes that bind pods to the zone, and run the update again."
	case s.IsLean() && slices.Contains(s.ZonesWithoutReplacement(), zone):
		coming += ", and LEAN adds no more than " + text.Count(s.MaxSurge(), "node") + ": use DEFAULT, which may add more"
	}
	waited := p.WaitFor(plan.Zone(zone), limit, "zone %s has no new usable node yet%s%s", zone, coming, now)
	comes := func(m *fleet.Member) bool {
		return m.Zone == zone && s.MayJoin(m) && s.Now.Sub(m.Launched) > waited-limit
	}
	if waited >= limit && !slices.ContainsFunc(s.UpToDate(), comes) && !p.Intends() {
		p.Fail(upgrade.NodeCreationFailure, []string{zone}, "zone %s has no new usable node after %s%s.%s%s", zone, text.Duration(limit), coming, later, s.activity())
	}
}

// excessInstances says that the group has more instances than its desired size was, and how many more:
// Auto Scaling does not launch what the update adds until the desired size is above the number of
// instances. Instances stay like this when they are protected from scale in, or when the process
// Terminate is suspended, and somebody lowers the desired size.
func (s *state) excessInstances() (words string, excess int) {
	there := s.Where(func(*fleet.Member) bool { return true })
	ours := s.Where(func(m *fleet.Member) bool { return !m.Outdated && m.Launched.After(s.Run.Started) })
	excess = len(there) - len(ours) - s.Ledger.Sizes.Owner.Desired
	if excess <= 0 {
		return "", 0
	}
	why, protected := "", s.Where(func(m *fleet.Member) bool { return m.Protected })
	if len(protected) > 0 {
		why = fmt.Sprintf(" (%d of them protected from scale-in)", len(protected))
	}
	return fmt.Sprintf("; the group has %s%s and its desired size was %d, so Auto Scaling launches only what goes beyond those instances",
		text.Count(len(there), "instance"), why, s.Ledger.Sizes.Owner.Desired), excess
}

// comingTo says what the new instances of a zone are waiting for.
func (s *state) comingTo(zone string) string {
	for _, m := range s.UpToDate() {
		if m.Zone == zone && !m.Usable {
			return ": " + m.ID + " was launched, but " + m.NotUsable
		}
	}
	if !s.LaunchesIn(zone) {
		return ": the group has no subnet there"
	}
	return ": it has no new instance"
}

// failNotJoined fails the update when an instance that it has launched is not usable within the join
// limit, counted from its launch or from when its node was last Ready. One that was lost before the
// update began is not a failure of the update.
func failNotJoined(s *state, p *plan.Plan) plan.Decision {
	limit := s.Update.Policy.JoinTimeout
	for _, m := range s.UpToDate() {
		if !s.IsJoining(m) || m.Launched.Before(s.Run.Started) {
			continue
		}
		left := limit - s.Elapsed(s.JoiningSince(m))
		p.LookIn(left)
		if left <= 0 {
			return p.Fail(upgrade.NodeCreationFailure, []string{m.ID}, "instance %s in %s did not become a usable node within %s: %s.%s", m.ID, m.Zone, text.Duration(limit), m.NotUsable, s.activity()+s.keptSize())
		}
	}
	s.lookAtMinReady(p)
	return plan.Nothing
}

// lookAtMinReady asks for a look when the next node becomes usable by time, and for a fresh one where
// only an old answer of the cloud says that it is not.
func (s *state) lookAtMinReady(p *plan.Plan) {
	for _, m := range s.UpToDate() {
		if m.Usable || m.Node == nil || !m.Node.Ready {
			continue
		}
		p.LookIn(s.Update.Policy.MinReady - s.Now.Sub(m.Node.ReadySince))
		if m.Lifecycle == upgrade.Pending { // Auto Scaling says so a little longer
			p.Needs.Fresh = true
			p.Needs.Newer = p.Needs.Newer || s.Group.Read.Before(m.Node.ReadySince.Add(time.Second)) // which is told in whole seconds
			p.LookIn(upgrade.Freshness - s.Now.Sub(s.Group.Read))
		}
	}
}

// activity is the group's last scaling activity in words, and what a node that did not come up has written
// to its console; "" until they were asked for (see needs.go).
func (s *state) activity() string {
	words := ""
	if s.lastActivity != nil && *s.lastActivity != "" {
		words = " The group's last scaling activity: " + *s.lastActivity
	}
	if s.console != nil {
		words += strings.Repeat(".", min(len(words), 1)) + *s.console
	}
	return words
}
