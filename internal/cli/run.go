package cli

import (
	"context"
	"errors"
)

// run is the command from its first call to its last.
func (o *upgradeOptions) run(ctx context.Context, p Process) error {
	s, err := o.openBoth(ctx, p.Version)
	if err != nil {
		return untouched(ctx, err)
	}
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	letGo := context.AfterFunc(ctx, end) // until the work begins, Ctrl-C ends everything at once
	u := &upgrading{session: s, o: o, process: p, print: newPrinter(p, o.output)}
	update, err := u.prepare(life)
	if err != nil || update == nil {
		return untouched(ctx, err)
	}
	letGo()
	return u.work(ctx, life, update)
}

// untouched is an error before anything was changed.
func untouched(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return coded{exitInterrupted, errors.New("interrupted before anything was changed")}
	}
	return err
}
