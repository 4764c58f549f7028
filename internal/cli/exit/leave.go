package exit

import (
	"context"
	"errors"
	"time"
)

const (
	// LeaveWithin is how long a command may take to end after it was asked to.
	LeaveWithin = 30 * time.Second
	// callsWithin is how long its calls may take. The rest is for releasing Leases and for saying
	// how things were left.
	callsWithin = 25 * time.Second
)

type againKey struct{}

// WithAgain returns a context with a channel that is closed when a command is asked a second time to
// end: then it leaves at once.
func WithAgain(ctx context.Context, again <-chan struct{}) context.Context {
	return context.WithValue(ctx, againKey{}, again)
}

// Leave limits how a command ends: when wanted has ended, its calls are ended after 25 s with endCalls,
// and the context that it returns ends after 30 s. Both happen at once when the command is asked again.
func Leave(ctx, wanted context.Context, endCalls func()) (over context.Context, stop func()) {
	over, end := context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		defer end()
		select {
		case <-wanted.Done():
		case <-over.Done():
			return
		}
		again, _ := ctx.Value(againKey{}).(<-chan struct{})
		if ctx.Err() == nil { // the timeout has asked first, so the first Ctrl-C asks again
			again = ctx.Done()
		}
		awaitEnd(over, again, endCalls)
	}()
	return over, end
}

// awaitEnd returns when a command that was asked to end has to be over.
func awaitEnd(over context.Context, again <-chan struct{}, endCalls func()) {
	defer endCalls()
	calls, limit := time.NewTimer(callsWithin), time.NewTimer(LeaveWithin)
	defer calls.Stop()
	defer limit.Stop()
	for {
		select {
		case <-calls.C:
			endCalls()
		case <-limit.C:
			return
		case <-again:
			return
		case <-over.Done():
			return
		}
	}
}

// Until does some work, and returns what comes of it. If the work has not returned when over ends, it is
// left behind: some calls of libraries cannot be cancelled. The result is then that of instead.
func Until(over context.Context, work, instead func() error) error {
	done := make(chan error, 1)
	go func() { done <- work() }()
	select {
	case err := <-done:
		return err
	case <-over.Done():
		return instead()
	}
}

// LeftAtOnce is the error of a command that was asked twice to end and could not say more.
func LeftAtOnce() error {
	return coded{Interrupted, errors.New("left at once; calls that were under way may still be carried out")}
}
