package controller

import (
	"context"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// graceful is a context that lives on for a grace after its parent has ended,
// so that calls under way can finish.
func graceful(parent context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(parent))
	stop := context.AfterFunc(parent, func() { time.AfterFunc(grace, cancel) })
	return ctx, func() { stop(); cancel() }
}

// halting are records that say Halted as soon as somebody asked this process to
// stand still. What is kept stays as it is: another process may go on.
type halting struct {
	upgrade.Records
	halt <-chan struct{}
}

func (h halting) Load(ctx context.Context) (upgrade.Record, error) {
	record, err := h.Records.Load(ctx)
	select {
	case <-h.halt:
		record.Update.PauseRequested = true
	default:
	}
	return record, err
}
