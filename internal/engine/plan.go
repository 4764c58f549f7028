package engine

import (
	"fmt"
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// plan is what decide wants: to remember something, or to act, or to wait.
type plan struct {
	state  *state
	record upgrade.Record // with what is to be remembered
	// What of the record is an intent, to be saved before anything is done.
	ledger, run bool
	fresh       bool // it has to be decided from a fresh read of the cloud
	overtaken   bool // something is known to be newer than the last read of the cloud
	// wonders names an instance of which it has to be known whether it was taken
	// away before this can be decided.
	checkActivityFor string
	steps            []step
	waits            []upgrade.Wait
	events           []upgrade.Event
	held             map[string][]upgrade.BlockedPod // by instance, for the report
	look             time.Duration
	blocked          bool // the rules after this one have to wait
	done             bool
	paused           bool
}

// step is an action with its reason.
type step struct {
	action
	event upgrade.Event
}

func newPlan(s *state) *plan {
	return &plan{state: s, record: s.record, look: upgrade.Interval, held: map[string][]upgrade.BlockedPod{}}
}

// wanted reports whether a rule wants something, so that the next is not asked.
func (p *plan) wanted() bool {
	return p.intends() || len(p.steps) > 0 || p.blocked || p.done || p.paused
}

func (p *plan) intends() bool { return p.ledger || p.run }

// remember makes a change of the run an intent.
func (p *plan) remember(change func(*upgrade.Run)) {
	run := p.record.Run
	run.Drains = slices.Clone(run.Drains)
	run.Undrainable = slices.Clone(run.Undrainable)
	run.Phases = slices.Clone(run.Phases)
	change(&run)
	p.record.Run, p.run = run, true
}

// owe makes a change of the ledger an intent.
func (p *plan) owe(change func(*upgrade.Ledger)) {
	ledger := p.record.Ledger
	if ledger.Sizes != nil {
		sizes := *ledger.Sizes
		ledger.Sizes = &sizes
	}
	change(&ledger)
	p.record.Ledger, p.ledger, p.fresh = ledger, true, true
}

// say adds an event about the group.
func (p *plan) say(reason, format string, args ...any) {
	p.events = append(p.events, p.event(reason, "", format, args...))
}

// warn adds a warning about the group.
func (p *plan) warn(reason, format string, args ...any) {
	e := p.event(reason, "", format, args...)
	e.Warning = true
	p.events = append(p.events, e)
}

func (p *plan) event(reason, node, format string, args ...any) upgrade.Event {
	return upgrade.Event{Time: p.state.Now, Reason: reason, Node: node, Message: fmt.Sprintf(format, args...)}
}

// do adds an action. Every action says why.
func (p *plan) do(a action, reason, node, format string, args ...any) {
	p.steps = append(p.steps, step{action: a, event: p.event(reason, node, format, args...)})
}

// block makes the rules after this one wait, unless there is something to
// remember, which always comes first.
func (p *plan) block() { p.blocked = true }

// asksActivity reports whether the verdict is about nodes that did not come up,
// so that people want to know what Auto Scaling says.
func (p *plan) asksActivity() bool {
	v := p.record.Run.Verdict
	return p.run && v != nil && len(v.Errors) > 0 && v.Errors[0].Code == upgrade.NodeCreationFailure
}

// wait says what is waited for. The time left to its limit, if it has one,
// decides with the interval when to look again.
func (p *plan) wait(key string, limit time.Duration, format string, args ...any) time.Duration {
	return p.waitSince(p.state.since(key), key, limit, format, args...)
}

// waitSince is wait for something that began at a known time.
func (p *plan) waitSince(since time.Time, key string, limit time.Duration, format string, args ...any) time.Duration {
	p.waits = append(p.waits, upgrade.Wait{Key: key, Message: fmt.Sprintf(format, args...), Since: since, Limit: limit})
	waited := p.state.Elapsed(since)
	if limit > 0 {
		p.lookIn(limit - waited)
	}
	return waited
}

// lookIn asks for another look after d at the latest.
func (p *plan) lookIn(d time.Duration) {
	if d > 0 {
		p.look = min(p.look, d)
	}
}

// enter makes the next phase an intent.
func (p *plan) enter(phase upgrade.Phase) {
	p.fresh = true
	p.remember(func(r *upgrade.Run) {
		r.Waits = nil // were those of the phase before
		if r.Phase == phase {
			return
		}
		r.Phase = phase
		r.Phases = append(r.Phases, upgrade.PhaseTime{Phase: phase, Began: p.state.Now})
	})
}

// end makes a verdict an intent. What was borrowed is given back after it.
func (p *plan) end(v upgrade.Verdict) {
	v.At = p.state.Now
	p.enter(upgrade.ScaleDown)
	p.record.Run.Verdict = &v
	if v.Status == upgrade.Successful && p.state.IsScaling() {
		p.say("Scaled", "the group has the requested sizes (%s); restoring processes, autoscaler and marks", p.state.Ledger.Sizes.Owner)
		return
	}
	if v.Status == upgrade.Successful {
		p.say("UpgradeSucceeded", "all nodes run image %s; restoring sizes, processes, autoscaler and marks", p.state.Run.Resolved.Image.ID)
		return
	}
	for _, e := range v.Errors {
		p.warn(e.Code, "%s", e.Message)
	}
}

// fail ends the update with one of EKS's error codes.
func (p *plan) fail(code string, resources []string, format string, args ...any) {
	p.end(upgrade.Verdict{
		Status:          upgrade.Failed,
		Errors:          []upgrade.Error{{Code: code, Message: fmt.Sprintf(format, args...), Resources: resources}},
		RestoreTemplate: p.state.noneUsable(),
		RollBack:        p.state.rollsBack(code),
	})
}

// noneUsable reports whether no node of the target ever became usable: until
// the upgrade phase nothing but a look can tell, and after it one was. MINIMAL has
// none before that phase: there it is no node now.
func (s *state) noneUsable() bool {
	if s.IsScaling() || s.Run.Phase != upgrade.Setup && s.Run.Phase != upgrade.ScaleUp && !s.IsMinimal() {
		return false
	}
	return !slices.ContainsFunc(s.UpToDate(), func(m *fleet.Member) bool { return m.Usable })
}
