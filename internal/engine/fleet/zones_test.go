package fleet

import (
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// oldInEach is one outdated node in each zone, with a desired size that the owner set to 3 and that
// is now this.
func oldInEach(now int) func(*Fleet) {
	return func(f *Fleet) {
		for _, zone := range []string{"a", "b", "c"} {
			has("old-"+zone, zone, oldImage)(f)
		}
		borrowed(3, now)(f)
	}
}

func TestZonesWithoutReplacement(t *testing.T) {
	tests := map[string]struct {
		given              []func(*Fleet)
		without, uncovered []string
	}{
		"While instances are still to be launched, no zone is known to be without": {
			[]func(*Fleet){oldInEach(5), has("new-a", "a", newImage)}, nil, []string{"b", "c"}},
		"When all are launched, zones that got none are without": {
			[]func(*Fleet){oldInEach(4), has("new-a", "a", newImage)}, []string{"b", "c"}, []string{"b", "c"}},
		"A joining node is a replacement but does not cover its zone yet": {
			[]func(*Fleet){oldInEach(5), has("new-a", "a", newImage), has("new-b", "b", newImage, notReady)}, []string{"c"}, []string{"b", "c"}},
		"A node that did not join in time is no replacement": {
			[]func(*Fleet){oldInEach(4), has("new-a", "a", newImage, noNode, launched(16*time.Minute)), func(f *Fleet) { f.Run.Started = ago(time.Hour) }},
			[]string{"a", "b", "c"}, []string{"a", "b", "c"}},
		"A zone without outdated nodes needs no replacement": {
			[]func(*Fleet){borrowed(1, 2), has("old-a", "a", oldImage), has("new-a", "a", newImage)}, nil, nil},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			f := given(c.given...)
			equal(t, "without a replacement", f.ZonesWithoutReplacement(), c.without)
			equal(t, "without a usable new node", f.Uncovered(), c.uncovered)
		})
	}
}

func TestSkippable(t *testing.T) {
	atBound := func(f *Fleet) { // 2 x 3 zones were added, and Auto Scaling put all of them in a and b
		oldInEach(9)(f)
		for _, id := range []string{"1", "2", "3"} {
			has("new-a"+id, "a", newImage)(f)
			has("new-b"+id, "b", newImage)(f)
		}
	}
	leanAtBound := func(f *Fleet) {
		oldInEach(6)(f)
		strategy(upgrade.Lean)(f)
		has("new-a1", "a", newImage)(f)
		has("new-a2", "a", newImage)(f)
		has("new-b1", "b", newImage)(f)
	}
	tests := map[string]struct {
		given []func(*Fleet)
		want  []string
	}{
		"Below the bound no zone is skipped":                                    {[]func(*Fleet){oldInEach(4), has("new-a", "a", newImage)}, nil},
		"At the bound a zone to which no volume binds pods is skipped":          {[]func(*Fleet){atBound, runs("old-c", 1)}, []string{"c"}},
		"At the bound a zone to which a volume binds pods is not":               {[]func(*Fleet){atBound, runs("old-c", 1, "c")}, nil},
		"A zone in which the group has no subnet is skipped below the bound":    {[]func(*Fleet){oldInEach(4), has("new-a", "a", newImage), without("c"), runs("old-c", 1)}, []string{"c"}},
		"A zone without a subnet to which a volume binds pods is not":           {[]func(*Fleet){oldInEach(4), has("new-a", "a", newImage), without("c"), runs("old-c", 1, "c")}, nil},
		"With LEAN a zone whose only outdated node has a volume is not skipped": {[]func(*Fleet){leanAtBound, runs("old-c", 1, "c")}, nil},
		"With LEAN pods with a volume can move to another outdated node": {
			// Four outdated nodes in three zones: the surge is 3, so 4 -> 7.
			[]func(*Fleet){leanAtBound, has("old-c2", "c", oldImage), borrowed(4, 7), runs("old-c", 1, "c")}, []string{"c"}},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) { equal(t, "skippable", given(c.given...).Skippable(), c.want) })
	}
}

func TestTaintForZone(t *testing.T) {
	tests := map[string]struct {
		strategy upgrade.Strategy
		zone     string
		want     upgrade.Mark
	}{
		"DEFAULT keeps all pods off outdated nodes":                         {upgrade.Default, "b", upgrade.MarkTaint},
		"MINIMAL lets evicted pods run on outdated nodes":                   {upgrade.Minimal, "a", upgrade.MarkPrefer},
		"LEAN keeps pods off where there is a usable new node":              {upgrade.Lean, "a", upgrade.MarkTaint},
		"LEAN lets pods run on outdated nodes where there is no usable new": {upgrade.Lean, "b", upgrade.MarkPrefer},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			f := given(oldInEach(4), has("new-a", "a", newImage), strategy(c.strategy))
			if got := f.TaintForZone()(c.zone); got != c.want {
				t.Errorf("taint: got %q, want %q", got, c.want)
			}
		})
	}
}

func TestStrandedPod(t *testing.T) {
	other := func(marks ...upgrade.Mark) func(*Fleet) { // a node of another group in zone a
		return func(f *Fleet) {
			f.Nodes = append(f.Nodes, upgrade.Node{Name: "other", Provider: "aws:///a/i-other", Ready: true, Marks: marks})
		}
	}
	one := has("a1", "a", newImage)
	tests := map[string]struct {
		given []func(*Fleet)
		want  string
	}{
		"A pod without volumes can run anywhere":                   {[]func(*Fleet){one, runs("a1", 1)}, ""},
		"A volume binds the pod to a zone with no other node":      {[]func(*Fleet){one, runs("a1", 1, "a")}, "shop/a1-0"},
		"Another usable member of the zone takes the pod":          {[]func(*Fleet){one, has("a2", "a", newImage), runs("a1", 1, "a")}, ""},
		"A member in flight does not take the pod":                 {[]func(*Fleet){one, has("a2", "a", newImage), inFlight("a2"), runs("a1", 1, "a")}, "shop/a1-0"},
		"A member that is not Ready does not take the pod":         {[]func(*Fleet){one, has("a2", "a", newImage, notReady), runs("a1", 1, "a")}, "shop/a1-0"},
		"A node of another group takes the pod":                    {[]func(*Fleet){one, other(), runs("a1", 1, "a")}, ""},
		"A cordoned node of another group does not":                {[]func(*Fleet){one, other(upgrade.MarkCordon), runs("a1", 1, "a")}, "shop/a1-0"},
		"A volume of two zones lets the pod run in the other one":  {[]func(*Fleet){one, has("b1", "b", newImage), runs("a1", 1, "a", "b")}, ""},
		"With force the pod does not keep its node":                {[]func(*Fleet){one, runs("a1", 1, "a"), func(f *Fleet) { f.Update.Policy.Force = true }}, ""},
		"A finished pod does not keep its node":                    {[]func(*Fleet){one, runs("a1", 1, "a"), func(f *Fleet) { f.Occupancy.Pods["a1"][0].Finished = true }}, ""},
		"An instance that is no node has no pods to be left alone": {[]func(*Fleet){has("a1", "a", newImage, noNode), runs("a1", 1, "a")}, ""},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			f := given(c.given...)
			if got := f.StrandedPod(f.ByID["a1"]); got != c.want {
				t.Errorf("stranded pod: got %q, want %q", got, c.want)
			}
		})
	}
}

func TestLeavesZoneShort(t *testing.T) {
	tests := map[string]struct {
		owner, now int
		stay       []func(*Fleet)
		want       bool
	}{
		// One node in a, one in b, none in c: the zones differ by one.
		"Zones that differ by one are even": {2, 3, []func(*Fleet){has("a1", "a", newImage), has("b1", "b", newImage)}, false},
		// Two in a, two in b, none in c: c has two fewer.
		"A zone that ends with two nodes fewer is short": {4, 5, []func(*Fleet){
			has("a1", "a", newImage), has("a2", "a", newImage), has("b1", "b", newImage), has("b2", "b", newImage)}, true},
		// The same, but the scale down takes one node from a and one from b.
		"The scale down evens the zones out": {2, 5, []func(*Fleet){
			has("a1", "a", newImage), has("a2", "a", newImage), has("b1", "b", newImage), has("b2", "b", newImage)}, false},
		// Two in a, none in b and c: a replacement might be launched in b.
		"Where another zone is as empty, a replacement need not come to this one": {2, 3, []func(*Fleet){
			has("a1", "a", newImage), has("a2", "a", newImage)}, false},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			f := given(append(c.stay, borrowed(c.owner, c.now))...)
			if got := f.LeavesZoneShort("c", f.UpToDate()); got != c.want {
				t.Errorf("zone c is short: got %v, want %v", got, c.want)
			}
		})
	}
}

func TestUnevenness(t *testing.T) {
	f := given(has("a1", "a", newImage), has("a2", "a", newImage), has("a3", "a", newImage, lifecycle(upgrade.Terminating)), has("b1", "b", newImage))
	if got := f.Unevenness(); got != 2 {
		t.Errorf("two members in a, one in b, none in c: got %d, want 2", got)
	}
}
