package engine

import (
	"fmt"
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// upgradeNodes drains outdated nodes, up to maxUnavailable at once, and has
// them terminated (steps 5 to 8).
func upgradeNodes(s *state, p *plan.Plan) plan.Decision {
	if s.Run.Phase != upgrade.Upgrading {
		return plan.Nothing
	}
	return plan.FirstOf(s, p, forgetGone, stopApart, awaitReports, recheckDrains, failNotJoined, keepSurge, soak, startDrains, drainNodes)
}

// soak lets new nodes run for a while before the next ones are drained: after the
// canaries, and between batches of as many as may be in flight, so that people see
// trouble while there is little of it.
func soak(s *state, p *plan.Plan) plan.Decision {
	batch, length := s.Batch()
	if length == 0 || s.StartedDrains() < batch || len(s.Run.Drains) > 0 || len(s.Drainable()) == 0 {
		return plan.Nothing
	}
	done := s.Run.Counts.Replaced
	replaced := text.Count(done, "node") + " replaced"
	if slices.ContainsFunc(s.UpToDate(), s.MayJoin) {
		p.WaitFor(plan.Soak, s.Update.Policy.JoinTimeout, "%s; once the last new node is usable, the new nodes run for %s before the next drain%s", replaced, text.Duration(length), s.NamesUnready())
		s.lookAtMinReady(p)
		return plan.Wait
	}
	if s.Run.SoakSince.IsZero() {
		p.Say("Soaking", "%s; the new nodes run for %s before the next drain", replaced, text.Duration(length))
		return p.Remember(func(r *upgrade.Run) { r.SoakSince = s.Now })
	}
	waited := p.WaitSince(s.Run.SoakSince, plan.Soak, length, "%s; the new nodes run for %s before the next drain", replaced, text.Duration(length))
	if waited < length {
		return plan.Wait
	}
	return p.Remember(func(r *upgrade.Run) { r.Soaked, r.SoakSince = done, time.Time{} })
}

// startDrains puts outdated nodes in flight, in their order, as long as enough usable ones stay
// (promise 2). Those that are not usable go first: that takes no capacity away, and may free what
// others wait for. One node that is taken for dead may be in flight beside maxUnavailable others, as
// what those wait for may be on it.
func startDrains(s *state, p *plan.Plan) plan.Decision {
	batch := s.MayStartDrains()
	free := min(s.MaxUnavailable()-s.NodesInFlight(), batch)
	if len(s.OutdatedInPool()) > 0 || s.isTooEarly(p) || len(s.Drainable()) > 0 && s.awaitsHealth(p) {
		return plan.Nothing
	}
	waiting := slices.DeleteFunc(s.DrainOrder(s.Drainable()), s.isRecentlyLost)
	s.awaitLost(p, s.lostNotInFlight()...)
	staying := len(s.Where(func(m *fleet.Member) bool { return m.Usable && !m.InFlight }))
	silent := s.DrainsSilent()
	for _, m := range waiting {
		if s.IsUnheard(m) {
			beside := free == 0 && s.IsSilent(m)
			if !silent && batch > 0 && (free > 0 || beside) {
				silent = true
				free--
				s.startDrain(p, m, false)
			}
			continue
		}
		if free <= 0 {
			break
		}
		if m.Usable {
			staying--
		}
		if floor := s.UsableRequiredToDrain(); staying < floor {
			s.awaitCapacity(p, staying, floor)
			break
		}
		free--
		s.startDrain(p, m, false)
	}
	return p.Decided()
}

// startEvery is the time between two starts of drains, for each node in flight: 2 s with a hundred,
// and no time worth speaking of with a few.
const startEvery = 20 * time.Millisecond

// isTooEarly reports whether it is too early to start drains. In a large group a place among those in
// flight is free all the time, and each start takes a fresh read of the cloud: several are started
// together, so that a large group is not read more often than a small one.
func (s *state) isTooEarly(p *plan.Plan) bool {
	age := s.Now.Sub(s.Group.Read)
	left := time.Duration(s.NodesInFlight())*startEvery - age
	if age < upgrade.Freshness || left <= 0 {
		return false
	}
	p.LookIn(left)
	return true
}

// startDrain puts a node in flight. That is saved before its first eviction.
func (s *state) startDrain(p *plan.Plan, m *fleet.Member, surplus bool) plan.Decision {
	d := upgrade.Drain{Instance: m.ID, Zone: m.Zone, Since: s.Now, Surplus: surplus}
	if m.Node != nil {
		d.Node = m.Node.Name
	}
	why := "outdated"
	switch {
	case !m.Outdated && !surplus:
		why = "never joined; being replaced"
	case surplus:
		why = fmt.Sprintf("the group's desired size is %d", s.OwnersDesired())
	}
	p.Needs.Fresh = true
	p.SayOf("NodeDraining", d.Node, "draining %s (%s): %s", d.Name(), d.Zone, why)
	return p.Remember(func(r *upgrade.Run) {
		r.Drains = append(r.Drains, d)
		r.RetryQuarantined(m.ID)
		plan.EndWaits(r, plan.Capacity, plan.Health)
	})
}

// awaitCapacity waits until enough usable nodes would stay, up to the join
// limit. What is in flight goes on meanwhile.
func (s *state) awaitCapacity(p *plan.Plan, staying, floor int) {
	limit := s.Update.Policy.JoinTimeout
	waited := p.WaitFor(plan.Capacity, limit, "the next drain would leave %s; at least %d are required%s", text.Count(staying, "usable node"), floor, s.NamesUnready())
	s.lookAtMinReady(p)
	if waited >= limit && len(s.Run.Drains) == 0 && !p.Intends() {
		p.Fail(upgrade.NodeCreationFailure, nil, "the next drain would leave %s; at least %d are required, for %s%s.%s", text.Count(staying, "usable node"), floor, text.Duration(limit), s.NamesUnready(), s.activity())
	}
}

// awaitUsable lets an update succeed only with as many usable nodes as have to stay when one is
// drained. It waits for them up to the join limit, but not for Ready nodes that somebody has
// cordoned.
func awaitUsable(s *state, p *plan.Plan) plan.Decision {
	required, limit := s.OwnersUsable(), s.Update.Policy.JoinTimeout
	if len(s.Where(func(m *fleet.Member) bool { return !s.IsJoining(m) })) >= required {
		return plan.Nothing
	}
	waited := p.WaitFor(plan.Capacity, limit, "%d of %d usable nodes are up; waiting for the others%s", s.CountUsable(), required, s.NamesUnready())
	s.lookAtMinReady(p)
	if waited < limit {
		return plan.Wait
	}
	return p.Fail(upgrade.NodeCreationFailure, nil, "%d of %d usable nodes are up after %s%s.%s", s.CountUsable(), required, text.Duration(limit), s.NamesUnready(), s.activity()+s.keptSize())
}
