package engine

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// An update that is rolled back leaves what it has borrowed as it is. Pending sizes stay
// pending, because they may have been applied; a drain with a lower desired size is dropped.
func TestHandOver(t *testing.T) {
	size := upgrade.Size{Max: 7, Desired: 6}
	for name, c := range map[string]struct {
		pending *upgrade.Size
		shrink  string
		want    *upgrade.Size
	}{
		"A pending size stays pending.":                                  {&size, "", &size},
		"A pending size of a node that was to be terminated is dropped.": {&size, "old-a", nil},
		"Without a pending size there is none afterwards.":               {},
	} {
		t.Run(name, func(t *testing.T) {
			s := given(inFlight("old-a", time.Minute), func(s *state) {
				s.Update.RolledBackBy = "back"
				s.Ledger.Sizes.Pending, s.Ledger.Sizes.ShrinkInstance = c.pending, c.shrink
			})
			p := decide(s)
			if diff := cmp.Diff([]string{"RolledBack: update back rolls this one back, and restores sizes, processes, autoscaler and marks at its end"}, summary(p)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			run, sizes := p.Record.Run, p.Record.Ledger.Sizes
			if run.Phase != upgrade.Done || run.Verdict == nil || run.Verdict.Status != upgrade.Cancelled || len(run.Drains) > 0 || len(run.Owed) != 1 {
				t.Errorf("the run is %+v", run)
			}
			if diff := cmp.Diff(c.want, sizes.Pending); diff != "" || sizes.ShrinkInstance != "" {
				t.Errorf("sizes %+v, -want +got:\n%s", sizes, diff)
			}
		})
	}
}
