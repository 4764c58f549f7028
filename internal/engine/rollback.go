package engine

import (
	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// A rollback is an update whose target is what was there before another one. It
// takes over what that one has borrowed, as it is, and restores it at its own
// end: nodes that the other one has not replaced yet are up to date and lose
// their marks, those that it has launched are outdated. See decision 6.

// handOver ends an update that is rolled back. What it has borrowed passes to the update that undoes
// it. A node that was about to be terminated with its place keeps that: the other update does not
// have it in flight.
func handOver(s *state, p *plan.Plan) plan.Decision {
	by := s.Update.RolledBackBy
	if by == "" {
		return plan.Nothing
	}
	if sizes := s.Ledger.Sizes; sizes != nil && sizes.ShrinkInstance != "" {
		s.KeepPlaceOf(p, sizes.ShrinkInstance)
	}
	p.Enter(upgrade.Done)
	run := &p.Record.Run
	run.Drains = nil
	if run.Verdict == nil {
		run.Verdict = &upgrade.Verdict{Status: upgrade.Cancelled, At: s.Now}
	}
	if s.Ledger.Owes() {
		run.Owed = []string{"update " + by + " takes over and will restore the group's settings"}
	}
	p.Say("RolledBack", "update %s rolls this one back, and restores sizes, processes, autoscaler and marks at its end", by)
	return plan.Act
}

// turnBack has an update that failed rolled back, if that was asked for.
func turnBack(s *state, p *plan.Plan) plan.Decision {
	if !s.Run.Verdict.RollBack || s.Update.RolledBackBy != "" {
		return plan.Nothing
	}
	return p.Do(plan.RollBack{}, "RollingBack", "", "rolling back because the update failed (rollbackOnFailure)")
}
