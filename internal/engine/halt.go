package engine

import (
	"slices"
	"strings"

	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// pauseUpdate is what a paused update does: nothing new starts and everything stays, but Cluster Autoscaler is back, so that it may add nodes;
// those of the group it may not remove.
func pauseUpdate(s *state, p *plan) {
	if !s.paused() {
		return
	}
	if s.Run.PausedForHealth() {
		p.waitSince(s.Run.HealthPause.At, "stopped", 0, "paused: %s", s.Run.HealthPause.Why)
	}
	annotate := s.Ledger.Autoscaler || s.Ledger.Marks && s.Update.Policy.Autoscaler == upgrade.AutoscalerAnnotate
	if annotate && !s.GroupGone {
		s.keepFromRemoval(p, "paused: Cluster Autoscaler is running, but may not remove this node")
	}
	if len(p.steps) > 0 {
		return
	}
	if s.Run.AutoscalerSuspended { // it is let go now, and suspended again later
		p.remember(func(r *upgrade.Run) { r.AutoscalerSuspended = false })
		return
	}
	if s.Ledger.Autoscaler && s.autoscaler.IsSuspendedBy(s.Update.NodeGroup) {
		p.do(resumeAutoscaler{}, "AutoscalerResumed", "", "Cluster Autoscaler (%s) is running while the update is paused", s.autoscaler.Name)
		return
	}
	p.paused = true
}

// groupLost ends an update whose group does not exist any more. Nothing is
// owed to a group that is gone.
func groupLost(s *state, p *plan) {
	switch {
	case !s.GroupGone:
		return
	case s.Run.Verdict == nil:
		limit := 2 * upgrade.ConfirmAfter
		if p.wait("group", limit, "Auto Scaling group %s is not found", s.Update.Group) < limit {
			p.block()
			return
		}
		if !s.Run.Begun() {
			p.fail(upgrade.ResourceNotFound, []string{s.Update.Group}, "there is no Auto Scaling group %s: node group %s has to name it as AWS does (spec.autoScalingGroup), with its region", s.Update.Group, s.Update.NodeGroup)
			return
		}
		p.fail(upgrade.ResourceNotFound, []string{s.Update.Group}, "Auto Scaling group %s does not exist any more", s.Update.Group)
	case s.Ledger.Sizes != nil || s.Ledger.Template != nil:
		p.owe(func(l *upgrade.Ledger) { l.Sizes, l.Template = nil, nil })
	}
}

// callPrefix begins the key of a wait for a call that fails.
const callPrefix = "call/"

// giveUp ends what cannot be done because a call fails for longer than its
// limit: first the update, then the giving back.
func giveUp(s *state, p *plan) {
	i := slices.IndexFunc(s.Run.Waits, func(w upgrade.Wait) bool {
		return strings.HasPrefix(w.Key, callPrefix) && w.Limit > 0 && s.Elapsed(upgrade.Later(w.Since, s.VerdictAt())) >= w.Limit
	})
	switch {
	case i < 0:
		return
	case s.Run.Verdict == nil:
		code, _, _ := strings.Cut(strings.TrimPrefix(s.Run.Waits[i].Key, callPrefix), "/")
		p.fail(code, nil, "%s, for %s", s.Run.Waits[i].Message, text.Duration(s.Run.Waits[i].Limit))
	default:
		finish(s, p)
	}
}
