package simulation

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// world returns a new world with choices, and what takes it to its end.
func (s *searching) world(choices Choices) (*World, *trail) {
	w := New(s.Config)
	newChooser(w, choices, s.Most)
	return w, &trail{searching: s, w: w, healthy: w.State().Pods, path: &path{choices: choices}, met: map[Situation]bool{}}
}

// trail takes one world to its end or to a situation that is known.
type trail struct {
	*searching
	w       *World
	path    *path
	healthy []string // the pods at the beginning
	met     map[Situation]bool
	passes  int
	edges   int
}

// run makes passes until the end, or until a known situation. A panic of the engine is an
// error, so that it is told with the choices that lead to it.
func (t *trail) run(ctx context.Context) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = t.w.withStory(fmt.Errorf("the engine panics: %v\n%s", cause, debug.Stack()))
		}
	}()
	return t.toTheEnd(ctx)
}

func (t *trail) toTheEnd(ctx context.Context) error {
	r := runner{w: t.w, began: t.w.now, isKnown: t.isKnown}
	for {
		limit := t.w.TimeToEnd()
		ended, err := r.work(ctx, t.w.now.Add(limit))
		switch {
		case err != nil:
			return err
		case t.path.joins != nil:
			return nil
		case !ended:
			return t.w.withStory(fmt.Errorf("not ended after %s: %w", limit, errors.Join(r.err, errLimit)))
		case !r.out.Result.Paused:
			t.path.end = t.w.now
			return t.checkEnd()
		}
		t.w.AdvanceBy(lateBy)
		t.w.Resume()
	}
}

// isKnown reports before a pass whether its situation was met before with as many deviations
// left. Otherwise it is noted.
func (t *trail) isKnown() bool {
	c := t.w.choices
	c.beginPass()
	t.passes++
	if len(c.script) > 0 {
		return false
	}
	t.edges++
	here := t.w.situation()
	if c.silent = t.met[here]; c.silent { // the world waits
		return false
	}
	t.met[here] = true
	return t.note(here)
}

// note notes a situation, and returns true if it is known.
func (t *trail) note(here Situation) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	seen := t.known[here]
	if seen == nil {
		t.known[here] = &situationSeen{left: []Deviations{t.w.choices.left}, by: t.path, at: t.w.now, limit: t.w.TimeLeft()}
		return false
	}
	for _, left := range seen.left {
		if left.covers(t.w.choices.left) {
			t.path.joins, t.path.joinedAt = seen, t.w.now
			return true
		}
	}
	seen.left = append(seen.left, t.w.choices.left)
	return false
}

// checkEnd checks the world some time after the update has ended.
func (t *trail) checkEnd() error {
	w := t.w
	w.AdvanceBy(10 * time.Minute)
	var errs []error
	for i, pods := range w.State().Pods {
		if pods != t.healthy[i] {
			errs = append(errs, fmt.Errorf("at the end %s, at the beginning %s", pods, t.healthy[i]))
		}
	}
	if owed := w.records.run.now.Owed; len(owed) > 0 {
		errs = append(errs, fmt.Errorf("nothing is in the way, and at the end this is owed: %v", owed))
	}
	if t.Wanted != nil {
		errs = append(errs, t.Wanted(w))
	}
	if err := errors.Join(append(errs, w.observer.err())...); err != nil {
		return w.withStory(err)
	}
	return nil
}

// situationSeen is a situation that was met, and how its world came to an end.
type situationSeen struct {
	left  []Deviations // with which it was met
	by    *path
	at    time.Time
	limit time.Duration // within which the update has to end
}

// path is one world on its way.
type path struct {
	choices  Choices
	end      time.Time      // zero while it is not known
	joins    *situationSeen // where it came to a situation that was met before
	joinedAt time.Time
}

// timeToEnd is how long it takes from a situation to the end, along the situations that its
// world has joined.
func (s *situationSeen) timeToEnd() (time.Duration, error) {
	var took time.Duration
	for steps := 0; ; steps++ {
		by := s.by
		switch {
		case !by.end.IsZero():
			return took + by.end.Sub(s.at), nil
		case by.joins == nil: // it broke a promise, or time was up
			return took, nil
		case steps > 1000:
			return took, errors.New("from this situation the update comes back to it, and does not end")
		}
		took += by.joinedAt.Sub(s.at)
		s = by.joins
	}
}
