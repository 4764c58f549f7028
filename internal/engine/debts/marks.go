package debts

import (
	"slices"
	"strings"

	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/upgrade"
)

func marks() Debt {
	return Debt{
		Borrow: borrowMarks, Keep: keepMarks, Restore: restoreMarks, Owed: owedMarks,
		Calls: []string{"MarksRemoved"},
		Reads: []plan.Read{plan.NodesRead},
	}
}

func borrowMarks(_ *View, l *upgrade.Ledger) bool {
	needed := !l.Marks
	l.Marks = true
	return needed
}

// keepMarks labels nodes with their image, taints outdated ones, and removes marks that are no longer
// needed. The label is no debt: it stays, because EKS's own nodes have it, too.
func keepMarks(v *View, p *plan.Plan) plan.Decision {
	return plan.FirstOf(v, p, labelNodes, ClearMarks, taintOutdated)
}

// labelNodes writes the image label from what EC2 reports.
func labelNodes(v *View, p *plan.Plan) plan.Decision {
	if v.IsScaling() { // it is not about images
		return plan.Nothing
	}
	wrong := func(m *fleet.Member) bool { return m.Node != nil && m.Image != "" && m.Node.Image != m.Image }
	for _, m := range v.Where(wrong) {
		if len(p.Steps) == StepsAPass {
			break
		}
		what := "joined"
		if m.Outdated {
			what = "outdated"
		}
		p.Do(plan.LabelImage{Node: m.Node.Name, Image: m.Image}, "NodeLabelled", m.Node.Name, "labelled %s (%s, %s) with its image %s", m.Node.Name, m.Zone, what, m.Image)
	}
	return p.Decided()
}

// ClearMarks takes marks off nodes that have no reason to carry them: those that are up to date and
// not in flight, and those that are no members any more.
func ClearMarks(v *View, p *plan.Plan) plan.Decision {
	for _, m := range v.MarkedMembers() {
		if len(p.Steps) == StepsAPass {
			return plan.Act
		}
		if wrong := v.unfounded(m); len(wrong) > 0 {
			p.Do(plan.RemoveMarks{Node: m.Node.Name, Marks: wrong}, "MarksRemoved", m.Node.Name, "removed the marks %s from %s: no longer needed", list(wrong), m.Node.Name)
		}
	}
	clearDetached(v, p)
	return p.Decided()
}

// taintOutdated keeps new pods off the outdated nodes (step 4). They are not cordoned: load balancers
// would drop them all. Those in flight are tainted when they are drained.
func taintOutdated(v *View, p *plan.Plan) plan.Decision {
	if v.Run.Phase != upgrade.Upgrading || v.Run.Verdict != nil {
		return plan.Nothing
	}
	taint := v.TaintForZone()
	for _, m := range v.Outdated() {
		mark := taint(m.Zone)
		if m.Node == nil || m.InFlight || m.Node.Has(upgrade.MarkTaint) || m.Node.Has(mark) {
			continue
		}
		if len(p.Steps) == StepsAPass {
			break
		}
		how := "so that pods go to new nodes"
		if mark == upgrade.MarkPrefer {
			how = "PreferNoSchedule, so that pods go to new nodes if they can"
		}
		p.Do(plan.SetMarks{Node: m.Node.Name, Marks: []upgrade.Mark{mark}}, "NodeTainted", m.Node.Name, "tainted outdated node %s (image %s) %s", m.Node.Name, m.Image, how)
	}
	return p.Decided()
}

// unfounded returns those of our marks that a node should not carry now.
func (v *View) unfounded(m *fleet.Member) []upgrade.Mark {
	return slices.DeleteFunc(slices.Clone(m.Node.Owned), func(k upgrade.Mark) bool {
		switch {
		case k == upgrade.MarkScaleDownDisabled:
			return v.Autoscaler.Replicas() > 0 || v.Update.Policy.Autoscaler == upgrade.AutoscalerAnnotate
		case m.InFlight:
			return true
		case k == upgrade.MarkTaint && v.IsMinimal():
			return false
		case k == upgrade.MarkTaint || k == upgrade.MarkPrefer:
			return m.Outdated && !m.Lifecycle.StandbyOrDetaching() && v.Run.Verdict == nil
		}
		return false
	})
}

// clearDetached takes our marks off nodes that are no members any more, when that is confirmed.
func clearDetached(v *View, p *plan.Plan) {
	for _, n := range v.DetachedNodes() {
		waited := p.WaitFor(plan.Detached(n.Name), upgrade.ConfirmAfter, "%s carries marks but is not in the group; reading again", n.Name)
		if waited >= upgrade.ConfirmAfter && len(p.Steps) < StepsAPass {
			p.Do(plan.RemoveMarks{Node: n.Name, Marks: n.Owned}, "MarksRemoved", n.Name, "%s is no longer in the group: removed the marks %s", n.Name, list(n.Owned))
		}
	}
}

// restoreMarks takes all our marks off the nodes, but for those that are drained to restore the sizes.
func restoreMarks(v *View, p *plan.Plan) plan.Decision {
	if !v.Ledger.Marks {
		return plan.Nothing
	}
	shrinks := v.Ledger.Sizes != nil && !v.Run.SizesNotRestored
	for _, n := range v.markedNodes() {
		if shrinks && v.Run.DrainOf(n.Instance()) != nil {
			continue
		}
		if len(p.Steps) == StepsAPass {
			break
		}
		if marks := removable(n, shrinks); len(marks) > 0 {
			p.Do(plan.RemoveMarks{Node: n.Name, Marks: marks}, "MarksRemoved", n.Name, "removed the marks %s from %s", list(marks), n.Name)
		}
	}
	switch {
	case len(p.Steps) > 0:
		return plan.Act
	case shrinks || !v.Lacks(plan.GroupRead) && len(v.DetachedNodes()) > 0: // ClearMarks takes theirs off
		return plan.Wait
	}
	if returning := v.ReturningToPool(marked); len(returning) > 0 {
		return v.awaitMarked(p, returning[0])
	}
	return p.Owe(func(l *upgrade.Ledger) { l.Marks = false })
}

// awaitMarked waits for an instance whose node carries marks and that may return to the warm pool. At the
// limit the marks stay owed: in service again, the node would carry them.
func (v *View) awaitMarked(p *plan.Plan, i upgrade.Instance) plan.Decision {
	limit := v.Update.Policy.JoinTimeout
	waited := p.WaitFor(plan.WarmPool, limit, "waiting for %s to be gone: its node carries marks, and it may return to the warm pool (ReuseOnScaleIn)", i.ID)
	if waited < limit {
		return plan.Wait
	}
	return plan.Nothing
}

// removable are our marks that a node needs no longer. While the sizes are not restored, Cluster
// Autoscaler may not remove it (keepAutoscaler).
func removable(n *upgrade.Node, shrinks bool) []upgrade.Mark {
	return slices.DeleteFunc(slices.Clone(n.Owned), func(m upgrade.Mark) bool { return shrinks && m == upgrade.MarkScaleDownDisabled })
}

// markedNodes are the nodes of the members that carry marks, or all nodes that carry marks of the node
// group while it is not known which are members, or when there are none.
func (v *View) markedNodes() []*upgrade.Node {
	var marked []*upgrade.Node
	if v.Lacks(plan.GroupRead) || v.GroupGone {
		for i, n := range v.Nodes {
			if n.Owner == v.Update.NodeGroup && len(n.Owned) > 0 {
				marked = append(marked, &v.Nodes[i])
			}
		}
		return marked
	}
	for _, m := range v.MarkedMembers() {
		marked = append(marked, m.Node)
	}
	return marked
}

func marked(m *fleet.Member) bool { return m.Node != nil && len(m.Node.Owned) > 0 }

func owedMarks(v *View) (what, why string) {
	if !v.Ledger.Marks {
		return "", ""
	}
	if returning := v.ReturningToPool(marked); len(returning) > 0 {
		why = returning[0].ID + " is still terminating, and may return to the warm pool"
	}
	return "nodes still carry marks", why
}

func list(marks []upgrade.Mark) string {
	words := make([]string, len(marks))
	for i, m := range marks {
		words[i] = string(m)
	}
	return strings.Join(words, ", ")
}
