package kube

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// fromRun turns the engine's memory of an update into the resource's status; toRun is its
// inverse. Times keep microseconds.
func fromRun(r upgrade.Run) v1alpha1.NodeGroupUpdateStatus {
	return v1alpha1.NodeGroupUpdateStatus{
		Phase:         string(r.Phase),
		Started:       fromTime(r.Started),
		Strategy:      string(r.Strategy),
		Resolved:      ifSet(r.Resolved, fromResolved),
		Baseline:      ifSet(r.Baseline, fromBaseline),
		Scaling:       ifSet(r.Scaling, fromScaled),
		MostUsable:    int32(r.MostUsable),
		NodesInFlight: each(r.Drains, fromDrain),
		Soaked:        int32(r.Soaked),
		SoakSince:     fromTime(r.SoakSince),
		Health:        ifSet(r.HealthBaseline, fromHealth),
		Stops:         int32(r.HealthPauses),
		Stop:          ifSet(r.HealthPause, fromStop),
		Quarantined:   each(r.Quarantined, func(q upgrade.Quarantined) v1alpha1.QuarantinedNode { return v1alpha1.QuarantinedNode(q) }),
		Verdict:       ifSet(r.Verdict, fromVerdict),
		Landed: each(r.RecentlyTerminated, func(l upgrade.TerminatedInstance) v1alpha1.LandedInstance {
			return v1alpha1.LandedInstance{Instance: l.Instance, At: fromTime(l.At)}
		}),
		WithoutNode:    each(r.WithoutNode, fromWithoutNode),
		AutoscalerHeld: r.AutoscalerSuspended,
		PendingTold:    fromTime(r.PendingPodsReported),
		Stuck:          r.Undrainable,
		SizesKept:      r.SizesNotRestored,
		Owing:          r.Owed,
		LastPass:       fromTime(r.LastPass),
		Gaps: each(r.Gaps, func(g upgrade.Gap) v1alpha1.Gap {
			return v1alpha1.Gap{From: fromTime(g.From), To: fromTime(g.To)}
		}),
		Timers: each(r.Timers, func(t upgrade.Timer) v1alpha1.Timer {
			return v1alpha1.Timer{Key: string(t.Key), Since: fromTime(t.Since)}
		}),
		FailedCalls:     each(r.FailedCalls, fromFailedCall),
		ResumeRequested: r.ResumeRequested,

		Waits:  each(r.Waits, fromWait),
		Counts: fromCounts(r.Counts),
		Phases: each(r.Phases, func(p upgrade.PhaseTime) v1alpha1.PhaseTime {
			return v1alpha1.PhaseTime{Phase: string(p.Phase), Began: fromTime(p.Began)}
		}),
	}
}

func fromResolved(r upgrade.Resolved) v1alpha1.Resolved {
	return v1alpha1.Resolved{
		Image: fromImage(r.Image), Template: fromVersion(r.Template),
		From: fromImage(r.From), Before: fromVersion(r.Before), Followed: r.Followed, ByTemplate: r.ByTemplate, MadeFrom: fromVersion(r.MadeFrom), Copy: fromVersion(r.Copy), Unlaunchable: r.Unlaunchable,
	}
}

// fromVersion returns nil for no version.
func fromVersion(t upgrade.TemplateVersion) *v1alpha1.TemplateVersion {
	if t == (upgrade.TemplateVersion{}) {
		return nil
	}
	version := v1alpha1.TemplateVersion(t)
	return &version
}

func fromImage(i upgrade.Image) v1alpha1.Image { return v1alpha1.Image(i) }

func fromBaseline(b upgrade.Baseline) v1alpha1.Baseline {
	return v1alpha1.Baseline{
		Nodes: int32(b.Nodes), Zones: int32(b.Zones), Outdated: int32(b.Outdated), Usable: int32(b.Usable), Taints: b.Taints, Extended: b.ExtendedResources,
	}
}

func fromDrain(d upgrade.Drain) v1alpha1.NodeInFlight {
	return v1alpha1.NodeInFlight{
		Instance: d.Instance,
		Node:     d.Node,
		Zone:     d.Zone,
		Since:    fromTime(d.Since),
		Surplus:  d.Surplus,
		Cordoned: fromTime(d.Cordoned),
		Forced:   fromTime(d.Forced),
		Asked:    fromTime(d.TerminationRequested),
		Evicted:  int32(d.Evicted),

		GraceEnds: fromTime(d.GraceEnds),
		Held:      each(d.Blocked, fromHeld),
	}
}

func fromHeld(h upgrade.BlockedPod) v1alpha1.HeldPod {
	return v1alpha1.HeldPod{
		Pod: h.Pod, UID: h.UID, Since: fromTime(h.Since), Tries: int32(h.Tries), Next: fromTime(h.Next), Why: h.Why, Budget: h.Budget,
	}
}

func fromWithoutNode(w upgrade.WithoutNode) v1alpha1.InstanceWithoutNode {
	without := v1alpha1.InstanceWithoutNode{Instance: w.Instance, Since: fromTime(w.Since), Lost: w.Lost, Back: w.Back}
	if w.Grace != 0 {
		without.Grace = &metav1.Duration{Duration: w.Grace}
	}
	return without
}

func fromVerdict(v upgrade.Verdict) v1alpha1.Verdict {
	return v1alpha1.Verdict{
		Status: v1alpha1.UpdateStatus(v.Status),
		Errors: each(v.Errors, func(e upgrade.Error) v1alpha1.Issue {
			return v1alpha1.Issue{Code: e.Code, Message: e.Message, ResourceIDs: e.Resources}
		}),
		At:              fromTime(v.At),
		PutTemplateBack: v.RestoreTemplate,
		RollBack:        v.RollBack,
	}
}

func fromWait(w upgrade.Wait) v1alpha1.Wait {
	wait := v1alpha1.Wait{Key: string(w.Key), Message: w.Message, Since: fromTime(w.Since)}
	if w.Limit != 0 {
		wait.Limit = &metav1.Duration{Duration: w.Limit}
	}
	return wait
}

func fromFailedCall(c upgrade.FailedCall) v1alpha1.FailedCall {
	call := v1alpha1.FailedCall{Reason: c.Reason, Code: c.Code, Message: c.Message, Since: fromTime(c.Since)}
	if c.Limit != 0 {
		call.Limit = &metav1.Duration{Duration: c.Limit}
	}
	return call
}

func fromCounts(c upgrade.Counts) *v1alpha1.Counts {
	counts := &v1alpha1.Counts{
		Replaced: int32(c.Replaced), Shrunk: int32(c.ScaledDown), Launched: int32(c.Launched),
		Evicted: int32(c.Evicted), MovedAgain: int32(c.MovedAgain), Deleted: int32(c.Deleted),
	}
	for budget, times := range c.Refusals {
		if counts.Refusals == nil {
			counts.Refusals = map[string]int32{}
		}
		counts.Refusals[budget] = int32(times)
	}
	return counts
}

// fromTime returns nil for no time. It keeps microseconds.
func fromTime(t time.Time) *metav1.MicroTime {
	if t.IsZero() {
		return nil
	}
	return &metav1.MicroTime{Time: t.UTC().Truncate(time.Microsecond)}
}
