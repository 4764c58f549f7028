package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// AWS may be slow to carry out what it was asked for, also for a process that has died since. If its
// successor asked for the same and went on, the first request would arrive in the middle of that, and
// undo it: a desired size that is lower by then makes Auto Scaling terminate nodes. So that something is
// asked for is saved before, and it is asked for once more only when it must have arrived.

// holdBack takes out of a plan what AWS was asked for a moment ago and does not report yet.
func (s *state) holdBack(p *plan.Plan) {
	p.Steps = slices.DeleteFunc(p.Steps, func(st plan.Step) bool {
		key, ok := s.isOnItsWay(st.Action)
		if !ok {
			return false
		}
		p.WaitFor(key, upgrade.ConfirmAfter, "asked AWS for this and reading until it is done: %s", st.Event.Message)
		p.LookIn(time.Second)
		for _, c := range s.Run.FailedCalls { // whether it fails is not known before it is made again
			if c.Reason == st.Event.Reason {
				p.CallFailed(c)
			}
		}
		return true
	})
}

// isOnItsWay reports whether AWS was asked for an action a moment ago, and by which wait that is known.
func (s *state) isOnItsWay(a plan.Action) (key upgrade.WaitKey, is bool) {
	key, ok := plan.Asked(a)
	since, asked := s.Run.TimerOf(key)
	return key, ok && asked && s.Now.Sub(since) < upgrade.ConfirmAfter
}

// hasAsked reports whether this update has asked AWS for an action, and AWS may not have reported it since.
func (s *state) hasAsked(a plan.Action) bool {
	key, ok := plan.Asked(a)
	if !ok {
		return false
	}
	_, asked := s.Run.TimerOf(key)
	return asked
}

// ask carries out an action, and saves before that it is asked for.
func (at *executor) ask(ctx context.Context, s *state, p *plan.Plan, action plan.Action) error {
	key, ok := plan.Asked(action)
	if !ok {
		return at.do(ctx, action)
	}
	asked := upgrade.Timer{Key: key, Since: at.now}
	if err := at.save(ctx, func(r *upgrade.Run) {
		r.Timers = append(withoutTimer(r.Timers, key), asked)
	}); err != nil {
		return fmt.Errorf("save what AWS is asked for: %w", err)
	}
	err := at.do(ctx, action)
	if !isRefused(err) {
		p.Timers = append(withoutTimer(p.Timers, key), asked)
	}
	return err
}

// save saves a change of the run in the middle of a pass that acts.
func (at *executor) save(ctx context.Context, change func(*upgrade.Run)) error {
	record := at.record
	record.Run.Drains = slices.Clone(record.Run.Drains)
	change(&record.Run)
	saved, err := at.Records.SaveRun(ctx, record)
	if err == nil {
		at.record = saved
	}
	return err
}

// isRefused reports whether a call was certainly not carried out.
func isRefused(err error) bool {
	return errors.Is(err, upgrade.ErrFenced) || errors.Is(err, upgrade.ErrForbidden) || errors.Is(err, upgrade.ErrCredentials)
}

func withoutTimer(all []upgrade.Timer, key upgrade.WaitKey) []upgrade.Timer {
	return slices.DeleteFunc(slices.Clone(all), func(t upgrade.Timer) bool { return t.Key == key })
}
