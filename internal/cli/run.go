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
	// Until something is written Ctrl-C ends everything at once, after that the
	// work.
	letGo := context.AfterFunc(ctx, end)
	u := &upgrading{command: &command{connection: s, process: p, print: newPrinter(p, o.output), engine: identity()}, o: o, commit: letGo}
	todo, err := u.prepare(life)
	if life.Err() != nil {
		return untouched(ctx, err)
	}
	if err != nil || len(todo) == 0 {
		return err
	}
	return u.work(ctx, life, todo)
}

// untouched is an error before anything was changed, perhaps because a person
// has ended the command.
func untouched(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return coded{exitInterrupted, errors.New("interrupted before anything was changed")}
	}
	return err
}
