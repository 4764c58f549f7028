package fleet

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

func nodeOrder(o upgrade.NodeOrder) func(*Fleet) {
	return func(f *Fleet) { f.Update.Policy.NodeOrder = o }
}

func TestRandomDrainOrderIsEvenOverTheZones(t *testing.T) {
	group := []func(*Fleet){
		has("a1", "a", oldImage), has("a2", "a", oldImage), has("a3", "a", oldImage),
		has("b1", "b", oldImage), has("b2", "b", oldImage), has("c1", "c", oldImage),
	}
	orders := map[string]bool{}
	for n := range 20 {
		f := given(append(group, func(f *Fleet) { f.Update.UID = fmt.Sprint("uid-", n) })...)
		order := f.DrainOrder(f.Outdated())
		// a has most nodes left, then a and b, then each zone has one.
		for _, part := range []struct {
			from, to int
			zones    []string
		}{{0, 1, []string{"a"}}, {1, 3, []string{"a", "b"}}, {3, 6, []string{"a", "b", "c"}}} {
			var zones []string
			for _, m := range order[part.from:part.to] {
				zones = append(zones, m.Zone)
			}
			slices.Sort(zones)
			equal(t, fmt.Sprintf("update %d, zones of nodes %d to %d", n, part.from+1, part.to), zones, part.zones)
		}
		again := f.Outdated()
		slices.Reverse(again)
		equal(t, fmt.Sprintf("update %d, another process", n), ids(f.DrainOrder(again)), ids(order))
		orders[fmt.Sprint(ids(order))] = true
	}
	if len(orders) < 2 {
		t.Error("20 updates have all drained the nodes in the same order")
	}
}

func TestDrainOrder(t *testing.T) {
	tests := map[string]struct {
		order upgrade.NodeOrder
		given []func(*Fleet)
		want  []string
	}{
		"Oldest: by the launch of the instances": {upgrade.Oldest, []func(*Fleet){
			has("1h", "a", oldImage, launched(time.Hour)), has("3h", "a", oldImage, launched(3*time.Hour)), has("2h", "b", oldImage, launched(2*time.Hour))},
			[]string{"3h", "2h", "1h"}},
		"Zone: one zone after the other": {upgrade.ZoneByZone, []func(*Fleet){
			has("in-c", "c", oldImage), has("in-a", "a", oldImage), has("in-b", "b", oldImage)},
			[]string{"in-a", "in-b", "in-c"}},
		"FewestPods: by the pods that must move": {upgrade.FewestPods, []func(*Fleet){
			has("three", "a", oldImage), has("one", "b", oldImage), has("two", "c", oldImage), runs("three", 3), runs("two", 2), runs("one", 1)},
			[]string{"one", "two", "three"}},
		"FewestPods: pods of DaemonSets do not count": {upgrade.FewestPods, []func(*Fleet){
			has("two", "a", oldImage), has("daemons", "b", oldImage), runs("two", 2), runs("daemons", 3),
			func(f *Fleet) {
				for i := range f.Occupancy.Pods["daemons"] {
					f.Occupancy.Pods["daemons"][i].Stays = true
				}
			}},
			[]string{"daemons", "two"}},
		"Nodes that are not usable come first": {upgrade.Oldest, []func(*Fleet){
			has("old", "a", oldImage, launched(3*time.Hour)), has("dead", "b", oldImage, launched(time.Hour), notReady)},
			[]string{"dead", "old"}},
		"Nodes of the controller come last": {upgrade.Oldest, []func(*Fleet){
			has("controller", "a", oldImage, launched(3*time.Hour), controller), has("other", "b", oldImage, launched(time.Hour))},
			[]string{"other", "controller"}},
		"A node of the controller that is not usable comes before the usable ones": {upgrade.Oldest, []func(*Fleet){
			has("usable", "a", oldImage, launched(3*time.Hour)), has("dead", "b", oldImage, notReady), has("controller", "c", oldImage, notReady, controller)},
			[]string{"dead", "controller", "usable"}},
		"LEAN keeps the zones even in every order": {upgrade.Oldest, []func(*Fleet){strategy(upgrade.Lean),
			has("b-1h", "b", oldImage, launched(time.Hour)), has("a-4h", "a", oldImage, launched(4*time.Hour)),
			has("a-3h", "a", oldImage, launched(3*time.Hour)), has("a-2h", "a", oldImage, launched(2*time.Hour))},
			[]string{"a-4h", "a-3h", "a-2h", "b-1h"}},
		"LEAN takes a younger node of a fuller zone first": {upgrade.Oldest, []func(*Fleet){strategy(upgrade.Lean),
			has("b-4h", "b", oldImage, launched(4*time.Hour)), has("a-3h", "a", oldImage, launched(3*time.Hour)), has("a-2h", "a", oldImage, launched(2*time.Hour))},
			[]string{"a-3h", "b-4h", "a-2h"}},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			f := given(append(c.given, nodeOrder(c.order))...)
			equal(t, "order", ids(f.DrainOrder(f.Outdated())), c.want)
		})
	}
}

func TestDrainable(t *testing.T) {
	two := []func(*Fleet){has("i", "a", oldImage), has("j", "b", oldImage)}
	tests := map[string]struct {
		given []func(*Fleet)
		want  []string
	}{
		"Outdated nodes may be drained, others not":       {[]func(*Fleet){has("new", "c", newImage)}, []string{"i", "j"}},
		"A node in flight is drained already":             {[]func(*Fleet){inFlight("i")}, []string{"j"}},
		"A quarantined node waits until no other is left": {[]func(*Fleet){quarantined("i", false)}, []string{"j"}},
		"A quarantined node waits for those in flight":    {[]func(*Fleet){quarantined("i", false), inFlight("j")}, nil},
		"When only quarantined ones are left, they are tried once more": {
			[]func(*Fleet){quarantined("i", false), quarantined("j", false)}, []string{"i", "j"}},
		"They are tried once more, not twice": {[]func(*Fleet){quarantined("i", true), quarantined("j", false)}, []string{"j"}},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			equal(t, "drainable", ids(given(append(slices.Clone(two), c.given...)...).Drainable()), c.want)
		})
	}
}
