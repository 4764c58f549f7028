package engine

import (
	"github.com/nodelift/nodelift/internal/engine/debts"
	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// rule looks at the state, adds to the plan and returns what it decided.
type rule = func(*state, *plan.Plan) plan.Decision

// decide asks the rules in the order of the phases until one decides something. It is a pure
// function of the state.
func decide(s *state) *plan.Plan {
	p := plan.New(s.Now, s.record)
	for _, call := range s.failedReads {
		p.CallFailed(call)
	}
	p.Decision = plan.FirstOf(s, p, rules(s)...)
	if p.Failure != nil {
		s.fail(p)
	}
	return p
}

// rules are those of an update under way or, after a verdict, those of its end.
func rules(s *state) []rule {
	switch {
	case s.Run.Phase == upgrade.Done:
		return []rule{rest}
	case s.fault != nil:
		return []rule{begin, stopAtFault}
	case s.Run.Verdict != nil:
		return []rule{handOver, pauseUpdate, groupLost, restore}
	case len(s.Unread) > 0:
		return []rule{begin, awaitTurn, handOver, awaitUndone, cancel, pauseUpdate, giveUp, awaitReads}
	case s.IsScaling():
		return []rule{begin, awaitTurn, handOver, cancel, resume, pauseUpdate, groupLost, refuse, giveUp, watchHealth, noticeChanges, keepBorrowed, setupScaling, changeSizes, awaitGrown, raiseMinimum, concludeScaling}
	}
	return []rule{begin, awaitTurn, handOver, awaitUndone, cancel, resume, pauseUpdate, groupLost, refuse, giveUp, watchHealth, noticeChanges, keepBorrowed, setup, rollWarmPool, scaleUp, upgradeNodes, failQuarantined, conclude}
}

// of makes a rule of one about a debt; one that is nil decides nothing.
func of(r debts.Rule) rule {
	return func(s *state, p *plan.Plan) plan.Decision {
		if r == nil {
			return plan.Nothing
		}
		return r(&s.View, p)
	}
}

// awaitReads waits until everything can be read again: nothing new is started by half of what there is
// to know.
func awaitReads(*state, *plan.Plan) plan.Decision { return plan.Wait }

// rest is what is left to do when an update has ended: nothing.
func rest(*state, *plan.Plan) plan.Decision { return plan.End }

// begin starts the run.
func begin(s *state, p *plan.Plan) plan.Decision {
	if s.Run.Phase != "" {
		return plan.Nothing
	}
	p.Enter(upgrade.Setup)
	p.Record.Run.Started = s.Now
	return plan.Act
}

// cancel ends an update that people do not want any more.
func cancel(s *state, p *plan.Plan) plan.Decision {
	if !s.Update.Cancelled {
		return plan.Nothing
	}
	p.Say("UpgradeCancelled", "cancelled; no more nodes will be drained; restoring sizes, processes, autoscaler and marks")
	return s.end(p, upgrade.Verdict{Status: upgrade.Cancelled, RestoreTemplate: s.Update.RestoreTemplate})
}

// conclude ends an update without outdated nodes. As many nodes as were promised are usable then,
// and where bad health stops the update it is good.
func conclude(s *state, p *plan.Plan) plan.Decision {
	if len(s.Outdated()) > 0 || len(s.Run.Drains) > 0 {
		return plan.Nothing
	}
	return plan.FirstOf(s, p, awaitUsable, awaitHealth, succeed)
}

func awaitHealth(s *state, p *plan.Plan) plan.Decision {
	if s.awaitsHealth(p) {
		return plan.Wait
	}
	return plan.Nothing
}

func succeed(s *state, p *plan.Plan) plan.Decision {
	s.end(p, upgrade.Verdict{Status: upgrade.Successful})
	s.nameSkipped(p)
	return plan.Act
}

// nameSkipped names the outdated members that were left alone.
func (s *state) nameSkipped(p *plan.Plan) {
	for _, m := range s.Running(func(m *fleet.Member) bool { return m.Outdated && m.Lifecycle.StandbyOrDetaching() }) {
		p.Warn("NodeSkipped", "%s is outdated and was skipped: it is in Standby or detaching (%s). Run the upgrade again when it is in service", m.Name(), m.Lifecycle)
	}
}
