package engine

import (
	"slices"
	"strings"
	"time"

	"github.com/nodelift/nodelift/internal/engine/debts"
	"github.com/nodelift/nodelift/internal/engine/drain"
	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// noticeChanges compares what is owed with what the group reports, and notices lost nodes, before
// anything else is decided.
func noticeChanges(s *state, p *plan.Plan) plan.Decision {
	rules := []rule{noticeLost, noticeLacking}
	for _, d := range debts.All() {
		rules = append(rules, of(d.Notice))
	}
	return plan.FirstOf(s, p, rules...)
}

// noticeLacking remembers since when nodes have had taints, or lacked resources, that keep pods off them.
// Somebody may have tainted a node that was usable for hours.
func noticeLacking(s *state, p *plan.Plan) plan.Decision {
	for _, m := range s.Where(func(m *fleet.Member) bool { return m.Lacking }) {
		key := fleet.LackingKey(m.ID)
		p.Timers = append(p.Timers, upgrade.Timer{Key: key, Since: s.Run.Since(key, s.Now)})
	}
	return plan.Nothing
}

// keepBorrowed keeps what is borrowed as the update needs it.
func keepBorrowed(s *state, p *plan.Plan) plan.Decision {
	switch {
	case !s.Borrowed() && s.Run.Verdict != nil:
		return debts.ClearMarks(&s.View, p)
	case !s.Borrowed():
		return plan.Nothing
	}
	var rules []rule
	for _, d := range debts.Kept() {
		rules = append(rules, of(d.Keep))
	}
	return plan.FirstOf(s, p, append(rules, tellPending)...)
}

const (
	// pendingFor is how long a pod has had no node before people are told, and pendingAgain after
	// which time they are told again.
	pendingFor   = time.Minute
	pendingAgain = 15 * time.Minute
)

// tellPending warns of pods that fit on no node while Cluster Autoscaler, which would add one, is
// suspended: an HPA may have added them meanwhile.
func tellPending(s *state, p *plan.Plan) plan.Decision {
	pods := s.unschedulableForCapacity()
	asleep := s.Update.Policy.Autoscaler == upgrade.AutoscalerSuspend && s.Autoscaler.IsSuspendedBy(s.Update.NodeGroup) && s.Autoscaler.Replicas() == 0
	if len(pods) == 0 || !asleep || s.Run.Verdict != nil || s.Elapsed(s.Run.PendingPodsReported) < pendingAgain {
		return plan.Nothing
	}
	if slices.ContainsFunc(s.Members, func(m fleet.Member) bool { return !m.Lifecycle.IsTerminating() && s.MayJoin(&m) }) {
		return plan.Nothing // they may fit on that one
	}
	p.Warn("PodsPending", "%s%s, while Cluster Autoscaler (%s) is suspended: raise the group's desired size (the update adopts that), or cancel it and run it again with --autoscaler annotate",
		drain.Pending(pods[0]), text.More(len(pods)-1), s.Autoscaler)
	return p.Remember(func(r *upgrade.Run) { r.PendingPodsReported = s.Now })
}

// unschedulableForCapacity returns the pods that were made since the update began and have had no
// node for a while because none has room.
func (s *state) unschedulableForCapacity() []upgrade.Pod {
	return slices.DeleteFunc(slices.Clone(s.unschedulable), func(pod upgrade.Pod) bool {
		room := strings.Contains(pod.Unschedulable, "Insufficient ") || strings.Contains(pod.Unschedulable, "Too many pods")
		return !room || pod.Created.Before(s.Run.Started) || s.Now.Sub(pod.Created) < pendingFor
	})
}
