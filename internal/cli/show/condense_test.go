package show

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nodelift/nodelift/internal/view"
)

// What a person reads of the events of some passes. Each pass is a second after the
// one before it, unless it says otherwise.
func TestCondensedEvents(t *testing.T) {
	type pass []view.Event
	about := func(node, reason, message string) view.Event {
		return view.Event{Node: node, Reason: reason, Message: message}
	}
	warning := func(node, reason, message string) view.Event {
		return view.Event{Warning: true, Node: node, Reason: reason, Message: message}
	}
	resizing := func(message string) view.Event { return about("", "Resizing", message) }
	for name, tc := range map[string]struct {
		passes []pass
		want   []string
	}{
		"a node that is drained is two lines": {
			[]pass{
				{about("a", "NodeDraining", "draining a (zone 1): outdated"), about("a", "PodEvicted", "evicting shop/web-1 from a"), about("a", "PodEvicted", "evicting shop/web-2 from a")},
				{about("a", "NodeCordoned", "cordoned a, empty after 1s")},
				{about("a", "NodeTerminated", "terminating empty instance i-1 (a, zone 1)"), about("a", "NodeGone", "terminated a (zone 1), 5s after its drain started (2 pods evicted)")},
			},
			[]string{"draining a (zone 1): outdated", "terminated a (zone 1), 5s after its drain started (2 pods evicted)"},
		},
		"a termination that lowers the desired size says so when the node is gone": {
			[]pass{
				{about("a", "NodeTerminated", "terminating empty instance i-1 (a, zone 1); desired size 6 -> 5")},
				{about("a", "NodeGone", "terminated a (zone 1), 5s after its drain started (0 pods evicted)"), resizing("maximum size 6 -> 5")},
				{about("b", "NodeGone", "terminated b (zone 1), 7s after its drain started (0 pods evicted)")},
			},
			[]string{
				"terminated a (zone 1), 5s after its drain started (0 pods evicted); desired size 6 -> 5", "maximum size 6 -> 5",
				"terminated b (zone 1), 7s after its drain started (0 pods evicted)",
			},
		},
		"an instance that never became a node is terminated in one line": {
			[]pass{{about("", "NodeTerminated", "terminating empty instance i-1 (zone 1); desired size 6 -> 5"), about("", "NodeGone", "terminated i-1 (zone 1), 0s after its drain started (0 pods evicted)")}},
			[]string{"terminated i-1 (zone 1), 0s after its drain started (0 pods evicted); desired size 6 -> 5"},
		},
		"pods that force deletes are counted when their node is gone": {
			[]pass{
				{warning("a", "DrainForced", "a could not be drained within 15m; deleting its pods now (force)"), about("a", "PodDeleted", "deleted pod shop/web-1 from a"), about("a", "PodDeleted", "deleted pod shop/web-2 from a")},
				{about("a", "NodeGone", "terminated a (zone 1), 15m after its drain started (3 pods evicted)")},
			},
			[]string{
				"a could not be drained within 15m; deleting its pods now (force)",
				"terminated a (zone 1), 15m after its drain started (3 pods evicted); 2 pods deleted by force",
			},
		},
		"each warning stays, whatever it is about": {
			[]pass{{warning("a", "PodEvicted", "eviction 1 was odd"), warning("a", "NodeTainted", "taint 1 was odd"), warning("a", "NodeTainted", "taint 2 was odd"), warning("", "Resizing", "sizes are odd")}},
			[]string{"eviction 1 was odd", "taint 1 was odd", "taint 2 was odd", "sizes are odd"},
		},
		"taints of several nodes are one line with a count": {
			[]pass{{about("a", "NodeTainted", "tainted a"), about("b", "NodeTainted", "tainted b"), about("c", "NodeTainted", "tainted c")}},
			[]string{"tainted a; the same for 2 more nodes"},
		},
		"the taint of one node belongs to its drain": {
			[]pass{{about("a", "NodeDraining", "draining a"), about("a", "NodeTainted", "tainted a")}},
			[]string{"draining a"},
		},
		"labels are not shown": {
			[]pass{{about("a", "NodeLabelled", "labelled a"), about("b", "NodeLabelled", "labelled b")}}, nil,
		},
		"marks that are removed are one line with a count": {
			[]pass{{about("a", "MarksRemoved", "removed the taint of a"), about("b", "MarksRemoved", "removed the taint of b")}, {about("c", "MarksRemoved", "removed the taint of c")}},
			[]string{"removed the taint of a; the same for 1 more node", "removed the taint of c"},
		},
		"sizes that are raised one by one are one line": {
			[]pass{{resizing("desired size 3 -> 4, maximum size 4 -> 5")}, {}, {resizing("desired size 4 -> 5, maximum size 5 -> 6")}, {resizing("desired size 5 -> 6, maximum size 6 -> 7")}, {}, {}},
			[]string{"desired size 3 -> 6, maximum size 4 -> 7"},
		},
		"sizes are shown as soon as something else happens": {
			[]pass{{resizing("desired size 3 -> 4")}, {about("", "ScaledUp", "starting to drain")}, {resizing("desired size 4 -> 5")}, {}, {}},
			[]string{"desired size 3 -> 4", "starting to drain", "desired size 4 -> 5"},
		},
		"sizes that somebody changed in between are two lines": {
			[]pass{{resizing("desired size 3 -> 4")}, {resizing("desired size 5 -> 6")}, {}, {}},
			[]string{"desired size 3 -> 4", "desired size 5 -> 6"},
		},
		"other sizes are a line of their own": {
			[]pass{{resizing("desired size 3 -> 4")}, {resizing("maximum size 3 -> 4")}, {}, {}},
			[]string{"desired size 3 -> 4", "maximum size 3 -> 4"},
		},
		"sizes that were the last event are shown at the end": {
			[]pass{{resizing("desired size 3 -> 4")}}, []string{"desired size 3 -> 4"},
		},
		"everything else stays": {
			[]pass{{about("", "TargetResolved", "the target is x"), about("", "Waiting", "zone b has no new node (10s of 15m)"), about("", "UpgradeSucceeded", "all nodes run x")}},
			[]string{"the target is x", "zone b has no new node (10s of 15m)", "all nodes run x"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var c condenser
			var got []string
			now := time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC)
			read := func(events []view.Event) {
				for _, e := range events {
					got = append(got, e.Message)
				}
			}
			for _, events := range tc.passes {
				now = now.Add(time.Second)
				for i := range events {
					events[i].Time = now
				}
				read(c.pass(events, now))
			}
			read(c.rest())
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
