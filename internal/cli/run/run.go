package run

import (
	"context"

	"github.com/nodelift/nodelift/internal/cli/carry"
	"github.com/nodelift/nodelift/internal/cli/exit"
	"github.com/nodelift/nodelift/internal/cli/show"
	"github.com/nodelift/nodelift/internal/cli/terminal"
)

// Groups does what was asked for to the groups that were chosen, from the first call
// to the last.
func Groups(ctx context.Context, o Request, s terminal.Streams, how show.Options) error {
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	// Until something is written, Ctrl-C ends everything at once. After that it ends the
	// work, which has to leave things in order.
	commit := context.AfterFunc(ctx, end)
	u := &upgrading{
		Command: &carry.Command{Streams: s, Print: show.New(s, how), Engine: carry.Identity()},
		o:       &o, commit: commit,
	}
	var todo []*groupUpgrade
	err := exit.Until(life, func() (err error) {
		if u.Connection, err = o.OpenBoth(life, o.Program); err == nil {
			todo, err = u.prepare(life)
		}
		return err
	}, life.Err)
	if life.Err() != nil {
		return exit.Untouched(ctx, err)
	}
	if err != nil || len(todo) == 0 {
		return err
	}
	return u.work(ctx, life, end, todo)
}
