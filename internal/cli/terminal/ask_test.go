package terminal

import (
	"bytes"
	"testing"

	"github.com/nodelift/nodelift/internal/cli/exit"
)

func TestAgreeNeedsATerminal(t *testing.T) {
	err := Agree(t.Context(), Streams{In: bytes.NewBufferString("y\n"), Err: &bytes.Buffer{}})
	if exit.Code(err) != exit.Failed {
		t.Errorf("a yes from a pipe: %v, code %d", err, exit.Code(err))
	}
}

func TestIsYes(t *testing.T) {
	for answer, want := range map[string]bool{"y\n": true, " Yes \n": true, "\n": false, "": false, "n\n": false, "yesterday\n": false} {
		if got := isYes(answer); got != want {
			t.Errorf("isYes(%q) = %v", answer, got)
		}
	}
}
