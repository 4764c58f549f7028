package controller

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestCallsUnderWayHaveAGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		parent, end := context.WithCancel(t.Context())
		ctx, cancel := graceful(parent, 20*time.Second)
		defer cancel()
		end()
		time.Sleep(19 * time.Second)
		if ctx.Err() != nil {
			t.Error("it ended before its grace")
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if ctx.Err() == nil {
			t.Error("it is not cancelled after its grace")
		}
	})
}
