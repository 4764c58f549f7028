package debts

import (
	"fmt"
	"time"

	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

func autoscaler() Debt {
	return Debt{
		Borrow: borrowAutoscaler, Keep: keepAutoscaler, Restore: restoreAutoscaler, Owed: owedAutoscaler,
		Calls: []string{"AutoscalerResumed"},
		Reads: []plan.Read{plan.AutoscalerRead},
	}
}

// borrowAutoscaler notes that Cluster Autoscaler may be suspended by this node group.
func borrowAutoscaler(v *View, l *upgrade.Ledger) bool {
	mode := v.Update.Policy.Autoscaler
	suspends := mode == upgrade.AutoscalerSuspend || mode == upgrade.AutoscalerAnnotate && !v.IsMinimal()
	if suspends && len(v.Autoscaler) > 0 && !v.changesNothing() {
		l.Autoscaler = true
	}
	return false // it is saved with the sizes and the marks
}

// keepAutoscaler prevents Cluster Autoscaler from removing new nodes while they are still empty, and from
// changing the sizes while they are raised.
func keepAutoscaler(v *View, p *plan.Plan) plan.Decision {
	mode := v.Update.Policy.Autoscaler
	if mode == upgrade.AutoscalerAnnotate {
		if decided := disableScaleDown(v, p, "Cluster Autoscaler may not remove this node during the update"); decided != plan.Nothing {
			return decided
		}
	}
	if mode == upgrade.AutoscalerSuspend || mode == upgrade.AutoscalerAnnotate && v.raisesSizes() {
		return suspendAutoscaler(v, p)
	}
	switch {
	case !v.Ledger.Autoscaler:
	case v.Run.AutoscalerSuspended: // it is suspended again if the sizes have to be raised again
		return p.Remember(func(r *upgrade.Run) { r.AutoscalerSuspended = false })
	case v.isAutoscalerHeld() && mode == upgrade.AutoscalerAnnotate:
		return p.Do(plan.ResumeAutoscaler{}, "AutoscalerResumed", "", "Cluster Autoscaler (%s) is running again, but may not remove the group's nodes", v.Autoscaler)
	case v.isAutoscalerHeld():
		return p.Do(plan.ResumeAutoscaler{}, "AutoscalerResumed", "", "Cluster Autoscaler (%s), which an earlier update had suspended, is no longer suspended: this update leaves it running", v.Autoscaler)
	}
	return p.Decided()
}

// raisesSizes reports whether the update is raising the sizes. Cluster Autoscaler computes the sizes that it
// sets from those that it has read up to a minute before. So it would take back what was raised since,
// and Auto Scaling would terminate nodes that are not drained (decision 23).
func (v *View) raisesSizes() bool {
	switch {
	case v.Run.Verdict != nil || v.IsMinimal():
		return false
	case v.IsScaling():
		return v.Run.Phase == upgrade.ScaleUp
	}
	return v.Run.Phase != upgrade.Upgrading || v.Added() < v.Surge()
}

// suspendAutoscaler suspends Cluster Autoscaler, once. If something, for example GitOps, has scaled
// it up again, that stays so, and the nodes are kept from removal instead.
func suspendAutoscaler(v *View, p *plan.Plan) plan.Decision {
	if !v.Ledger.Autoscaler || len(v.Autoscaler) == 0 {
		return plan.Nothing
	}
	if decided := finishRemovals(v, p); decided != plan.Nothing {
		return decided
	}
	suspended, seen := v.Autoscaler.IsSuspendedBy(v.Update.NodeGroup), v.Run.AutoscalerSuspended
	switch {
	case !suspended && !seen:
		return p.Do(plan.SuspendAutoscaler{}, "AutoscalerSuspended", "", "suspended Cluster Autoscaler (%s): %s", v.Autoscaler, v.whySuspended())
	case suspended && !seen:
		return p.Remember(func(r *upgrade.Run) { r.AutoscalerSuspended = true })
	case v.Autoscaler.Replicas() > 0:
		return disableScaleDown(v, p, "something scaled Cluster Autoscaler (%s) back to %s; it may not remove this node", v.Autoscaler, text.Count(v.Autoscaler.Replicas(), "replica"))
	}
	return plan.Nothing
}

// finishRemovals lets Cluster Autoscaler finish with the nodes that it has begun to remove. Its taint would stay
// on them while it is suspended, and no pod could go there. When it starts again it takes the taint off.
func finishRemovals(v *View, p *plan.Plan) plan.Decision {
	waited := AwaitRemovals(v, p, v.Update.Policy.JoinTimeout, "it is suspended when that is done")
	switch {
	case waited != plan.Wait:
		return plan.Nothing
	case v.Run.AutoscalerSuspended:
		return p.Remember(func(r *upgrade.Run) { r.AutoscalerSuspended = false })
	case v.isAutoscalerHeld():
		return p.Do(plan.ResumeAutoscaler{}, "AutoscalerResumed", "", "Cluster Autoscaler (%s) is running again, to finish with the nodes that it has begun to remove", v.Autoscaler)
	}
	return plan.Wait
}

// AwaitRemovals waits for nodes that Cluster Autoscaler is removing. One that does not run removes nothing.
func AwaitRemovals(v *View, p *plan.Plan, limit time.Duration, then string) plan.Decision {
	removed := v.Where(func(m *fleet.Member) bool { return m.Node != nil && m.Node.IsRemovedByAutoscaler() })
	if !v.Autoscaler.Runs() || len(removed) == 0 {
		return plan.Nothing
	}
	waited := p.WaitFor(plan.Removals, limit, "Cluster Autoscaler (%s) is removing %s%s (taint %s); %s",
		v.Autoscaler, removed[0].Name(), text.More(len(removed)-1), upgrade.TaintAutoscalerDeletes, then)
	if waited < limit {
		return plan.Wait
	}
	return plan.Nothing
}

func (v *View) whySuspended() string {
	switch {
	case v.IsScaling():
		return "it would change the sizes, too"
	case v.Update.Policy.Autoscaler == upgrade.AutoscalerAnnotate:
		return "it would lower the sizes again while they are raised; it runs again when the new nodes are usable"
	}
	return "it would remove new, still empty nodes"
}

// isAutoscalerHeld reports whether the node group has a Deployment of Cluster Autoscaler suspended.
func (v *View) isAutoscalerHeld() bool { return v.Autoscaler.IsHeldBy(v.Update.NodeGroup) }

// disableScaleDown annotates the group's nodes, so that Cluster Autoscaler does not remove them. That
// marks are owed is noted before: an update that restores may have removed them all already.
func disableScaleDown(v *View, p *plan.Plan, format string, args ...any) plan.Decision {
	for _, n := range v.nodesOfGroup() {
		if n.Has(upgrade.MarkScaleDownDisabled) {
			continue
		}
		if !v.Ledger.Marks {
			return p.Owe(func(l *upgrade.Ledger) { l.Marks = true })
		}
		if len(p.Steps) == StepsAPass {
			break
		}
		p.Do(plan.SetMarks{Node: n.Name, Marks: []upgrade.Mark{upgrade.MarkScaleDownDisabled}}, "ScaleDownDisabled", n.Name, "%s: %s", n.Name, fmt.Sprintf(format, args...))
	}
	return p.Decided()
}

// nodesOfGroup are the nodes of the members, or those that carry marks of the node group while the group
// cannot be read: that is what the cluster alone knows of the members.
func (v *View) nodesOfGroup() []*upgrade.Node {
	if v.Lacks(plan.GroupRead) {
		return v.markedNodes()
	}
	var nodes []*upgrade.Node
	for _, m := range v.Where(func(m *fleet.Member) bool { return m.Node != nil }) {
		nodes = append(nodes, m.Node)
	}
	return nodes
}

// RunAutoscaler lets Cluster Autoscaler run while the update is paused, so that it may add nodes.
// Those of the group it may not remove.
func RunAutoscaler(v *View, p *plan.Plan) plan.Decision {
	annotates := v.Ledger.Autoscaler || v.Ledger.Marks && v.Update.Policy.Autoscaler == upgrade.AutoscalerAnnotate
	if annotates && !v.GroupGone {
		if decided := disableScaleDown(v, p, "paused: Cluster Autoscaler is running, but may not remove this node"); decided != plan.Nothing {
			return decided
		}
	}
	switch {
	case v.Run.AutoscalerSuspended: // it runs now, and is suspended again later
		return p.Remember(func(r *upgrade.Run) { r.AutoscalerSuspended = false })
	case v.Ledger.Autoscaler && v.isAutoscalerHeld():
		return p.Do(plan.ResumeAutoscaler{}, "AutoscalerResumed", "", "Cluster Autoscaler (%s) is running while the update is paused", v.Autoscaler)
	}
	return plan.Nothing
}

func restoreAutoscaler(v *View, p *plan.Plan) plan.Decision {
	switch {
	case !v.Ledger.Autoscaler:
		return plan.Nothing
	case v.isAutoscalerHeld():
		return p.Do(plan.ResumeAutoscaler{}, "AutoscalerResumed", "", "Cluster Autoscaler (%s) is no longer suspended by this update", v.Autoscaler)
	}
	return p.Owe(func(l *upgrade.Ledger) { l.Autoscaler = false })
}

func owedAutoscaler(v *View) (what, why string) {
	if !v.Ledger.Autoscaler {
		return "", ""
	}
	return "Cluster Autoscaler is still suspended", ""
}
