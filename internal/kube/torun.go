package kube

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// Run turns a status into the engine's memory of an update, for showing what the update is
// waiting for.
func Run(s v1alpha1.NodeGroupUpdateStatus) upgrade.Run { return toRun(s) }

// toRun turns a status into the engine's memory of an update; fromRun is its inverse.
func toRun(s v1alpha1.NodeGroupUpdateStatus) upgrade.Run {
	return upgrade.Run{
		Phase:    upgrade.Phase(s.Phase),
		Started:  toTime(s.Started),
		Strategy: upgrade.Strategy(s.Strategy),
		Resolved: ifSet(s.Resolved, toResolved),
		Baseline: ifSet(s.Baseline, toBaseline),
		Scaling:  ifSet(s.Scaling, toScaled),
		Drains:   each(s.NodesInFlight, toDrain), MostUsable: int(s.MostUsable),
		Soaked: int(s.Soaked), SoakSince: toTime(s.SoakSince),
		HealthBaseline: ifSet(s.Health, toHealth), HealthPauses: int(s.Stops), HealthPause: ifSet(s.Stop, toStop),
		Quarantined: each(s.Quarantined, func(q v1alpha1.QuarantinedNode) upgrade.Quarantined { return upgrade.Quarantined(q) }),
		Verdict:     ifSet(s.Verdict, toVerdict),
		RecentlyTerminated: each(s.Landed, func(l v1alpha1.LandedInstance) upgrade.TerminatedInstance {
			return upgrade.TerminatedInstance{Instance: l.Instance, At: toTime(l.At)}
		}),
		WithoutNode:         each(s.WithoutNode, toWithoutNode),
		AutoscalerSuspended: s.AutoscalerHeld,
		PendingPodsReported: toTime(s.PendingTold),
		Undrainable:         s.Stuck,
		SizesNotRestored:    s.SizesKept,
		Owed:                s.Owing,
		LastPass:            toTime(s.LastPass),
		Gaps: each(s.Gaps, func(g v1alpha1.Gap) upgrade.Gap {
			return upgrade.Gap{From: toTime(g.From), To: toTime(g.To)}
		}),
		Timers: each(s.Timers, func(t v1alpha1.Timer) upgrade.Timer {
			return upgrade.Timer{Key: upgrade.WaitKey(t.Key), Since: toTime(t.Since)}
		}),
		FailedCalls:     each(s.FailedCalls, toFailedCall),
		ResumeRequested: s.ResumeRequested,

		Waits:  each(s.Waits, toWait),
		Counts: toCounts(s.Counts),
		Phases: each(s.Phases, func(p v1alpha1.PhaseTime) upgrade.PhaseTime {
			return upgrade.PhaseTime{Phase: upgrade.Phase(p.Phase), Began: toTime(p.Began)}
		}),
	}
}

func toResolved(r v1alpha1.Resolved) upgrade.Resolved {
	return upgrade.Resolved{
		Image: toImage(r.Image), Template: toVersion(r.Template),
		From: toImage(r.From), Before: toVersion(r.Before), Followed: r.Followed, ByTemplate: r.ByTemplate, MadeFrom: toVersion(r.MadeFrom), Copy: toVersion(r.Copy), Unlaunchable: r.Unlaunchable,
	}
}

func toVersion(t *v1alpha1.TemplateVersion) upgrade.TemplateVersion {
	if t == nil {
		return upgrade.TemplateVersion{}
	}
	return upgrade.TemplateVersion(*t)
}

func toImage(i v1alpha1.Image) upgrade.Image { return upgrade.Image(i) }

func toBaseline(b v1alpha1.Baseline) upgrade.Baseline {
	return upgrade.Baseline{
		Nodes: int(b.Nodes), Zones: int(b.Zones), Outdated: int(b.Outdated), Usable: int(b.Usable), Taints: b.Taints, ExtendedResources: b.Extended,
	}
}

func toDrain(n v1alpha1.NodeInFlight) upgrade.Drain {
	return upgrade.Drain{
		Instance:             n.Instance,
		Node:                 n.Node,
		Zone:                 n.Zone,
		Since:                toTime(n.Since),
		Surplus:              n.Surplus,
		Cordoned:             toTime(n.Cordoned),
		Forced:               toTime(n.Forced),
		TerminationRequested: toTime(n.Asked),
		Evicted:              int(n.Evicted),
		GraceEnds:            toTime(n.GraceEnds),
		Blocked:              each(n.Held, toHeld),
	}
}

func toHeld(p v1alpha1.HeldPod) upgrade.BlockedPod {
	return upgrade.BlockedPod{
		Pod: p.Pod, UID: p.UID, Since: toTime(p.Since), Tries: int(p.Tries), Next: toTime(p.Next), Why: p.Why, Budget: p.Budget,
	}
}

func toWithoutNode(w v1alpha1.InstanceWithoutNode) upgrade.WithoutNode {
	without := upgrade.WithoutNode{Instance: w.Instance, Since: toTime(w.Since), Lost: w.Lost, Back: w.Back}
	if w.Grace != nil {
		without.Grace = w.Grace.Duration
	}
	return without
}

func toVerdict(v v1alpha1.Verdict) upgrade.Verdict {
	return upgrade.Verdict{
		Status: upgrade.Status(v.Status),
		Errors: each(v.Errors, func(i v1alpha1.Issue) upgrade.Error {
			return upgrade.Error{Code: i.Code, Message: i.Message, Resources: i.ResourceIDs}
		}),
		At:              toTime(v.At),
		RestoreTemplate: v.PutTemplateBack,
		RollBack:        v.RollBack,
	}
}

func toWait(w v1alpha1.Wait) upgrade.Wait {
	wait := upgrade.Wait{Key: upgrade.WaitKey(w.Key), Message: w.Message, Since: toTime(w.Since)}
	if w.Limit != nil {
		wait.Limit = w.Limit.Duration
	}
	return wait
}

func toFailedCall(c v1alpha1.FailedCall) upgrade.FailedCall {
	call := upgrade.FailedCall{Reason: c.Reason, Code: c.Code, Message: c.Message, Since: toTime(c.Since)}
	if c.Limit != nil {
		call.Limit = c.Limit.Duration
	}
	return call
}

func toCounts(c *v1alpha1.Counts) upgrade.Counts {
	if c == nil {
		return upgrade.Counts{}
	}
	counts := upgrade.Counts{
		Replaced: int(c.Replaced), ScaledDown: int(c.Shrunk), Launched: int(c.Launched),
		Evicted: int(c.Evicted), MovedAgain: int(c.MovedAgain), Deleted: int(c.Deleted),
	}
	for budget, times := range c.Refusals {
		if counts.Refusals == nil {
			counts.Refusals = map[string]int{}
		}
		counts.Refusals[budget] = int(times)
	}
	return counts
}

func toTime(t *metav1.MicroTime) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

// each converts every element of a list. An empty list becomes nil.
func each[From, To any](list []From, turn func(From) To) []To {
	if len(list) == 0 {
		return nil
	}
	turned := make([]To, 0, len(list))
	for _, element := range list {
		turned = append(turned, turn(element))
	}
	return turned
}
