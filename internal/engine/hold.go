package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// stepsAPass bounds the changes of nodes in one pass, so that a pass over a
// group of thousands stays short.
const stepsAPass = 100

// hold keeps hold of what the update relies on while it works: Cluster
// Autoscaler and the zone rebalancing are suspended, labels tell the truth and
// nodes carry no marks that they should not.
func hold(s *state, p *plan) {
	if !s.Borrowed() {
		if s.Run.Verdict != nil {
			clearMarks(s, p)
		}
		return
	}
	p.firstOf(s, holdAutoscaler, holdProcesses, labelNodes, clearMarks, tellPending)
}

// holdAutoscaler sees to it that Cluster Autoscaler does not remove new, still
// empty nodes.
func holdAutoscaler(s *state, p *plan) {
	if s.Update.Policy.Autoscaler == upgrade.AutoscalerSuspend {
		suspend(s, p)
		return
	}
	if s.Update.Policy.Autoscaler == upgrade.AutoscalerAnnotate {
		s.keepFromRemoval(p, "Cluster Autoscaler keeps running, but may not remove this node during the update")
	}
	if len(p.steps) == 0 && s.autoscaler.IsSuspendedBy(s.Update.NodeGroup) {
		p.do(resumeAutoscaler{}, "AutoscalerResumed", "", "Cluster Autoscaler (%s), which an earlier update had suspended, is no longer suspended: this update leaves it running", s.autoscaler.Name)
	}
}

// suspend suspends Cluster Autoscaler, once. If something, GitOps say, has put
// it back, that is not fought: its nodes are kept from removal instead.
func suspend(s *state, p *plan) {
	held := s.autoscaler.IsSuspendedBy(s.Update.NodeGroup)
	switch {
	case !s.Ledger.Autoscaler || s.autoscaler.Name == "":
	case !held && !s.Run.AutoscalerSuspended:
		why := "it would remove new, still empty nodes"
		if s.IsScaling() {
			why = "it would change the sizes, too"
		}
		p.do(suspendAutoscaler{}, "AutoscalerSuspended", "", "suspended Cluster Autoscaler (%s): %s", s.autoscaler.Name, why)
	case held && !s.Run.AutoscalerSuspended:
		p.remember(func(r *upgrade.Run) { r.AutoscalerSuspended = true })
	case s.autoscaler.Replicas > 0:
		s.keepFromRemoval(p, "something scaled Cluster Autoscaler (%s) back to %s; it may not remove this node", s.autoscaler.Name, text.Count(s.autoscaler.Replicas, "replica"))
	}
}

// keepFromRemoval puts scale-down-disabled on the group's nodes.
func (s *state) keepFromRemoval(p *plan, format string, args ...any) {
	for _, m := range s.Where(func(m *fleet.Member) bool { return m.Node != nil && !m.Node.Has(upgrade.MarkScaleDownDisabled) }) {
		if len(p.steps) == stepsAPass {
			return
		}
		p.do(setMarks{m.Node.Name, []upgrade.Mark{upgrade.MarkScaleDownDisabled}}, "ScaleDownDisabled", m.Node.Name, "%s: %s", m.Node.Name, fmt.Sprintf(format, args...))
	}
}

// holdProcesses suspends the scaling processes that the ledger names.
func holdProcesses(s *state, p *plan) {
	running := slices.DeleteFunc(slices.Clone(s.Ledger.Processes), s.Group.HasProcessSuspended)
	if len(running) > 0 {
		p.do(setProcesses{running, true}, "ProcessesSuspended", "", "suspended the group's processes that may terminate nodes undrained: %s", strings.Join(running, ", "))
	}
}

// labelNodes writes the image label from EC2, so that it tells the truth.
func labelNodes(s *state, p *plan) {
	if s.IsScaling() { // it is not about images
		return
	}
	wrong := func(m *fleet.Member) bool { return m.Node != nil && m.Image != "" && m.Node.Image != m.Image }
	for _, m := range s.Where(wrong) {
		if len(p.steps) == stepsAPass {
			return
		}
		what := "joined"
		if m.Outdated {
			what = "outdated"
		}
		p.do(labelImage{m.Node.Name, m.Image}, "NodeLabelled", m.Node.Name, "labelled %s (%s, %s) with its image %s", m.Node.Name, m.Zone, what, m.Image)
	}
}

// clearMarks takes marks off nodes that have no reason to carry them: those
// that are up to date and not in flight, and those that stood still.
func clearMarks(s *state, p *plan) {
	for _, m := range s.MarkedMembers() {
		if len(p.steps) == stepsAPass {
			return
		}
		if wrong := s.unfounded(m); len(wrong) > 0 {
			p.do(removeMarks{m.Node.Name, wrong}, "MarksRemoved", m.Node.Name, "removed the marks %s from %s: no longer needed", list(wrong), m.Node.Name)
		}
	}
	s.clearDetached(p)
}

// unfounded returns those of our marks that a node should not carry now.
func (s *state) unfounded(m *fleet.Member) []upgrade.Mark {
	return slices.DeleteFunc(slices.Clone(m.Node.Owned), func(k upgrade.Mark) bool {
		switch {
		case k == upgrade.MarkScaleDownDisabled:
			return s.autoscaler.Replicas > 0 || s.Update.Policy.Autoscaler == upgrade.AutoscalerAnnotate
		case m.InFlight:
			return true
		case k == upgrade.MarkTaint && s.IsMinimal():
			return false
		case k == upgrade.MarkTaint || k == upgrade.MarkPrefer:
			return m.Outdated && !m.Lifecycle.StandbyOrDetaching() && s.Run.Verdict == nil
		}
		return false
	})
}

func list(marks []upgrade.Mark) string {
	words := make([]string, len(marks))
	for i, m := range marks {
		words[i] = string(m)
	}
	return strings.Join(words, ", ")
}
