package carry

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nodelift/nodelift/internal/upgrade"
)

func TestTroublesAreToldOnce(t *testing.T) {
	expired, unkept := errors.New("the credentials have expired"), errors.New("write the Event")
	var told []string
	var troubles troubles
	for _, seen := range []struct {
		passed bool
		err    error
	}{
		{true, nil}, {false, expired}, {false, expired}, {false, upgrade.ErrConflict}, {false, expired},
		{true, nil}, {true, nil}, {true, unkept}, {true, unkept},
	} {
		if news := troubles.news(seen.passed, seen.err); news != "" {
			told = append(told, news)
		}
	}
	want := []string{
		"the credentials have expired (retrying)", "Recovered.",
		"write the Event (continuing without)",
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
}
