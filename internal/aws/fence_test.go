package aws_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Who has lost the right to work sends nothing more that changes anything, also
// not again what AWS has refused, and may still look.
func TestFence(t *testing.T) {
	w := newWorld(t)
	open, refusals := true, 0
	w.intercept = func(out http.ResponseWriter, in *http.Request) bool {
		if in.FormValue("Action") != "UpdateAutoScalingGroup" {
			return false
		}
		refusals++
		open = false // as if somebody took over while the SDK waits
		http.Error(out, "<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>", http.StatusBadRequest)
		return true
	}
	ctx := upgrade.Fence(context.Background(), func() bool { return open })
	err := w.aws.Groups.Resize(ctx, group, upgrade.Size{}, upgrade.Size{Max: 4, Desired: 4})
	if !errors.Is(err, upgrade.ErrFenced) || refusals != 1 {
		t.Errorf("sent %d times: %v", refusals, err)
	}
	w.intercept = nil
	before := len(w.Journal())
	if err := w.aws.Groups.Terminate(ctx, group, []string{"i-1"}, false); !errors.Is(err, upgrade.ErrFenced) {
		t.Errorf("terminate: %v", err)
	}
	if after := len(w.Journal()); after != before {
		t.Errorf("%d calls reached AWS", after-before)
	}
	if _, err := w.aws.Groups.Group(ctx, group, true); err != nil {
		t.Errorf("a look: %v", err)
	}
}
