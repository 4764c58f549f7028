package engine

import (
	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// rule looks at the state and adds to the plan what it wants.
type rule func(*state, *plan)

// decide is a list of rules in the order of the phases; the first that wants
// something wins. It is a pure function of the state.
func decide(s *state) *plan {
	p := newPlan(s)
	p.firstOf(s, rules(s)...)
	return p
}

// firstOf asks rules in their order until one wants something, and reports whether one does.
func (p *plan) firstOf(s *state, rules ...rule) bool {
	for _, r := range rules {
		r(s, p)
		if p.wanted() {
			return true
		}
	}
	return false
}

// rules are those of an update under way or, after a verdict, those of its end.
func rules(s *state) []rule {
	switch {
	case s.Run.Phase == upgrade.Done:
		return []rule{rest}
	case s.fault != nil:
		return []rule{begin, stopAtFault}
	case s.Run.Verdict == nil && s.IsScaling():
		return scalingRules()
	case s.Run.Verdict == nil:
		return []rule{begin, awaitTurn, handOver, awaitUndone, cancel, resume, pauseUpdate, groupLost, refuse, giveUp, watchHealth, keepSizes, hold, setup, scaleUp, taintOutdated, upgradeNodes, failQuarantined, conclude}
	}
	return []rule{handOver, pauseUpdate, groupLost, giveUp, turnBack, keepSizes, dropDrains, stayAtSize, hold, templateBack, uselessReplaced, sizesBack, processesBack, autoscalerBack, marksBack, finish}
}

// rest is what is left to do when an update has ended: nothing.
func rest(_ *state, p *plan) { p.done = true }

// begin starts the run.
func begin(s *state, p *plan) {
	if s.Run.Phase == "" {
		p.enter(upgrade.Setup)
		p.record.Run.Started = s.Now
	}
}

// cancel ends an update that people do not want any more.
func cancel(s *state, p *plan) {
	if s.Update.Cancelled {
		p.end(upgrade.Verdict{Status: upgrade.Cancelled, RestoreTemplate: s.Update.RestoreTemplate})
		p.say("UpgradeCancelled", "cancelled; no more nodes will be drained; restoring sizes, processes, autoscaler and marks")
	}
}

// conclude ends an update without outdated nodes. With MINIMAL the last ones are
// replaced by then, too, and where bad health stops the update it is good.
func conclude(s *state, p *plan) {
	if len(s.Outdated()) > 0 || len(s.Run.Drains) > 0 {
		return
	}
	if s.IsMinimal() {
		s.awaitReplacements(p)
		if p.wanted() {
			return
		}
	}
	if s.settles(p) {
		p.block()
		return
	}
	p.end(upgrade.Verdict{Status: upgrade.Successful})
	s.tellApart(p)
}

// tellApart names the outdated members that were left alone.
func (s *state) tellApart(p *plan) {
	for _, m := range s.Running(func(m *fleet.Member) bool { return m.Outdated && m.Lifecycle.StandbyOrDetaching() }) {
		p.warn("NodeSkipped", "%s is outdated and was skipped: it is in Standby or detaching (%s). Run the upgrade again when it is in service", m.Name(), m.Lifecycle)
	}
}
