package engine

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// An update that is rolled back leaves what it has borrowed as it is. A size on its
// way may have arrived and stays; a node that was to go with its place is let go.
func TestHandOver(t *testing.T) {
	onItsWay := upgrade.Size{Max: 7, Desired: 6}
	for name, c := range map[string]struct {
		pending *upgrade.Size
		shrink  string
		want    *upgrade.Size
	}{
		"a size on its way":                    {&onItsWay, "", &onItsWay},
		"a node about to go with its place":    {&onItsWay, "old-a", nil},
		"nothing on its way, nobody in flight": {},
	} {
		t.Run(name, func(t *testing.T) {
			s := given(inFlight("old-a", time.Minute), func(s *state) {
				s.Update.RolledBackBy = "back"
				s.Ledger.Sizes.Pending, s.Ledger.Sizes.ShrinkInstance = c.pending, c.shrink
			})
			p := decide(s)
			if diff := cmp.Diff([]string{"RolledBack: update back rolls this one back and will restore what was borrowed"}, summary(p)); diff != "" {
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
