package upgrade

import (
	"context"
	"errors"
)

// ErrFenced says that a call which would have changed something was not sent,
// because this process may not be the one that works on the update any more. It
// is no trouble: whoever holds the Lease by now goes on.
var ErrFenced = errors.New("another process may work on this by now, so nothing is changed")

type fenceKey struct{}

// Fence returns a context under which adapters change nothing from the moment
// that open says false. They ask it right before each request that is to change
// something, repeats included: a process that was stopped (SIGSTOP, a laptop
// asleep) between a decision and its request, or while a request waited to be
// repeated, must not send on waking what somebody else has done meanwhile.
//
// What is left is the moment between that question and the request itself.
func Fence(ctx context.Context, open func() bool) context.Context {
	return context.WithValue(ctx, fenceKey{}, open)
}

// Fenced returns ErrFenced if nothing may be changed under ctx any more. A
// context without a fence is open.
func Fenced(ctx context.Context) error {
	if open, ok := ctx.Value(fenceKey{}).(func() bool); ok && !open() {
		return ErrFenced
	}
	return nil
}
