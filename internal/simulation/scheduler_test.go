package simulation

import (
	"slices"
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

func TestScheduler(t *testing.T) {
	tests := map[string]struct {
		load    Workload
		prepare func(*World)
		running int
	}{
		"Pods are scheduled.":                             {load: Workload{Kind: Deployment, Name: "web", Replicas: 30}, running: 30},
		"No more pods run than their CPU requests allow.": {load: Workload{Kind: Deployment, Name: "web", Replicas: 20, CPU: 1000}, running: 16},
		"No more pods run than a node may have.": {
			load: Workload{Kind: Deployment, Name: "web", Replicas: 300}, running: 4 * 58,
		},
		"A hard spread leaves pods Pending when a zone has no room.": {
			load: Workload{Kind: Deployment, Name: "web", Replicas: 6, Spread: SpreadHard}, running: 2,
			prepare: func(w *World) { mark(w, "us-west-2a", upgrade.MarkTaint) },
		},
		"A soft spread does not leave pods Pending.": {
			load: Workload{Kind: Deployment, Name: "web", Replicas: 6, Spread: SpreadSoft}, running: 6,
			prepare: func(w *World) { mark(w, "us-west-2a", upgrade.MarkTaint) },
		},
		"A toleration lets pods run on tainted nodes.": {
			load: Workload{Kind: Deployment, Name: "web", Replicas: 6, Spread: SpreadHard, Tolerates: "everything"}, running: 6,
			prepare: func(w *World) { mark(w, "us-west-2a", upgrade.MarkTaint) },
		},
		"A toleration of every taint lets pods run on cordoned nodes.": {
			load: Workload{Kind: Deployment, Name: "web", Replicas: 6, Spread: SpreadHard, Tolerates: EveryTaint}, running: 6,
			prepare: func(w *World) { mark(w, "us-west-2a", upgrade.MarkCordon) },
		},
		"Another toleration does not let pods run on cordoned nodes.": {
			load: Workload{Kind: Deployment, Name: "web", Replicas: 6, Spread: SpreadHard, Tolerates: "our taint"}, running: 2,
			prepare: func(w *World) { mark(w, "us-west-2a", upgrade.MarkCordon) },
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := three(t)
			if test.prepare != nil {
				test.prepare(w)
			}
			load := w.cluster.newWorkload(test.load)
			w.cluster.workloads = append(w.cluster.workloads, load)
			for n := range load.Replicas {
				w.cluster.create(load, n)
			}
			w.AdvanceBy(time.Minute)
			running := 0
			for _, p := range w.cluster.podsOf(load) {
				if p.healthy() {
					running++
				}
			}
			if running != test.running {
				t.Errorf("%d pods run, want %d", running, test.running)
			}
		})
	}
}

// TestSchedulerSaysWhy checks that a Pending pod shows why it fits on no node, in the words
// of the scheduler.
func TestSchedulerSaysWhy(t *testing.T) {
	for name, test := range map[string]struct {
		load    Workload
		prepare func(*World)
		want    string
	}{
		"No node has enough CPU.": {load: Workload{Kind: Deployment, Name: "web", Replicas: 1, CPU: 5000}, want: "0/4 nodes are available: 4 Insufficient cpu"},
		"The host port is used on every node.": {
			load: Workload{Kind: Deployment, Name: "web", Replicas: 5, HostPort: 80}, want: "0/4 nodes are available: 4 node(s) didn't have free ports for the requested pod ports",
		},
		"The node of the local volume is tainted.": {
			load: Workload{Kind: StatefulSet, Name: "db", Replicas: 1, LocalVolume: true},
			prepare: func(w *World) {
				p := first(w)
				p.node.Marks = []upgrade.Mark{upgrade.MarkTaint}
				w.cluster.deletePod(p)
			},
			want: "0/4 nodes are available: 1 node(s) had untolerated taint(s), 3 node(s) had volume node affinity conflict",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := three(t, test.load)
			if test.prepare != nil {
				test.prepare(w)
				w.AdvanceBy(time.Minute)
			}
			got, err := pods{w}.Unschedulable(t.Context())
			if err != nil || len(got) != 1 || got[0].Unschedulable != test.want {
				t.Errorf("got %+v, %v, want one pod: %s", got, err, test.want)
			}
		})
	}
}

// mark adds a mark to all nodes of a zone.
func mark(w *World, zone string, m upgrade.Mark) {
	for _, n := range w.cluster.nodes {
		if n.zone == slices.Index(w.config.Zones, zone) {
			n.Marks = append(n.Marks, m)
		}
	}
}

func TestJobsFinish(t *testing.T) {
	w := three(t, Workload{Kind: Job, Name: "report", Replicas: 1, Runs: 10 * time.Minute})
	p := first(w)
	w.AdvanceBy(10 * time.Minute)
	if !p.Finished || p.gone || p.mustMove() {
		t.Errorf("finished %t, gone %t, must move %t; want true, false, false", p.Finished, p.gone, p.mustMove())
	}
}

func TestSilentKubelet(t *testing.T) {
	w := three(t, Workload{Kind: Deployment, Name: "web", Replicas: 1})
	p := first(w)
	w.SilenceKubelet(p.node.Name)
	w.AdvanceBy(30 * time.Second)
	if !p.node.Ready {
		t.Error("the node is NotReady before its controller can know it")
	}
	w.AdvanceBy(15 * time.Second)
	if p.node.Ready || p.Ready {
		t.Errorf("after 45 s: node Ready %t, pod Ready %t", p.node.Ready, p.Ready)
	}
	w.AdvanceBy(6 * time.Minute)
	if p.Deleting.IsZero() || p.gone {
		t.Errorf("after 6 min: deleted at %s, gone %t; the deletion should have begun and never end", p.Deleting, p.gone)
	}
	if next := first(w); next == p || !next.healthy() {
		t.Error("the pod was not replaced elsewhere")
	}
	list, err := nodes{w}.Nodes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(list, func(n upgrade.Node) bool { return n.Name == p.node.Name })
	if w.Now().Sub(list[i].Heartbeat) < 6*time.Minute {
		t.Errorf("the heartbeat of a silent kubelet is %s ago", w.Now().Sub(list[i].Heartbeat))
	}
}
