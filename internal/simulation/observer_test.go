package simulation

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// TestObserverSees lets somebody break each promise. What the observer does not
// see here it would not see of an engine either.
func TestObserverSees(t *testing.T) {
	tests := map[string]struct {
		do   func(t *testing.T, w *World)
		want string
	}{
		"an eviction that nobody wrote down": {
			do:   func(t *testing.T, w *World) { evictFromInstance(w, w.cloud.instances[0]) },
			want: "promise 6",
		},
		"an eviction from a stranger": {
			do:   func(t *testing.T, w *World) { evictFrom(w, w.cluster.nodes[3]) },
			want: "promise 3",
		},
		"a drain of a node that is up to date": {
			do: func(t *testing.T, w *World) {
				grow(t, w, 4)
				w.cloud.instances[3].Image = NewImage
				drain(t, w, w.cloud.instances[3])
			},
			want: "promise 3",
		},
		"a drain without a surge": {
			do:   func(t *testing.T, w *World) { drain(t, w, w.cloud.instances[0]) },
			want: "promise 2",
		},
		"more nodes in flight than may be": {
			do: func(t *testing.T, w *World) {
				grow(t, w, 6)
				drain(t, w, w.cloud.instances[0], w.cloud.instances[1])
			},
			want: "promise 2",
		},
		"a forced delete before its time": {
			do: func(t *testing.T, w *World) {
				if err := (pods{w}).Delete(t.Context(), first(w).Pod); err != nil {
					t.Fatal(err)
				}
			},
			want: "promise 1",
		},
		"a termination of a node with pods": {
			do: func(t *testing.T, w *World) {
				grow(t, w, 4)
				drain(t, w, first(w).node.instance)
				terminate(t, w, first(w).node.instance, false)
			},
			want: "promise 4",
		},
		"a desired size that lets Auto Scaling choose": {
			do:   func(t *testing.T, w *World) { resize(t, w, upgrade.Size{Max: 4, Desired: 2}) },
			want: "promise 4",
		},
		"too large a surge": {
			do:   func(t *testing.T, w *World) { resize(t, w, upgrade.Size{Max: 20, Desired: 10}) },
			want: "promise 5",
		},
		"a label that lies": {
			do: func(t *testing.T, w *World) {
				if err := (nodes{w}).LabelImage(t.Context(), w.cluster.nodes[0].Name, NewImage); err != nil {
					t.Fatal(err)
				}
			},
			want: "promise 3",
		},
		"marks, sizes and the autoscaler left behind": {
			do: func(t *testing.T, w *World) {
				w.observer.checkEnd()
			},
			want: "promise 7",
		},
		"a second version of the template": {
			do: func(t *testing.T, w *World) {
				for _, token := range []string{"one", "two"} {
					if _, err := (templates{w}).CreateVersion(t.Context(), w.cloud.template.current(), NewImage, token); err != nil {
						t.Fatal(err)
					}
				}
			},
			want: "promise 6",
		},
		"a place given back twice": {
			do: func(t *testing.T, w *World) {
				i := w.cloud.instances[0]
				for range 2 {
					terminate(t, w, i, true)
					w.AdvanceBy(time.Second)
					if _, err := (groups{w}).Group(t.Context(), GroupName, true); err != nil {
						t.Fatal(err)
					}
				}
			},
			want: "promise 6",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := three(t, Workload{Kind: Deployment, Name: "web", Replicas: 4})
			test.do(t, w)
			err := w.observer.err()
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the observer says %v, want %s", err, test.want)
			}
		})
	}
}

// TestObserverSeesWhatIsLeft holds the end of an update that gives nothing back.
func TestObserverSeesWhatIsLeft(t *testing.T) {
	w := three(t)
	w.cloud.size.Max = 9
	w.cloud.setProcesses([]string{upgrade.ProcessAZRebalance}, true)
	w.cluster.nodes[0].Owned = []upgrade.Mark{upgrade.MarkTaint}
	w.cluster.autoscaler.holders = []string{"somebody"}
	w.records.ledger.now.Marks = true
	w.cloud.template.ref.Version = "1"
	w.observer.imageAtEnd = NewImage
	w.observer.checkEnd()
	err := w.observer.err()
	for _, want := range []string{"sizes", "suspended", "Autoscaler", "marks", "ledger", "$Latest", "launches image"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the observer says nothing about %s: %v", want, err)
		}
	}
}

// TestObserverAcceptsACorrectDrain holds that it does not cry wolf.
func TestObserverAcceptsACorrectDrain(t *testing.T) {
	w := three(t, Workload{Kind: Deployment, Name: "web", Replicas: 4})
	grow(t, w, 4)
	i := w.cloud.instances[0]
	drain(t, w, i)
	for _, p := range i.node.listPods() {
		pods{w}.Evict(t.Context(), []upgrade.Pod{p})
	}
	w.AdvanceBy(time.Minute)
	terminate(t, w, i, false)
	if err := w.observer.err(); err != nil {
		t.Error(err)
	}
}

// grow raises the desired size and waits until the nodes are there.
func grow(t *testing.T, w *World, desired int) {
	t.Helper()
	resize(t, w, upgrade.Size{Max: desired, Desired: desired})
	w.AdvanceBy(5 * time.Minute)
}

func resize(t *testing.T, w *World, size upgrade.Size) {
	t.Helper()
	if err := (groups{w}).Resize(t.Context(), GroupName, upgrade.Size{}, size); err != nil {
		t.Fatal(err)
	}
}

func terminate(t *testing.T, w *World, i *instance, shrink bool) {
	t.Helper()
	if err := (groups{w}).Terminate(t.Context(), GroupName, []string{i.ID}, shrink); err != nil {
		t.Fatal(err)
	}
}

// drain writes drains down, as an engine does.
func drain(t *testing.T, w *World, all ...*instance) {
	t.Helper()
	record, err := w.records.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range all {
		record.Run.Drains = append(record.Run.Drains, upgrade.Drain{Instance: i.ID})
	}
	if _, err := w.records.SaveRun(t.Context(), record); err != nil {
		t.Fatal(err)
	}
}

func evictFromInstance(w *World, i *instance) { evictFrom(w, i.node) }

// evictFrom evicts a pod that is put onto the node for that.
func evictFrom(w *World, n *node) {
	p := w.cluster.newPod(w.cluster.workloads[0], 0)
	w.cluster.bind(p, n)
	pods{w}.Evict(context.Background(), []upgrade.Pod{p.Pod})
}
