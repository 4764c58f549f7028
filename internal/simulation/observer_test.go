package simulation

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// TestObserverSees breaks each promise and checks that the observer reports it.
func TestObserverSees(t *testing.T) {
	tests := map[string]struct {
		do   func(t *testing.T, w *World)
		want string
	}{
		"A pod is evicted before the drain of its node was saved.": {
			do:   func(t *testing.T, w *World) { evictFromInstance(w, w.cloud.instances[0]) },
			want: "promise 6",
		},
		"A pod is evicted from a node that is not of the group.": {
			do:   func(t *testing.T, w *World) { evictFrom(w, w.cluster.nodes[3]) },
			want: "promise 3",
		},
		"A node that is up to date is drained.": {
			do: func(t *testing.T, w *World) {
				grow(t, w, 4)
				w.cloud.instances[3].Image = NewImage
				drain(t, w, w.cloud.instances[3])
			},
			want: "promise 3",
		},
		"A drain starts without a surge.": {
			do:   func(t *testing.T, w *World) { drain(t, w, w.cloud.instances[0]) },
			want: "promise 2",
		},
		"More nodes are in flight than maxUnavailable.": {
			do: func(t *testing.T, w *World) {
				grow(t, w, 6)
				drain(t, w, w.cloud.instances[0], w.cloud.instances[1])
			},
			want: "promise 2",
		},
		"A pod is deleted by force before the drain limit.": {
			do: func(t *testing.T, w *World) {
				if err := (pods{w}).Delete(t.Context(), first(w).Pod); err != nil {
					t.Fatal(err)
				}
			},
			want: "promise 1",
		},
		"A node with pods is terminated.": {
			do: func(t *testing.T, w *World) {
				grow(t, w, 4)
				drain(t, w, first(w).node.instance)
				terminate(t, w, first(w).node.instance, false)
			},
			want: "promise 4",
		},
		"A lower desired size lets Auto Scaling choose what to terminate.": {
			do:   func(t *testing.T, w *World) { resize(t, w, upgrade.Size{Max: 4, Desired: 2}) },
			want: "promise 4",
		},
		"The surge is too large.": {
			do:   func(t *testing.T, w *World) { resize(t, w, upgrade.Size{Max: 20, Desired: 10}) },
			want: "promise 5",
		},
		"A node is labelled with an image that it does not run.": {
			do: func(t *testing.T, w *World) {
				if err := (nodes{w}).LabelImage(t.Context(), w.cluster.nodes[0].Name, NewImage); err != nil {
					t.Fatal(err)
				}
			},
			want: "promise 3",
		},
		"The update ends without a verdict.": {
			do: func(t *testing.T, w *World) {
				w.observer.checkEnd()
			},
			want: "promise 7",
		},
		"One update creates two versions of the launch template.": {
			do: func(t *testing.T, w *World) {
				for _, token := range []string{"one", "two"} {
					if _, err := (templates{w}).CreateVersion(t.Context(), w.cloud.template.current(), NewImage, token); err != nil {
						t.Fatal(err)
					}
				}
			},
			want: "promise 6",
		},
		"An instance is terminated twice with a lower desired size.": {
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

// TestObserverSeesWhatIsLeft checks what the observer reports of an update that restores
// nothing.
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

// TestObserverAcceptsACorrectDrain checks that the observer reports nothing of a correct
// drain.
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

// drain saves drains, as an engine does.
func drain(t *testing.T, w *World, all ...*instance) {
	t.Helper()
	w.observer.passBegan = w.now
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

// evictFrom puts a pod onto a node and evicts it.
func evictFrom(w *World, n *node) {
	p := w.cluster.newPod(w.cluster.workloads[0], 0)
	w.cluster.bind(p, n)
	pods{w}.Evict(context.Background(), []upgrade.Pod{p.Pod})
}
