package simulation

import (
	"context"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// process is a process that makes passes. Another one may take over, even in the middle
// of a pass.
type process struct {
	seen         *upgrade.Group // the group as the cloud last described it
	lease        *lease         // the Lease it holds, or held before it was frozen
	readPause    bool           // whether it last read that the update is to pause
	askedToEndAt time.Time      // zero if it was not asked to end
	passed       time.Time      // when it ended its last pass that saw the world
	// clusterFailed: a call of the cluster has failed since it was asked to end.
	clusterFailed bool
	// absence is how long no process works after this one has ended.
	absence time.Duration
	// freezeFor is how long it is frozen before its next call. successor is the process
	// that took over meanwhile. If worksAfterFreeze is set, the frozen process makes
	// the passes again afterwards, otherwise the successor does.
	freezeFor        time.Duration
	successor        *process
	worksAfterFreeze bool
}

// lease is the Lease of the node group as one process knows it.
type lease struct{ lost bool }

// endGrace is how long a process that was asked to end tries to pause the update.
const endGrace = 30 * time.Second

func newProcess() *process { return &process{lease: &lease{}} }

// afterDeath returns the process that makes the passes after this one has died.
func (p *process) afterDeath() *process {
	if p.lease.lost {
		return p.successor
	}
	return newProcess()
}

// afterLeaseLost returns the process that makes the passes after this one has lost its
// Lease.
func (p *process) afterLeaseLost() *process {
	if !p.worksAfterFreeze {
		return p.successor
	}
	p.lease, p.successor = &lease{}, nil
	return p
}

// isEnding reports whether it was asked to end: then it pauses the update.
func (p *process) isEnding() bool { return !p.askedToEndAt.IsZero() }

// endsNow reports whether it ends after this result.
func (p *process) endsNow(result upgrade.Result, now time.Time) bool {
	return p.isEnding() && (result.Paused || now.Sub(p.askedToEndAt) >= endGrace)
}

// replaceProcess ends a process and starts another one some time later.
func (w *World) replaceProcess(p *process) {
	w.observer.checkLeft(p)
	w.tell("the process has ended; no process is running for %s", p.absence)
	w.AdvanceBy(p.absence)
	w.process = newProcess()
	w.tell("another process starts")
	w.tally.Changes++
}

// EndProcess asks the present process to end, as Ctrl-C does. Some time after it has
// ended another one starts: a controller after a command, or the other way round.
func (w *World) EndProcess(absence time.Duration) {
	w.tell("somebody stops the process (Ctrl-C)")
	w.process.askedToEndAt, w.process.absence = w.now, absence
}

// Freeze stops the present process right before its next call, as SIGSTOP does, while
// another one makes passes. After that time the frozen process continues its pass; the
// fence refuses its writes. If worksAfterwards is set it also makes the passes after
// that, with its old memory.
func (w *World) Freeze(length time.Duration, worksAfterwards bool) {
	w.process.freezeFor, w.process.worksAfterFreeze = length, worksAfterwards
}

// Before has something happen right before a call of the engine. Calls are counted
// from 1; most are in the middle of a pass.
func (w *World) Before(call int, what func(*World)) {
	w.calls.before[call] = append(w.calls.before[call], what)
}

// In is like Before, for the nth call from now.
func (w *World) In(calls int, what func(*World)) { w.Before(len(w.calls.log)+calls, what) }

// runBefore runs what has to happen before the present call.
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

// freezeNow freezes a process while another one makes passes.
func (w *World) freezeNow(ctx context.Context, old *process) {
	until := w.now.Add(old.freezeFor)
	w.tell("the process freezes before call %d for %s; another one takes over", len(w.calls.log), old.freezeFor)
	old.freezeFor, old.lease.lost = 0, true
	w.process = newProcess()
	r := runner{w: w, began: w.now}
	if ended, err := r.work(ctx, until); err != nil {
		w.observer.violations = append(w.observer.violations, err)
	} else if ended {
		w.AdvanceBy(min(until.Sub(w.now), endGrace))
	}
	old.successor, w.process = w.process, old
	w.tell("the frozen process continues")
	w.tally.Changes++
}
