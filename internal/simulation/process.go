package simulation

import (
	"context"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// process is one that makes passes: what it has in its memory, and whether it is to
// work. Another one may take over, also in the middle of a pass.
type process struct {
	seen         *upgrade.Group // the last answer of the cloud
	lease        *lease         // by which it makes the pass
	readPause    bool           // what it has read: the update stands still
	askedToEndAt time.Time      // when it was asked to leave, zero if it was not
	// absence is for how long nobody works after it has left.
	absence time.Duration
	// freezeFor is for how long it is to stand still before its next call, heir who has
	// worked meanwhile, and returns whether it works again afterwards.
	freezeFor        time.Duration
	successor        *process
	worksAfterFreeze bool
}

// lease is the right to work, once had and perhaps lost.
type lease struct{ lost bool }

// endGrace is how long a process that is to leave tries to make the update stand
// still.
const endGrace = 30 * time.Second

func newProcess() *process { return &process{lease: &lease{}} }

// afterDeath is who goes on after a death.
func (p *process) afterDeath() *process {
	if p.lease.lost {
		return p.successor
	}
	return newProcess()
}

// afterLeaseLost is who goes on after the pass in which it has lost its Lease.
func (p *process) afterLeaseLost() *process {
	if !p.worksAfterFreeze {
		return p.successor
	}
	p.lease, p.successor = &lease{}, nil
	return p
}

// isEnding reports whether it was asked to leave: then it lets the update stand still.
func (p *process) isEnding() bool { return !p.askedToEndAt.IsZero() }

// endsNow reports whether it goes now.
func (p *process) endsNow(result upgrade.Result, now time.Time) bool {
	return p.isEnding() && (result.Paused || now.Sub(p.askedToEndAt) >= endGrace)
}

// replaceProcess lets it go, and another one come some time later.
func (w *World) replaceProcess(p *process) {
	w.tell("the process ends, and nobody works for %s", p.absence)
	w.AdvanceBy(p.absence)
	w.process = newProcess()
	w.tell("another process goes on")
	w.tally.Changes++
}

// EndProcess asks the process that works to end, as Ctrl-C does. Some time after it has
// gone another one goes on: a controller after a command, or the other way round.
func (w *World) EndProcess(absence time.Duration) {
	w.tell("the process is asked to end")
	w.process.askedToEndAt, w.process.absence = w.now, absence
}

// Freeze lets the process that works stand still before its next call, as after
// SIGSTOP, while another one works for a time. Then it goes on with what it had in
// mind, behind a closed fence. If it returns, it is the one that works after that
// pass, with its old memory.
func (w *World) Freeze(length time.Duration, returns bool) {
	w.process.freezeFor, w.process.worksAfterFreeze = length, returns
}

// Before lets something happen right before a call of the engine, which is counted
// from 1 and mostly one in the middle of a pass.
func (w *World) Before(call int, what func(*World)) {
	w.calls.before[call] = append(w.calls.before[call], what)
}

// In is Before for the nth call from now.
func (w *World) In(calls int, what func(*World)) { w.Before(len(w.calls.log)+calls, what) }

// runBefore lets happen what is to before the call under way.
func (w *World) runBefore(ctx context.Context) {
	n := len(w.calls.log)
	for _, what := range w.calls.before[n] {
		what(w)
	}
	delete(w.calls.before, n)
	if old := w.process; old.freezeFor > 0 {
		w.freezeNow(ctx, old)
	}
}

// freezeNow lets a process stand still while another one works.
func (w *World) freezeNow(ctx context.Context, old *process) {
	until := w.now.Add(old.freezeFor)
	w.tell("the process stands still before call %d for %s, and another one takes over", len(w.calls.log), old.freezeFor)
	old.freezeFor, old.lease.lost = 0, true
	w.process = newProcess()
	r := runner{w: w, began: w.now}
	if ended, err := r.work(ctx, until); err != nil {
		w.observer.violations = append(w.observer.violations, err)
	} else if ended {
		w.AdvanceBy(min(until.Sub(w.now), endGrace))
	}
	old.successor, w.process = w.process, old
	w.tell("the one that stood still goes on")
	w.tally.Changes++
}
