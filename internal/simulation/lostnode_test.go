package simulation

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// lostWorld is what becomes of a node whose object was deleted.
type lostWorld struct {
	Listed  int // pods that the API lists with the name of the node
	Running int // pods that really run on its instance
	Node    bool
	Marked  bool
}

func TestDeletedNode(t *testing.T) {
	slow := Workload{Kind: Deployment, Name: "web", Replicas: 1, Stop: 2 * time.Minute, Grace: 3 * time.Minute}
	held := Workload{Kind: Deployment, Name: "web", Replicas: 1, Finalizers: []string{"example.com/hold"}}
	tests := map[string]struct {
		load        Workload
		back, after time.Duration
		want        lostWorld
	}{
		"Its pods run on for a while.":                       {load: slow, after: 45 * time.Second, want: lostWorld{Listed: 1, Running: 1}},
		"Its pods are collected and run on for their grace.": {load: slow, after: time.Minute, want: lostWorld{Running: 1}},
		"Its pods end after their grace.":                    {load: slow, after: 4 * time.Minute},
		"Its pods stay if it registers again soon.": {
			load: slow, back: 20 * time.Second, after: 10 * time.Minute, want: lostWorld{Listed: 1, Running: 1, Node: true},
		},
		"It registers again without pods and marks.": {load: slow, back: 5 * time.Minute, after: 6 * time.Minute, want: lostWorld{Node: true}},
		"A finalizer keeps the object of a pod that has ended.": {
			load: held, after: 10 * time.Minute, want: lostWorld{Listed: 1},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := three(t, test.load)
			n := first(w).node
			n.Marks = []upgrade.Mark{upgrade.MarkTaint}
			w.DeleteNode(n.Name, test.back)
			n.seen = true
			n.noteSeen()
			w.AdvanceBy(test.after)
			_, exists := w.cluster.lookup(n.Name)
			listed := w.cluster.occupancy(n.Name).Pods[n.Name]
			got := lostWorld{Listed: len(listed), Running: len(w.observer.running(n)), Node: exists, Marked: len(n.Marks) > 0}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("the node (-want +got):\n%s", diff)
			}
		})
	}
}
