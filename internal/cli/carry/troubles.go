package carry

import (
	"context"
	"errors"
	"fmt"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// troubles says why passes fail: each reason once, and once that they succeed again. A pass
// that was cut off because the process ends is no trouble. Of
// passes that succeed but cannot be reported as Events it says so once. The zero
// troubles is ready for use.
type troubles struct {
	last       string // reason that was said, "" if passes succeed
	unreported bool   // it was said that passes cannot be reported
}

// news is what there is to say after a pass, "" for nothing.
func (t *troubles) news(passed bool, err error) string {
	switch {
	case errors.Is(err, upgrade.ErrConflict), errors.Is(err, upgrade.ErrFenced), errors.Is(err, upgrade.ErrCredentialsChanged), errors.Is(err, context.Canceled):
		return ""
	case passed && err != nil && !t.unreported:
		t.unreported = true
		return fmt.Sprintf("%v (continuing without)", err)
	case passed && t.last != "":
		t.last = ""
		return "Recovered."
	case !passed && err != nil && err.Error() != t.last:
		t.last = err.Error()
		return t.last + " (retrying)"
	}
	return ""
}
