package carry

import (
	"testing"

	"github.com/nodelift/nodelift/internal/upgrade"
)

func TestAPassOfAPausedUpdateDoesNotResumeIt(t *testing.T) {
	wanted := upgrade.Record{Update: upgrade.Update{PauseRequested: true}}
	for name, c := range map[string]struct {
		result       upgrade.Result
		before, want bool
	}{
		"A pass that marks a node of a paused update leaves it paused.": {upgrade.Result{Record: wanted}, true, true},
		"A pass on the way to a pause has not paused it yet.":           {upgrade.Result{Record: wanted}, false, false},
		"The first pass that finds it paused says so.":                  {upgrade.Result{Record: wanted, Paused: true}, false, true},
		"A pass after somebody has resumed it finds it not paused.":     {upgrade.Result{}, true, false},
		"A pass of an update that nobody paused finds it not paused.":   {upgrade.Result{}, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := isPaused(c.result, c.before); got != c.want {
				t.Errorf("paused: %t, want %t", got, c.want)
			}
		})
	}
}
