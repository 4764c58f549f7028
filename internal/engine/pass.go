package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Pass makes one pass: it observes the world, decides and then either saves an
// intent or acts. It can be called at any time, by any number of processes one
// after the other; whichever is killed wherever, the next one goes on.
//
// An error means that the world could not be observed or a record not be
// saved: nothing is lost, look again later. What an action answers is not an
// error of the pass but an event and a wait.
func Pass(ctx context.Context, w upgrade.World) (upgrade.Result, error) {
	s, p, err := consider(ctx, w)
	if err != nil {
		return upgrade.Result{}, err
	}
	if p.intends() {
		return intend(ctx, w, s, p)
	}
	at := &executor{World: w, record: s.record, now: s.Now, answers: map[string]upgrade.Answer{}}
	failed := act(ctx, at, s, p)
	return conclusion(ctx, w, s, p, at, failed)
}

// consider observes and decides. What sets or lowers something in the cloud is
// decided from a fresh read, and a verdict for want of nodes with Auto Scaling's own words.
func consider(ctx context.Context, w upgrade.World) (*state, *plan, error) {
	s, err := observe(ctx, w, false)
	if err != nil {
		return nil, nil, err
	}
	p := decide(s)
	if s.isOld(p) {
		if s, err = observe(ctx, w, true); err != nil {
			return nil, nil, err
		}
		p = decide(s)
	}
	if p.asksActivity() || p.checkActivityFor != "" {
		if err := s.readActivities(ctx, w.Activities, p); err != nil {
			return nil, nil, fmt.Errorf("read the scaling activities of %s: %w", s.Update.Group, err)
		}
		p = decide(s)
	}
	return s, p, nil
}

// isOld reports whether a plan has to be made again from a fresh read of the
// cloud: it is one for that, and the last is too old or was overtaken by a node.
func (s *state) isOld(p *plan) bool {
	return p.asksFresh() && (p.overtaken || s.Now.Sub(s.Group.Read) >= upgrade.Freshness)
}

// readActivities reads what a plan asks of the scaling activities.
func (s *state) readActivities(ctx context.Context, a upgrade.Activities, p *plan) error {
	if p.checkActivityFor != "" {
		taken, err := a.TerminatedElsewhere(ctx, s.Update.Group, p.checkActivityFor)
		s.terminatedElsewhere = &taken
		return err
	}
	activity, err := a.LastActivity(ctx, s.Update.Group)
	s.lastActivity = &activity
	return err
}

// asksFresh reports whether the plan is one for a fresh read of the cloud: it
// sets or lowers something there, what is owed to it, or what is under way.
func (p *plan) asksFresh() bool {
	return p.fresh || slices.ContainsFunc(p.steps, func(st step) bool { return changesCloud(st.action) })
}

// intend saves what has to be remembered before anything is done about it.
func intend(ctx context.Context, w upgrade.World, s *state, p *plan) (upgrade.Result, error) {
	record, err := p.record, error(nil)
	if p.ledger {
		if record, err = w.Records.SaveLedger(ctx, record); err != nil {
			return upgrade.Result{}, fmt.Errorf("save the ledger: %w", err)
		}
	}
	if p.run {
		record.Run = withoutTerminated(record.Run)
		if record, err = w.Records.SaveRun(ctx, record); err != nil {
			return upgrade.Result{}, fmt.Errorf("save the update: %w", err)
		}
	}
	return upgrade.Result{Record: record, Progress: s.progress(), Events: p.events}, nil
}

// act carries the plan out. A call that fails becomes a wait; the others go on.
// Nodes are changed first, some at a time: in a large group there are many.
// Instances that keep their places are ended last, in one call. One that gives
// its place back is ended by itself, because the ledger counts it.
func act(ctx context.Context, at *executor, s *state, p *plan) (failed bool) {
	var changes, others, ends []step
	var together []terminate
	for _, st := range p.steps {
		switch a := st.action.(type) {
		case setMarks, removeMarks, labelImage:
			changes = append(changes, st)
		case terminate:
			if !a.shrink {
				ends, together = append(ends, st), append(together, a)
				continue
			}
			others = append(others, st)
		default:
			others = append(others, st)
		}
	}
	failed = at.tell(s, p, changes, at.parallel(ctx, changes))
	if at.late(s) {
		return failed
	}
	for _, st := range others {
		failed = at.tell(s, p, []step{st}, []error{st.do(ctx, at)}) || failed
	}
	return at.tell(s, p, ends, at.terminate(ctx, together)) || failed
}

// late reports whether the process has stood still since the cloud was read, as
// after SIGSTOP or in a laptop asleep: somebody else may work by now, and a number
// that is sent would undo what he has set. The next pass looks again.
func (at *executor) late(s *state) bool {
	return !s.GroupGone && !s.Group.Read.IsZero() && at.Now().Sub(s.Group.Read) > 2*upgrade.Interval
}

// parallel takes steps at the same time, as far as the world allows, and returns
// what came of each. They note nothing themselves.
func (at *executor) parallel(ctx context.Context, steps []step) []error {
	came := make([]error, len(steps))
	call := func(i int) { came[i] = steps[i].do(ctx, at) }
	if at.Parallel == nil {
		for i := range steps {
			call(i)
		}
		return came
	}
	at.Parallel(len(steps), call)
	return came
}

// tell says what came of steps, and reports whether a call of theirs failed.
func (at *executor) tell(s *state, p *plan, steps []step, came []error) (failed bool) {
	for i, err := range came {
		if marks, ok := steps[i].action.(setMarks); ok && err == nil && slices.Contains(marks.marks, upgrade.MarkCordon) {
			at.cordoned = append(at.cordoned, marks.node)
		}
		var notEmpty *notEmptyError
		switch {
		case err == nil && steps[i].event.Message != "":
			at.events = append(at.events, steps[i].event)
		case errors.As(err, &notEmpty):
			at.say(true, "NodeNotEmpty", notEmpty.node, "%v", err)
		case err != nil:
			s.callFailed(p, steps[i], err)
			failed = true
		}
	}
	return failed
}

// callFailed makes a wait of a call that fails. It has the join limit, but for
// credentials, which people renew when they are awake.
func (s *state) callFailed(p *plan, step step, err error) {
	code, limit := "Unknown", s.Update.Policy.JoinTimeout
	switch {
	case errors.Is(err, upgrade.ErrCredentials):
		limit = 0
	case errors.Is(err, upgrade.ErrForbidden):
		code = upgrade.AccessDenied
	}
	p.wait(callPrefix+code+"/"+step.event.Reason, limit, "%v; retrying", err)
}

// conclusion saves what there is to report and says when to look again.
func conclusion(ctx context.Context, w upgrade.World, s *state, p *plan, at *executor, failed bool) (upgrade.Result, error) {
	record, err := s.record, error(nil)
	record.Run, record.Update.Paused = s.report(p, at), p.paused
	if news(s.loaded, record.Run) {
		if record, err = w.Records.SaveRun(ctx, record); err != nil {
			return upgrade.Result{}, fmt.Errorf("save the update: %w", err)
		}
	}
	return upgrade.Result{
		Record:   record,
		Progress: s.progress(),
		Events:   at.events,
		After:    p.after(failed, at.unheard()),
		Done:     p.done,
		Paused:   p.paused,
	}, nil
}

// after is when to look again: at once when something was done, and not before
// the first retry when nothing came of it.
func (p *plan) after(failed, unheard bool) time.Duration {
	switch {
	case len(p.steps) == 0 || failed:
		return p.look
	case unheard:
		return min(p.look, firstRetry)
	}
	return 0
}
