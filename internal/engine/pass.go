package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/nodelift/nodelift/internal/engine/drain"
	"github.com/nodelift/nodelift/internal/engine/plan"
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
	ctx = upgrade.WithOneCredential(ctx)
	s, p, err := consider(ctx, w)
	if err != nil {
		return upgrade.Result{}, err
	}
	if p.Intends() {
		return intend(ctx, w, s, p)
	}
	s.holdBack(p)
	at := &executor{World: w, record: s.record, now: s.Now, observed: w.Now(), sizesRead: s.Group.Read, answers: map[string]upgrade.Answer{}}
	failed := act(ctx, at, s, p)
	return report(ctx, w, s, p, at, failed)
}

// consider observes and decides. What rules turn out to need is read, and the rules asked again.
func consider(ctx context.Context, w upgrade.World) (*state, *plan.Plan, error) {
	s, err := observe(ctx, w, false)
	if err != nil {
		return nil, nil, err
	}
	p := decide(s)
	for _, need := range needs() {
		if !need.isUnmet(s, p) {
			continue
		}
		if s, err = need.read(ctx, w, s, p); err != nil {
			return nil, nil, err
		}
		p = decide(s)
	}
	return s, p, nil
}

// intend saves what has to be remembered before anything is done about it.
func intend(ctx context.Context, w upgrade.World, s *state, p *plan.Plan) (upgrade.Result, error) {
	record, err := p.Record, error(nil)
	record.Run.LastPass = w.Now()
	if p.SaveLedger {
		if record, err = w.Records.SaveLedger(ctx, record); err != nil {
			return upgrade.Result{}, fmt.Errorf("save the ledger: %w", err)
		}
	}
	if p.SaveRun || isOverdue(s.loaded, record.Run) {
		plan.EndWaitsOfDrains(&record.Run)
		saved, err := w.Records.SaveRun(ctx, record)
		switch {
		case err == nil:
			record = saved
		case p.SaveRun: // that a pass was made, is saved by the next one, too
			return upgrade.Result{}, fmt.Errorf("save the update: %w", err)
		}
	}
	return upgrade.Result{Record: record, Progress: s.progress(), Events: p.Events}, nil
}

// report saves what there is to report and says when to look again.
func report(ctx context.Context, w upgrade.World, s *state, p *plan.Plan, at *executor, failed bool) (upgrade.Result, error) {
	record, err := at.record, error(nil)
	record.Run, record.Update.Paused = s.run(p, at), p.Decision == plan.Pause
	record.Run.LastPass = w.Now()
	if at.record.RunVersion != s.record.RunVersion || isNews(s.loaded, record.Run) {
		if record, err = w.Records.SaveRun(ctx, record); err != nil {
			return upgrade.Result{}, fmt.Errorf("save the update: %w", err)
		}
	}
	return upgrade.Result{
		Record:   record,
		Progress: s.progress(),
		Events:   at.events,
		After:    after(p, failed || at.late, at.done),
		Done:     p.Decision == plan.End,
		Paused:   p.Decision == plan.Pause,
	}, nil
}

// after is when to look again: at once only when something was done, and not before the first retry
// when steps had no effect. The next pass would decide the same.
func after(p *plan.Plan, incomplete, done bool) time.Duration {
	switch {
	case len(p.Steps) == 0 || incomplete:
		return p.Look
	case !done:
		return min(p.Look, drain.FirstRetry)
	}
	return 0
}
