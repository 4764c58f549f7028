package simulation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nodelift/nodelift/internal/engine"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// Outcome is how an upgrade went.
type Outcome struct {
	Result upgrade.Result // of the last pass
	Took   time.Duration  // virtual time
	Passes int
	Deaths int
}

// maxImmediatePasses is how many passes in a row may want the next one at once.
const maxImmediatePasses = 2000

// minSpacing is the least time between two passes that something in the world,
// rather than the engine, asks for.
const minSpacing = time.Second

// Run makes passes until the update, and one that undoes it, has ended or stands
// still. It ends with an
// error when a promise is broken, when the engine does not come to rest, or when
// the limit of virtual time is reached; the error says how to see it again.
func Run(ctx context.Context, w *World, limit time.Duration) (Outcome, error) {
	r := runner{w: w, began: w.now}
	w.records.beginRollback()
	ended, err := r.work(ctx, w.now.Add(limit))
	if err == nil && !ended {
		err = w.withStory(fmt.Errorf("no end after %s: %w", limit, errors.Join(r.err, errLimit)))
	}
	return r.outcome(), err
}

var errLimit = errors.New("the limit is reached")

// runner is a process that makes passes, and its successors.
type runner struct {
	w         *World
	began     time.Time
	out       Outcome
	err       error // of the last pass
	immediate int
}

func (r *runner) outcome() Outcome {
	r.out.Took = r.w.now.Sub(r.began)
	return r.out
}

// work makes passes until the update has ended or stands still, or until a time.
func (r *runner) work(ctx context.Context, until time.Time) (ended bool, err error) {
	for w := r.w; w.now.Before(until); {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		w.sleepIfDue()
		ended, err := r.step(ctx)
		if ended && r.out.Result.Done {
			w.observer.checkEnd()
			ended = !w.records.beginRollback()
		}
		if broken := w.observer.err(); broken != nil {
			return ended, w.withStory(broken)
		}
		if ended || err != nil {
			return ended, err
		}
	}
	return false, nil
}

// step makes one pass and turns the clock to the next.
func (r *runner) step(ctx context.Context) (ended bool, err error) {
	result, died, err := r.pass(ctx)
	r.out.Passes++
	r.err = err
	switch {
	case died:
		r.out.Deaths++
		r.w.process = r.w.process.afterDeath()
		r.w.AdvanceBy(r.w.about(r.w.config.Delays.Restart))
		return false, nil
	case r.w.process.lease.lost: // whatever it has seen, it has no say
		r.w.process = r.w.process.afterLeaseLost()
		return false, nil
	case err != nil:
		r.w.tell("the pass ends with an error: %v", err)
		r.w.AdvanceBy(upgrade.Interval)
		return false, nil
	}
	r.out.Result = result
	for _, e := range result.Events {
		r.w.story.event(e)
	}
	r.w.observer.afterPass()
	switch p := r.w.process; {
	case result.Done:
		return true, nil
	case p.endsNow(result, r.w.now):
		r.w.replaceProcess(p)
		return false, nil
	case result.Paused:
		r.w.observer.checkPaused()
		return true, nil
	}
	return false, r.advance(result.After)
}

// pass makes one pass by a process that may die in it.
func (r *runner) pass(ctx context.Context) (result upgrade.Result, died bool, err error) {
	defer func() {
		switch cause := recover().(type) {
		case nil:
		case death:
			died = true
		default:
			panic(cause)
		}
	}()
	lease := r.w.process.lease
	result, err = engine.Pass(upgrade.Fence(ctx, func() bool { return !lease.lost }), r.w.Engine())
	return result, false, err
}

// advance turns the clock to the next pass: when the engine wants it, or sooner
// when something happens, as a watch would tell.
func (r *runner) advance(after time.Duration) error {
	if after <= 0 {
		if r.immediate++; r.immediate > maxImmediatePasses {
			return r.w.withStory(fmt.Errorf("%d passes in a row want the next at once", r.immediate))
		}
		return nil
	}
	r.immediate = 0
	until := r.w.now.Add(after)
	if next, ok := r.w.Next(); ok && next.Before(until) {
		until = earliest(until, latest(next, r.w.now.Add(minSpacing)))
	}
	r.w.Advance(until)
	return nil
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// sleepIfDue lets time pass if the laptop falls asleep now.
func (w *World) sleepIfDue() {
	if len(w.sleeps) == 0 || w.sleeps[0].at.After(w.now) {
		return
	}
	w.tell("the laptop sleeps for %s", w.sleeps[0].length)
	w.observer.timeAsleep += w.sleeps[0].length
	w.AdvanceBy(w.sleeps[0].length)
	w.sleeps = w.sleeps[1:]
}

// withStory adds to an error what it takes to see it again.
func (w *World) withStory(err error) error {
	return fmt.Errorf("seed %d: %w\nthe last lines of the story:\n%s", w.Seed(), err, w.story.Last(40))
}
