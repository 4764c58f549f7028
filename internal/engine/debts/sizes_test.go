package debts

import (
	"testing"

	"github.com/nodelift/nodelift/internal/upgrade"
)

func TestSomebodyElsesSizesAreAdopted(t *testing.T) {
	for name, c := range map[string]struct {
		ledger upgrade.Sizes
		seen   int
		least  int
		shrunk bool
		want   int
		// standby is how many instances are in Standby now.
		standby int
	}{
		"A raise is added to the owner's size.":                                                        {upgrade.Sizes{Owner: both(3), Expected: both(6)}, 8, 0, false, 5, 0},
		"A cut that removes only surge leaves the owner's size.":                                       {upgrade.Sizes{Owner: both(3), Expected: both(6)}, 4, 0, false, 3, 0},
		"A cut to the owner's size leaves it.":                                                         {upgrade.Sizes{Owner: both(3), Expected: both(6)}, 3, 0, false, 3, 0},
		"An instance that enters Standby with its place takes it from the owner's size.":               {upgrade.Sizes{Owner: both(3), Expected: both(6)}, 5, 0, false, 2, 1},
		"One that leaves Standby brings it back.":                                                      {upgrade.Sizes{Owner: both(2), Expected: both(5), Standby: 1}, 6, 0, false, 3, 0},
		"One that was replaced in Standby does not count when somebody cuts the surge.":                {upgrade.Sizes{Owner: both(3), Expected: both(6), Standby: 1}, 5, 0, false, 3, 1},
		"A cut of the surge at the same time as an instance enters Standby leaves the owner the rest.": {upgrade.Sizes{Owner: both(3), Expected: both(6)}, 4, 0, false, 2, 1},
		"A cut below the owner's size is the new one.":                                                 {upgrade.Sizes{Owner: both(3), Expected: both(6)}, 2, 0, false, 2, 0},
		"A cut without a surge is the owner's new size.":                                               {upgrade.Sizes{Owner: both(3), Expected: both(3)}, 1, 0, false, 1, 0},
		"The owner's size is never below the minimum size.":                                            {upgrade.Sizes{Owner: both(3), Expected: both(3)}, 1, 2, false, 2, 0},
		"While a raise is pending the larger reading counts.":                                          {upgrade.Sizes{Owner: both(3), Expected: both(3), Pending: new(both(4))}, 6, 0, false, 6, 0},
		"While a scale down is pending the larger reading counts.":                                     {upgrade.Sizes{Owner: both(3), Expected: both(6), Pending: new(upgrade.Size{Max: 6, Desired: 5}), ShrinkInstance: "i"}, 7, 0, false, 5, 0},
		"A size that a scale down did not lower was raised at the same time.":                          {upgrade.Sizes{Owner: both(3), Expected: both(6), Pending: new(upgrade.Size{Max: 6, Desired: 5}), ShrinkInstance: "i"}, 6, 0, true, 4, 0},
	} {
		t.Run(name, func(t *testing.T) {
			d := c.ledger
			d.UnexpectedStandby = c.standby
			adopt(&d, reading{size: both(c.seen), least: c.least, standby: c.standby}, c.shrunk)
			if d.Owner.Desired != c.want {
				t.Errorf("the owner's desired size is %d, want %d", d.Owner.Desired, c.want)
			}
			if d.Expected != both(c.seen) || d.Pending != nil || d.ShrinkInstance != "" {
				t.Errorf("the ledger expects %v, want the reported sizes and nothing pending", d)
			}
		})
	}
}

func TestWhatClusterAutoscalerRemovesIsTheOwners(t *testing.T) {
	for name, c := range map[string]struct{ owner, expected, seen, removed, before, want int }{
		"A node that Cluster Autoscaler removes takes its place from the owner's size.": {3, 6, 5, 1, 0, 2},
		"So do two.": {4, 6, 4, 2, 0, 2},
		"If more was cut than that, nobody knows who meant what, and the surge goes first.": {3, 6, 4, 1, 0, 3},
		"If less was cut, somebody raised the size at the same time.":                       {3, 6, 6, 1, 0, 3},
		"One that still ends and was taken account of does not count again.":                {2, 5, 4, 1, 1, 2},
		"A second one does.": {2, 5, 4, 2, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			d := upgrade.Sizes{Owner: both(c.owner), Expected: both(c.expected), Removing: c.before}
			if adopt(&d, reading{size: both(c.seen), removed: c.removed}, false); d.Owner.Desired != c.want {
				t.Errorf("the owner's desired size is %d, want %d", d.Owner.Desired, c.want)
			}
		})
	}
}

func TestAMaximumThatNobodyChangedIsNotAdopted(t *testing.T) {
	lowering := upgrade.Sizes{Owner: upgrade.Size{Max: 4, Desired: 3}, Expected: upgrade.Size{Max: 7, Desired: 5}, Pending: &upgrade.Size{Max: 6, Desired: 5}}
	for name, c := range map[string]struct{ seen, want upgrade.Size }{
		"A cut is seen before the pending maximum.": {upgrade.Size{Max: 7, Desired: 4}, upgrade.Size{Max: 4, Desired: 3}},
		"A cut is seen after the pending maximum.":  {upgrade.Size{Max: 6, Desired: 4}, upgrade.Size{Max: 4, Desired: 3}},
		"Somebody else sets another maximum.":       {upgrade.Size{Max: 9, Desired: 4}, upgrade.Size{Max: 7, Desired: 3}},
	} {
		d := lowering
		if adopt(&d, reading{size: c.seen}, false); d.Owner != c.want {
			t.Errorf("%s: the owner's sizes are %s, want %s", name, d.Owner, c.want)
		}
	}
}

func both(n int) upgrade.Size { return upgrade.Size{Max: n, Desired: n} }
