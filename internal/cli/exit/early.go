package exit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nodelift/nodelift/internal/text"
)

// Staying is a context that ends by Ctrl-C, or with timedOut after a time that is
// not 0. It has no deadline: right before one the client refuses calls, with an error
// of its own.
func Staying(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	if timeout == 0 {
		return ctx, func() { cancel(nil) }
	}
	over := time.AfterFunc(timeout, func() { cancel(timedOut{timeout}) })
	return ctx, func() {
		over.Stop()
		cancel(nil)
	}
}

// timedOut is why a wait ended.
type timedOut struct{ after time.Duration }

func (t timedOut) Error() string { return "the wait timed out after " + text.Duration(t.after) }

// Early is the error of a command that ended before its work did: because a person
// or the timeout has ended it, else for the reason that the error itself gives.
func Early(wanted context.Context, how error) error {
	if wanted.Err() == nil {
		return how
	}
	var timeout timedOut
	if errors.As(context.Cause(wanted), &timeout) {
		return coded{Timeout, fmt.Errorf("%w: %w", timeout, how)}
	}
	return coded{Interrupted, how}
}

// Untouched is an error before anything was changed, perhaps because a person
// has ended the command.
func Untouched(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return coded{Interrupted, errors.New("interrupted before anything was changed")}
	}
	return err
}
