package run

import "testing"

// A plan of several groups says how they are upgraded.
func TestHowSeveralGroupsAreUpgraded(t *testing.T) {
	for want, c := range map[string]Choice{
		"": {Name: "workers"},
		"all, one after the other, stops after the first that fails":                        {Several: true, All: true, Parallel: 1},
		"those with the tags team=shop, 2 at the same time, continues after one that fails": {Several: true, Selector: Selector{"team": "shop"}, Parallel: 2, KeepGoing: true},
	} {
		if got := c.words(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
