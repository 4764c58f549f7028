package simulation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nodelift/nodelift/internal/engine"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// Outcome is the result of a Run.
type Outcome struct {
	Result upgrade.Result // of the last pass
	Took   time.Duration  // virtual time
	Passes int
	Deaths int
}

// maxImmediatePasses is how many passes in a row may ask for the next one at once.
const maxImmediatePasses = 2000

// minSpacing is the shortest time after which something that happens in the world,
// rather than the engine, starts the next pass.
const minSpacing = time.Second

// Run makes passes until the update, and one that rolls it back, has ended or is
// paused. It returns an error when a promise is broken, when the engine never waits, or
// when the limit of virtual time is reached. The error says how to replay the world.
func Run(ctx context.Context, w *World, limit time.Duration) (Outcome, error) {
	r := runner{w: w, began: w.now}
	w.records.beginRollback()
	ended, err := r.work(ctx, w.now.Add(limit))
	if err == nil && !ended {
		err = w.withStory(fmt.Errorf("not ended after %s: %w", limit, errors.Join(r.err, errLimit)))
	}
	return r.outcome(), err
}

var errLimit = errors.New("the limit is reached")

// runner makes the passes of a process and of those after it.
type runner struct {
	w         *World
	began     time.Time
	out       Outcome
	err       error // of the last pass
	immediate int
	// isKnown reports before each pass whether it need not be made, because everything
	// that follows is known. nil: it is made.
	isKnown func() bool
}

func (r *runner) outcome() Outcome {
	r.out.Took = r.w.now.Sub(r.began)
	return r.out
}

// work makes passes until the update has ended or is paused, or until a time.
func (r *runner) work(ctx context.Context, until time.Time) (ended bool, err error) {
	for w := r.w; w.now.Before(until); {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		w.sleepIfDue()
		if r.isKnown != nil && r.isKnown() {
			return false, nil
		}
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

// step makes one pass and moves the clock to the next.
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
	case r.w.process.lease.lost: // its result does not count
		r.w.process = r.w.process.afterLeaseLost()
		return false, nil
	case err != nil:
		r.w.tell("the pass ends with an error: %v", err)
		r.w.AdvanceBy(upgrade.Interval)
		if p := r.w.process; p.endsNow(upgrade.Result{}, r.w.now) {
			r.w.replaceProcess(p)
		}
		return false, nil
	}
	r.out.Result = result
	for _, e := range result.Events {
		r.w.story.event(e)
	}
	r.w.observer.afterPass()
	r.w.observer.checkWaits()
	r.w.observer.checkPace(result)
	r.w.observer.checkInTime()
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

// pass makes one pass. It returns died if the process dies during the pass.
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
	world, p := r.w.Engine(), r.w.process
	r.w.observer.passBegan = r.w.now
	world.Passed = p.passed
	result, err = engine.Pass(upgrade.Fence(ctx, func() bool { return !lease.lost }), world)
	if err == nil {
		p.passed = r.w.now
	}
	return result, false, err
}

// advance moves the clock to the next pass: when the engine asks for it, or sooner if
// something happens, which a watch would show.
func (r *runner) advance(after time.Duration) error {
	if after <= 0 {
		if r.immediate++; r.immediate > maxImmediatePasses {
			return r.w.withStory(fmt.Errorf("%d passes in a row ask for the next one at once", r.immediate))
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

// sleepIfDue advances the clock if the laptop falls asleep now.
func (w *World) sleepIfDue() {
	if len(w.sleeps) == 0 || w.sleeps[0].at.After(w.now) {
		return
	}
	w.tell("the laptop sleeps for %s", w.sleeps[0].length)
	w.observer.timeAsleep += w.sleeps[0].length
	w.AdvanceBy(w.sleeps[0].length)
	w.sleeps = w.sleeps[1:]
}

// withStory adds the seed and the last lines of the story to an error.
func (w *World) withStory(err error) error {
	return fmt.Errorf("seed %d: %w\nthe last lines of the story:\n%s", w.Seed(), err, w.story.Last(40))
}
