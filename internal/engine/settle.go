package engine

import (
	"github.com/nodelift/nodelift/internal/engine/debts"
	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/engine/plan"
)

// settle waits, before the group is measured, until the number of its usable nodes has settled. How
// many have to stay depends on that number. At the limit it continues with what is there.
func settle(s *state, p *plan.Plan) plan.Decision {
	switch {
	case s.isSettling():
		p.WaitFor(plan.Settle, s.SettleLimit(), "%d of %d nodes are usable; waiting for the others before the update begins: %s", s.CountUsable(), s.OwnersDesired(), s.Unsettled())
		for _, m := range s.Where(func(m *fleet.Member) bool { return m.Node != nil && m.Node.Ready }) {
			p.LookIn(s.Update.Policy.MinReady - s.Now.Sub(m.Node.ReadySince))
		}
		return plan.Wait
	case s.isUnsettled():
		p.Warn("NodesNotUsable", "beginning with %d of %d usable nodes: %s", s.CountUsable(), s.OwnersDesired(), s.Unsettled())
	}
	return plan.Nothing
}

// awaitRemovals waits, before the group is measured, until Cluster Autoscaler has removed the nodes that it is
// removing: what is noted as the owner's size is without them.
func awaitRemovals(s *state, p *plan.Plan) plan.Decision {
	if s.Run.Baseline != nil {
		return plan.Nothing
	}
	return debts.AwaitRemovals(&s.View, p, s.SettleLimit(), "the update begins when that is done")
}

// isSettling reports whether the update waits before it begins.
func (s *state) isSettling() bool {
	return s.isUnsettled() && s.Elapsed(s.Run.Since(plan.Settle, s.Now)) < s.SettleLimit()
}

// isUnsettled reports whether the group was not measured yet and its nodes are still coming up. A
// scaling that removes none does not care.
func (s *state) isUnsettled() bool {
	if s.IsScaling() {
		if from, to := s.requestedSizes(); to.Desired >= from.Desired {
			return false
		}
	}
	return s.Run.Baseline == nil && s.Unsettled() != ""
}
