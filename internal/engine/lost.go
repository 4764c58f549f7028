package engine

import (
	"github.com/nodelift/nodelift/internal/engine/drain"
	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// What is decided about members whose Node objects are missing. Pods may run on them that nobody
// lists, so they count as empty only after some minutes.

// noticeLost tells people of a node that was lost, and saves since when.
func noticeLost(s *state, p *plan.Plan) plan.Decision {
	for _, m := range s.Running(s.HasLostNode) {
		if before := s.loaded.WithoutNodeOf(m.ID); before != nil && !before.Back {
			continue
		}
		p.Warn("NodeLost", "the Node object of %s is missing, though its instance runs; not terminating it before its pods must have ended", nameAndInstance(m))
		p.Remember(func(*upgrade.Run) {})
	}
	return p.Decided()
}

// nameAndInstance names a member whose node is missing.
func nameAndInstance(m *fleet.Member) string {
	if m.NodeName == "" {
		return m.ID + " (" + m.Zone + ")"
	}
	return m.NodeName + " (" + m.ID + ", " + m.Zone + ")"
}

// awaitLost waits until the pods of members that have lost their nodes must have ended, or until the
// nodes are back. It reports whether it waits for one.
func (s *state) awaitLost(p *plan.Plan, lost ...*fleet.Member) bool {
	for _, m := range lost {
		limit := s.LostLimit(m)
		p.WaitSince(s.LostSince(m), plan.Lost(m.ID), limit, "%s; waiting %s for them to end", s.whatIsLost(m), text.Duration(limit))
	}
	return len(lost) > 0
}

// whatIsLost says why pods may run on a member that nobody lists.
func (s *state) whatIsLost(m *fleet.Member) string {
	switch {
	case m.Node != nil:
		return "the Node object of " + nameAndInstance(m) + " was deleted and is back, and pods from before may still be ending"
	case s.HasLostNode(m):
		return "the Node object of " + nameAndInstance(m) + " is missing, and pods may still run there (restart its kubelet if it is to register again)"
	}
	return "instance " + m.ID + " (" + m.Zone + ") has no node, and if it had one before the update began, pods may still run there"
}

// isRecentlyLost reports whether a member has no node and may run pods that nobody lists.
func (s *state) isRecentlyLost(m *fleet.Member) bool { return m.Node == nil && s.MayRunUnlisted(m) }

// lostNotInFlight are such members that are not in flight.
func (s *state) lostNotInFlight() []*fleet.Member {
	return s.Where(func(m *fleet.Member) bool { return !m.InFlight && s.isRecentlyLost(m) })
}

// drainWithoutNode takes a member in flight that has no node one step further. Pods that are still
// bound to the name of its node are evicted. When none is left, it is terminated as soon as none can
// run any more.
func (s *state) drainWithoutNode(p *plan.Plan, round *drain.Round, d upgrade.Drain, m *fleet.Member) {
	visit := s.visit(p, round, d, m)
	switch {
	case !visit.IsEmpty():
		s.awaitEmpty(p, round, d, visit)
	case s.MayRunUnlisted(m):
		s.awaitLost(p, m)
	default:
		p.Needs.Fresh = true // it may go by itself
		s.terminate(p, d)
	}
}

// countsAsDead reports whether pods of a member that are past their grace period count as gone,
// because its kubelet is silent or its Node object has been missing for long.
func (s *state) countsAsDead(m *fleet.Member) bool {
	return s.IsSilent(m) || m != nil && m.Node == nil && !s.MayRunUnlisted(m)
}

// podsOf is the name that the pods of a node in flight are bound to.
func (s *state) podsOf(d upgrade.Drain) string {
	if m := s.ByID[d.Instance]; m != nil {
		return m.NodeName
	}
	return d.Node
}
