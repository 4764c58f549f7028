package engine

import (
	"fmt"

	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// What is decided before an update changes anything: whether it may begin at all.

// stopAtFault ends an update that has not begun, and touches nothing. One that has begun waits: it has
// debts, and the inconsistent record does not say how to restore them.
func stopAtFault(s *state, p *plan.Plan) plan.Decision {
	f := s.fault
	if !s.Run.Begun() && (s.Update.Cancelled || s.Update.RolledBackBy != "") {
		return s.leaveUnbegun(p)
	}
	limit := f.Limit
	if s.Run.Begun() && !f.Lost {
		limit = 0
	}
	waited := p.WaitFor(plan.Fault, limit, "%s", f.Why)
	switch {
	case s.Update.MustPause():
		return plan.Pause
	case s.Run.Begun() && !f.Lost, waited < limit:
		return plan.Wait
	}
	return s.leave(p, upgrade.Verdict{Status: upgrade.Failed, Errors: []upgrade.Error{{Code: f.Code, Message: f.Why}}})
}

// refuse ends an update that the checks of the group speak against, before anything is changed.
func refuse(s *state, p *plan.Plan) plan.Decision {
	if len(s.refusals) == 0 {
		return plan.Nothing
	}
	return s.leave(p, upgrade.Verdict{Status: upgrade.Failed, Errors: s.refusals})
}

// awaitTurn waits until an update of the same group that goes first has ended. A group has one ledger,
// so this update changes nothing before that.
func awaitTurn(s *state, p *plan.Plan) plan.Decision {
	first := s.Update.QueuedBehind
	switch {
	case first == "" || s.Run.Verdict != nil:
		return plan.Nothing
	case s.Update.Cancelled || s.Update.RolledBackBy != "":
		return s.leaveUnbegun(p)
	}
	p.WaitFor(plan.Turn, 0, "waiting for update %s of the same node group to end; if it is paused, resume it or cancel it", first)
	if s.Update.MustPause() {
		return plan.Pause
	}
	return plan.Wait
}

// awaitUndone lets the update that is rolled back stop first: two at once would borrow from the same
// ledger. A scaling does not stop for that, and its ledger is left alone.
func awaitUndone(s *state, p *plan.Plan) plan.Decision {
	switch back := s.Update.Rollback; {
	case back != nil && back.Scaling && !s.Run.Begun():
		return s.leave(p, upgrade.Verdict{Status: upgrade.Failed, Errors: []upgrade.Error{{Code: upgrade.NotPermitted, Message: fmt.Sprintf(
			"update %s changed only the sizes of the group, which cannot be rolled back: scale it back instead", back.Of)}}})
	case s.isUndoneRunning():
		p.WaitFor(plan.Rollback, 0, "waiting for update %s to stop; it hands over in its next pass", s.Update.Rollback.Of)
		return plan.Wait
	}
	return plan.Nothing
}

// isUndoneRunning reports whether the update that this one rolls back has not stopped yet.
func (s *state) isUndoneRunning() bool {
	back := s.Update.Rollback
	return back != nil && (back.Undone != nil || back.Scaling) && !back.Ended
}

// leaveUnbegun ends an update that is not wanted any more and has changed nothing.
func (s *state) leaveUnbegun(p *plan.Plan) plan.Decision {
	s.leave(p, upgrade.Verdict{Status: upgrade.Cancelled})
	p.Say("UpgradeCancelled", "cancelled before it changed anything")
	return plan.Act
}

// leave ends an update at once and touches nothing. What the group is owed by another one stays in
// the ledger.
func (s *state) leave(p *plan.Plan, v upgrade.Verdict) plan.Decision {
	v.At = s.Now
	p.Enter(upgrade.Done)
	p.Needs.Fresh = false // there is nothing to be decided by the cloud
	run := &p.Record.Run
	run.Verdict, run.Drains = &v, nil
	switch {
	case s.fault != nil && s.fault.Lost && s.Run.Begun():
		run.Owed = []string{"what this update had borrowed is no longer known: check the sizes, launch template version and suspended processes of the group, the taints and cordons of its nodes, and the replicas of Cluster Autoscaler"}
	case s.Ledger.Owes() && s.Update.QueuedBehind == "" && !s.isUndoneRunning():
		run.Owed = []string{"what an earlier update borrowed from the group is still owed; the next update that is not refused restores it"}
	}
	for _, e := range v.Errors {
		p.Warn(e.Code, "%s", e.Message)
	}
	return plan.Act
}
