package engine

import (
	"slices"

	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// end makes a verdict an intent and says it. What was borrowed is restored after it.
func (s *state) end(p *plan.Plan, v upgrade.Verdict) plan.Decision {
	s.conclude(p, v)
	switch {
	case v.Status == upgrade.Successful && s.IsScaling():
		p.Say("Scaled", "the group has the requested sizes (%s); restoring processes, autoscaler and marks", s.Ledger.Sizes.Owner)
	case v.Status == upgrade.Successful:
		p.Say("UpgradeSucceeded", "all nodes run image %s; restoring sizes, processes, autoscaler and marks", s.Run.Resolved.Image.ID)
	}
	for _, e := range v.Errors {
		p.Warn(e.Code, "%s", e.Message)
	}
	return plan.Act
}

// fail makes the verdict of a failure an intent.
func (s *state) fail(p *plan.Plan) {
	s.conclude(p, upgrade.Verdict{
		Status:          upgrade.Failed,
		Errors:          []upgrade.Error{*p.Failure},
		RestoreTemplate: s.noneUsable(),
		RollBack:        s.rollsBack(p.Failure.Code),
	})
}

func (s *state) conclude(p *plan.Plan, v upgrade.Verdict) {
	v.At = s.Now
	p.Enter(upgrade.ScaleDown)
	p.Record.Run.Verdict = &v
	// People want to know what Auto Scaling says about nodes that did not come up, and what they say themselves.
	if len(v.Errors) > 0 && v.Errors[0].Code == upgrade.NodeCreationFailure {
		about := v.Errors[0].Resources
		p.Needs.LastActivity, p.Needs.About, p.Needs.Console = true, about, s.neverUsable(about)
	}
}

// neverUsable returns the instance that an error is about, or the oldest new one that is not usable in the
// zones that it is about, or anywhere; "" if there is none. The oldest has had the most time to write.
func (s *state) neverUsable(resources []string) string {
	oldest := (*fleet.Member)(nil)
	for _, m := range s.UpToDate() {
		isMeant := len(resources) == 0 || slices.Contains(resources, m.ID) || slices.Contains(resources, m.Zone)
		if isMeant && !m.Usable && (oldest == nil || m.Launched.Before(oldest.Launched)) {
			oldest = m
		}
	}
	if oldest == nil {
		return ""
	}
	return oldest.ID
}

// noneUsable reports whether no node of the target ever became usable: until the upgrade phase
// nothing but a look can tell, and after it one was. MINIMAL has none before that phase: there it is
// no node now. One that is silent may have been usable. Where the nodes could not be read, it is not
// known, and the reference stays.
func (s *state) noneUsable() bool {
	if s.Lacks(plan.GroupRead, plan.NodesRead) {
		return false
	}
	if s.IsScaling() || s.Run.Phase != upgrade.Setup && s.Run.Phase != upgrade.ScaleUp && !s.IsMinimal() {
		return false
	}
	return !slices.ContainsFunc(s.UpToDate(), func(m *fleet.Member) bool { return m.Usable || s.IsUnheard(m) })
}

// rollsBack reports whether a failure is answered with a rollback: if people want that and there is
// something to undo, but not if the group used the target before, as a retry's does, if somebody
// else has changed the template or the group is gone, and never a rollback itself.
func (s *state) rollsBack(code string) bool {
	if r := s.Run.Resolved; r != nil && r.Before.Same(r.Template) {
		return false
	}
	return s.Update.Policy.RollbackOnFailure && s.Update.Rollback == nil && !s.IsScaling() && s.Ledger.Owes() && code != upgrade.Conflict && code != upgrade.ResourceNotFound
}
