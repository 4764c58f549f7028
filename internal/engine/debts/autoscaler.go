package debts

import (
	"fmt"

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
	suspends := v.Update.Policy.Autoscaler == upgrade.AutoscalerSuspend && v.Autoscaler.Name != ""
	if suspends && !v.changesNothing() {
		l.Autoscaler = true
	}
	return false // it is saved with the sizes and the marks
}

// keepAutoscaler prevents Cluster Autoscaler from removing new nodes while they are still empty.
func keepAutoscaler(v *View, p *plan.Plan) plan.Decision {
	mode := v.Update.Policy.Autoscaler
	if mode == upgrade.AutoscalerSuspend {
		return suspendAutoscaler(v, p)
	}
	if mode == upgrade.AutoscalerAnnotate {
		if decided := disableScaleDown(v, p, "Cluster Autoscaler keeps running, but may not remove this node during the update"); decided != plan.Nothing {
			return decided
		}
	}
	if v.Ledger.Autoscaler && v.isAutoscalerSuspended() {
		return p.Do(plan.ResumeAutoscaler{}, "AutoscalerResumed", "", "Cluster Autoscaler (%s), which an earlier update had suspended, is no longer suspended: this update leaves it running", v.Autoscaler.Name)
	}
	return p.Decided()
}

// suspendAutoscaler suspends Cluster Autoscaler, once. If something, for example GitOps, has scaled
// it up again, that stays so, and the nodes are kept from removal instead.
func suspendAutoscaler(v *View, p *plan.Plan) plan.Decision {
	suspended, seen := v.isAutoscalerSuspended(), v.Run.AutoscalerSuspended
	switch {
	case !v.Ledger.Autoscaler || v.Autoscaler.Name == "":
	case !suspended && !seen:
		why := "it would remove new, still empty nodes"
		if v.IsScaling() {
			why = "it would change the sizes, too"
		}
		return p.Do(plan.SuspendAutoscaler{}, "AutoscalerSuspended", "", "suspended Cluster Autoscaler (%s): %s", v.Autoscaler.Name, why)
	case suspended && !seen:
		return p.Remember(func(r *upgrade.Run) { r.AutoscalerSuspended = true })
	case v.Autoscaler.Replicas > 0:
		return disableScaleDown(v, p, "something scaled Cluster Autoscaler (%s) back to %s; it may not remove this node", v.Autoscaler.Name, text.Count(v.Autoscaler.Replicas, "replica"))
	}
	return plan.Nothing
}

func (v *View) isAutoscalerSuspended() bool { return v.Autoscaler.IsSuspendedBy(v.Update.NodeGroup) }

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
	case v.Ledger.Autoscaler && v.isAutoscalerSuspended():
		return p.Do(plan.ResumeAutoscaler{}, "AutoscalerResumed", "", "Cluster Autoscaler (%s) is running while the update is paused", v.Autoscaler.Name)
	}
	return plan.Nothing
}

func restoreAutoscaler(v *View, p *plan.Plan) plan.Decision {
	switch {
	case !v.Ledger.Autoscaler:
		return plan.Nothing
	case v.isAutoscalerSuspended():
		return p.Do(plan.ResumeAutoscaler{}, "AutoscalerResumed", "", "Cluster Autoscaler (%s) is no longer suspended by this update", v.Autoscaler.Name)
	}
	return p.Owe(func(l *upgrade.Ledger) { l.Autoscaler = false })
}

func owedAutoscaler(v *View) (what, why string) {
	if !v.Ledger.Autoscaler {
		return "", ""
	}
	return "Cluster Autoscaler is still suspended", ""
}
