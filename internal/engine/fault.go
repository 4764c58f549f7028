package engine

import (
	"github.com/nodelift/nodelift/internal/upgrade"
)

// stopAtFault ends an update that has not begun, and touches nothing. One that has
// begun waits: it owes things, and could give them back only by what makes no sense.
func stopAtFault(s *state, p *plan) {
	f := s.fault
	if !s.Run.Begun() && (s.Update.Cancelled || s.Update.RolledBackBy != "") {
		p.leaveUnbegun()
		return
	}
	limit := f.Limit
	if s.Run.Begun() && !f.Lost {
		limit = 0
	}
	waited := p.wait("fault", limit, "%s", f.Why)
	switch {
	case s.Update.PauseRequested:
		p.paused = true
	case s.Run.Begun() && !f.Lost, waited < limit:
		p.block()
	default:
		p.leave(upgrade.Verdict{Status: upgrade.Failed, Errors: []upgrade.Error{{Code: f.Code, Message: f.Why}}})
	}
}

// refuse ends an update that the checks of the group speak against, before anything
// is changed.
func refuse(s *state, p *plan) {
	if len(s.refusals) > 0 {
		p.leave(upgrade.Verdict{Status: upgrade.Failed, Errors: s.refusals})
	}
}

// awaitTurn lets an update of the same group end that goes first. There is one
// ledger for a group, so this one touches nothing till then, however it ends.
func awaitTurn(s *state, p *plan) {
	first := s.Update.QueuedBehind
	switch {
	case first == "" || s.Run.Verdict != nil:
		return
	case s.Update.Cancelled || s.Update.RolledBackBy != "":
		p.leaveUnbegun()
		return
	}
	p.wait("turn", 0, "waiting for update %s of the same node group to end; if it is paused, resume it or cancel it", first)
	p.block()
	p.paused = s.Update.PauseRequested
}

// leaveUnbegun ends an update that is not wanted any more and has changed nothing.
func (p *plan) leaveUnbegun() {
	p.leave(upgrade.Verdict{Status: upgrade.Cancelled})
	p.say("UpgradeCancelled", "cancelled before it changed anything")
}

// leave ends an update at once and touches nothing. What the group is owed by
// another one stays in the ledger.
func (p *plan) leave(v upgrade.Verdict) {
	v.At = p.state.Now
	p.enter(upgrade.Done)
	p.fresh = false // there is nothing to be decided by the cloud
	run := &p.record.Run
	run.Verdict, run.Drains = &v, nil
	switch fault := p.state.fault; {
	case fault != nil && fault.Lost && p.state.Run.Begun():
		run.Owed = []string{"what this update had borrowed is no longer known: check the sizes, launch template version and suspended processes of the group, the taints and cordons of its nodes, and the replicas of Cluster Autoscaler"}
	case p.state.Ledger.Owes() && p.state.Update.QueuedBehind == "" && !p.state.undoneUnderWay():
		run.Owed = []string{"what an earlier update borrowed from the group is still owed; the next update that is not refused restores it"}
	}
	for _, e := range v.Errors {
		p.warn(e.Code, "%s", e.Message)
	}
}

// comesToBegin reports whether nothing but the checks keeps an update from
// beginning: its target is resolved next.
func (s *state) comesToBegin() bool {
	u := s.Update
	return s.Run.Phase == upgrade.Setup && !s.Run.Begun() && !s.GroupGone &&
		!u.Cancelled && !u.PauseRequested && u.QueuedBehind == "" && u.RolledBackBy == "" && !s.undoneUnderWay()
}

// undoneUnderWay reports whether the update that this one rolls back has not stopped
// yet.
func (s *state) undoneUnderWay() bool {
	back := s.Update.Rollback
	return back != nil && (back.Undone != nil || back.Scaling) && !back.Ended
}
