package upgrade

import (
	"context"
	"errors"
)

// ErrFenced says that a request which would have changed something was not sent, because another
// process may hold the Lease by now. That process continues the update.
var ErrFenced = errors.New("another process may work on this by now, so nothing is changed")

type fenceKey struct{}

// Fence returns a context under which adapters change nothing once open returns false. They call
// open right before each request that changes something, and before each repetition of it. So a
// process that was stopped between a decision and its request (SIGSTOP, a laptop asleep) sends
// nothing when it wakes up, because another process may have done it.
//
// The moment between that question and the request itself remains.
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
