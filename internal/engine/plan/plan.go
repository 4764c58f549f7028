// Package plan holds what the rules of one pass decide, as data: what to remember, what to do and
// why, what is waited for, and what has to be read before they can decide.
//
// A rule looks at what was observed, adds to the [Plan], and returns its [Decision]. Rules are
// asked in their order ([Plan.FirstOf]) until one decides something:
//
//	Nothing   the next rule is asked; waits that this one has added are shown to people
//	Wait      nothing can be done now: the rules after this one wait, too
//	Act       there is something to save or to do
//	Pause     the update is paused
//	End       the update has ended
//
// What has to be remembered is an intent: it is saved in one pass and acted on in the next, so
// that a process that dies in between is followed by one that knows. [Action]s are carried out
// by the engine. The package decides nothing itself and imports the contract alone.
package plan

import (
	"fmt"
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Decision is what a rule decided.
type Decision int

// The decisions. All but Nothing end the list of rules.
const (
	Nothing Decision = iota
	Wait
	Act
	Pause
	End
)

// Plan is what one pass decided.
type Plan struct {
	Now      time.Time
	Decision Decision
	// Record is what was loaded, with what is to be remembered.
	Record upgrade.Record
	// SaveLedger and SaveRun: that part of Record is an intent. It is saved before anything is done.
	SaveLedger, SaveRun bool
	Steps               []Step
	Waits               []upgrade.Wait
	// Timers are those that are running, for the waits of this pass that have no start of their own.
	Timers      []upgrade.Timer
	FailedCalls []upgrade.FailedCall
	Events      []upgrade.Event
	// Failure is why the update fails, nil if it does not. The verdict follows from it.
	Failure *upgrade.Error
	// Blocked are the pods that keep nodes in flight from being empty, by instance.
	Blocked map[string][]upgrade.BlockedPod
	Needs   Needs
	// AskedAll: every rule that waits was asked, though steps are taken.
	AskedAll bool
	// Look is when to look again at the latest.
	Look time.Duration
	run  upgrade.Run // as it was loaded
}

// Step is an action with its reason. An event without a message is not reported: the action
// reports for itself.
type Step struct {
	Action
	Event upgrade.Event
}

// New returns an empty plan for a record as it was loaded.
func New(now time.Time, record upgrade.Record) *Plan {
	return &Plan{Now: now, Record: record, run: record.Run, Look: upgrade.Interval, Blocked: map[string][]upgrade.BlockedPod{}}
}

// FirstOf asks rules in their order until one decides something, and returns that decision.
func FirstOf[State any](s State, p *Plan, rules ...func(State, *Plan) Decision) Decision {
	for _, rule := range rules {
		if decided := rule(s, p); decided != Nothing {
			return decided
		}
	}
	return Nothing
}

// Intends reports whether there is something to remember before anything is done.
func (p *Plan) Intends() bool { return p.SaveLedger || p.SaveRun || p.Failure != nil }

// Decided is the end of a rule that has gone through several nodes: Act if there is something to
// save or to do by now, else Nothing.
func (p *Plan) Decided() Decision {
	if p.Intends() || len(p.Steps) > 0 {
		return Act
	}
	return Nothing
}

// Remember makes a change of the run an intent.
func (p *Plan) Remember(change func(*upgrade.Run)) Decision {
	run := p.Record.Run
	run.Drains = slices.Clone(run.Drains)
	run.Undrainable = slices.Clone(run.Undrainable)
	run.Phases = slices.Clone(run.Phases)
	change(&run)
	p.Record.Run, p.SaveRun = run, true
	return Act
}

// Owe makes a change of the ledger an intent. It has to be decided by a fresh read of the cloud.
func (p *Plan) Owe(change func(*upgrade.Ledger)) Decision {
	ledger := p.Record.Ledger
	if ledger.Sizes != nil {
		sizes := *ledger.Sizes
		ledger.Sizes = &sizes
	}
	change(&ledger)
	p.Record.Ledger, p.SaveLedger, p.Needs.Fresh = ledger, true, true
	return Act
}

// Enter makes the next phase an intent. The waits of the phase before end.
func (p *Plan) Enter(phase upgrade.Phase) Decision {
	p.Needs.Fresh = true
	return p.Remember(func(r *upgrade.Run) {
		r.Waits, r.Timers, r.FailedCalls = nil, nil, nil
		if r.Phase == phase {
			return
		}
		r.Phase = phase
		r.Phases = append(r.Phases, upgrade.PhaseTime{Phase: phase, Began: p.Now})
	})
}

// Fail ends the update with one of EKS's error codes.
func (p *Plan) Fail(code string, resources []string, format string, args ...any) Decision {
	p.Failure = &upgrade.Error{Code: code, Message: fmt.Sprintf(format, args...), Resources: resources}
	p.Warn(code, "%s", p.Failure.Message)
	return Act
}

// Do adds an action. Every action says why.
func (p *Plan) Do(a Action, reason, node, format string, args ...any) Decision {
	p.Steps = append(p.Steps, Step{Action: a, Event: p.event(reason, node, format, args...)})
	return Act
}

// Say adds an event about the group.
func (p *Plan) Say(reason, format string, args ...any) {
	p.SayOf(reason, "", format, args...)
}

// SayOf adds an event about a node.
func (p *Plan) SayOf(reason, node, format string, args ...any) {
	p.Events = append(p.Events, p.event(reason, node, format, args...))
}

// Warn adds a warning about the group.
func (p *Plan) Warn(reason, format string, args ...any) {
	e := p.event(reason, "", format, args...)
	e.Warning = true
	p.Events = append(p.Events, e)
}

func (p *Plan) event(reason, node, format string, args ...any) upgrade.Event {
	return upgrade.Event{Time: p.Now, Reason: reason, Node: node, Message: fmt.Sprintf(format, args...)}
}

// LookIn asks for another look after d at the latest.
func (p *Plan) LookIn(d time.Duration) {
	if d > 0 {
		p.Look = min(p.Look, d)
	}
}
