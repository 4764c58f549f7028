package controller

import (
	"context"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// graceful returns a context that ends a grace period after its parent, so that calls in
// flight can finish.
func graceful(parent context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(parent))
	stop := context.AfterFunc(parent, func() { time.AfterFunc(grace, cancel) })
	return ctx, func() { stop(); cancel() }
}

// leavingRecords are records that show the update as paused as soon as this process was
// asked to leave it. What is stored stays as it is, so another process may continue the
// update.
type leavingRecords struct {
	upgrade.Records
	leave <-chan struct{}
}

func (l leavingRecords) Load(ctx context.Context) (upgrade.Record, error) {
	record, err := l.Records.Load(ctx)
	select {
	case <-l.leave:
		record.Update.PauseRequested = true
	default:
	}
	return record, err
}
