package simulation

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nodelift/nodelift/internal/upgrade"
)

func TestCopiesShareNothing(t *testing.T) {
	run := upgrade.Run{
		Started: time.Unix(1, 0), Resolved: &upgrade.Resolved{},
		Drains:  []upgrade.Drain{{Blocked: []upgrade.BlockedPod{{Pod: "default/web"}}}},
		Verdict: &upgrade.Verdict{Errors: []upgrade.Error{{Resources: []string{"i-1"}}}},
		Counts:  upgrade.Counts{Refusals: map[string]int{"default/web": 1}},
	}
	before, again := deepCopy(run), deepCopy(run)
	if diff := cmp.Diff(run, before); diff != "" {
		t.Fatalf("a copy is not the same:\n%s", diff)
	}
	run.Resolved.ByTemplate = true
	run.Drains[0].Blocked[0].Pod = "another"
	run.Verdict.Errors[0].Resources[0] = "another"
	run.Counts.Refusals["default/web"] = 2
	if diff := cmp.Diff(again, before); diff != "" {
		t.Errorf("a copy changes with the original:\n%s", diff)
	}
}
