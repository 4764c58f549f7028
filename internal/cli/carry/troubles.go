package carry

import (
	"errors"
	"fmt"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// troubles tells of passes that could not be made, once for each reason and once
// when it is over, and of passes of which no account could be written, once. The zero
// troubles is ready for use.
type troubles struct {
	last   string
	unkept bool
}

func (t *troubles) news(passed bool, err error) string {
	switch {
	case errors.Is(err, upgrade.ErrConflict), errors.Is(err, upgrade.ErrFenced):
		return ""
	case passed && err != nil && !t.unkept:
		t.unkept = true
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
