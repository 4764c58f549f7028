package exit

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// A command that was asked to end is over within its limit, and its calls end before that.
func TestLeaveHasALimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wanted, ask := context.WithCancel(t.Context())
		calls, endCalls := context.WithCancel(t.Context())
		over, stop := Leave(t.Context(), wanted, endCalls)
		defer stop()
		time.Sleep(time.Hour)
		synctest.Wait()
		if over.Err() != nil || calls.Err() != nil {
			t.Fatal("nobody asked it to end")
		}
		asked := time.Now()
		ask()
		<-calls.Done()
		if over.Err() != nil {
			t.Error("no time is left between the end of the calls and that of the command")
		}
		<-over.Done()
		if took := time.Since(asked); took != LeaveWithin {
			t.Errorf("it is over after %s, want %s", took, LeaveWithin)
		}
	})
}

// Who asks again need not wait. After a timeout, the first Ctrl-C asks again.
func TestAskedAgainItIsOverAtOnce(t *testing.T) {
	for name, ask := range map[string]func(ctrlC, timeout func(), again chan struct{}){
		"Ctrl-C twice":              func(ctrlC, _ func(), again chan struct{}) { ctrlC(); close(again) },
		"a timeout and then Ctrl-C": func(ctrlC, timeout func(), _ chan struct{}) { timeout(); synctest.Wait(); ctrlC() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				again := make(chan struct{})
				ctx, ctrlC := context.WithCancel(WithAgain(t.Context(), again))
				wanted, timeout := context.WithCancel(ctx)
				calls, endCalls := context.WithCancel(t.Context())
				over, stop := Leave(ctx, wanted, endCalls)
				defer stop()
				asked := time.Now()
				ask(ctrlC, timeout, again)
				<-over.Done()
				if took := time.Since(asked); took != 0 || calls.Err() == nil {
					t.Errorf("it is over after %s, and its calls: %v", took, calls.Err())
				}
			})
		})
	}
}

func TestUntilDoesNotWaitForWorkThatHangs(t *testing.T) {
	over, end := context.WithCancel(t.Context())
	hangs, instead := make(chan struct{}), errors.New("left behind")
	defer close(hangs)
	end()
	if err := Until(over, func() error { <-hangs; return nil }, func() error { return instead }); !errors.Is(err, instead) {
		t.Errorf("it returns %v", err)
	}
}
