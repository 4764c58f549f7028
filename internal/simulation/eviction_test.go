package simulation

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// three returns a world of three nodes with these workloads.
func three(t *testing.T, loads ...Workload) *World {
	t.Helper()
	config := Sample(3)
	config.Workloads, config.Autoscaler = loads, Autoscaler{}
	w := New(config)
	w.AdvanceBy(time.Minute)
	return w
}

// first returns the first pod of the first workload.
func first(w *World) *pod { return w.cluster.podsOf(w.cluster.workloads[0])[0] }

func TestEvictionAPI(t *testing.T) {
	web := Workload{Kind: Deployment, Name: "web", Replicas: 2, Budgets: []Budget{{Name: "web", MinAvailable: new(2)}}}
	with := func(change func(*Workload)) Workload {
		load := web
		load.Budgets = slices.Clone(load.Budgets)
		change(&load)
		return load
	}
	second := Budget{Name: "too", MinAvailable: new(0)}
	tests := map[string]struct {
		load  Workload
		first func(w *World, p *pod)
		want  upgrade.Outcome
	}{
		"A budget that allows no disruption refuses.": {load: web, want: upgrade.Refused},
		"A budget that allows one disruption accepts.": {
			load: with(func(l *Workload) { l.Budgets[0].MinAvailable = new(1) }), want: upgrade.Accepted,
		},
		"A pod without a budget is evicted.": {load: with(func(l *Workload) { l.Budgets = nil }), want: upgrade.Accepted},
		"A pod with two budgets is an error.": {
			load: with(func(l *Workload) { l.Budgets = append(l.Budgets, second) }), want: upgrade.Ambiguous,
		},
		"A terminating namespace refuses.": {load: with(func(l *Workload) { l.NamespaceTerminating = true }), want: upgrade.Closing},
		"A pod with another UID is gone.":  {load: web, first: func(_ *World, p *pod) { p.UID = "another" }, want: upgrade.Gone},
		"A Pending pod is not protected.":  {load: web, first: func(_ *World, p *pod) { p.Pending = true }, want: upgrade.Accepted},
		"A finished pod is not protected.": {load: web, first: func(_ *World, p *pod) { p.Finished = true }, want: upgrade.Accepted},
		"A terminating pod is not protected, even by two budgets.": {
			load:  with(func(l *Workload) { l.Budgets = append(l.Budgets, second) }),
			first: func(w *World, p *pod) { w.cluster.deletePod(p) }, want: upgrade.Accepted,
		},
		"A pod that is not Ready is refused while too few are healthy.": {
			load:  web,
			first: func(w *World, p *pod) { w.cluster.change(p, func() { p.Ready = false }) }, want: upgrade.Refused,
		},
		"A pod that is not Ready is evicted if enough are healthy.": {
			load:  with(func(l *Workload) { l.Budgets[0].MinAvailable = new(1) }),
			first: func(w *World, p *pod) { w.cluster.change(p, func() { p.Ready = false }) }, want: upgrade.Accepted,
		},
		"A pod that is not Ready is always evicted with AlwaysAllow.": {
			load:  with(func(l *Workload) { l.Budgets[0].AlwaysAllow = true }),
			first: func(w *World, p *pod) { w.cluster.change(p, func() { p.Ready = false }) }, want: upgrade.Accepted,
		},
		"A budget whose status is not up to date refuses.": {
			load:  with(func(l *Workload) { l.Budgets[0].MinAvailable = new(0) }),
			first: func(w *World, _ *pod) { w.ChangeBudget("default/web", Budget{MinAvailable: new(0)}) }, want: upgrade.Refused,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := three(t, test.load)
			p := first(w)
			asked := p.Pod
			if test.first != nil {
				test.first(w, p)
			}
			answers := pods{w}.Evict(t.Context(), []upgrade.Pod{asked})
			if answers[0].Outcome != test.want {
				t.Errorf("the answer is %+v, want %s", answers[0], test.want)
			}
		})
	}
}

func TestEvictedPodsLeaveAndComeBack(t *testing.T) {
	tests := map[string]struct {
		load  Workload
		after time.Duration
		want  []string // names of the workload's pods that are there and not terminating
	}{
		"A pod of a Deployment is replaced while it terminates.": {
			load: Workload{Kind: Deployment, Name: "web", Replicas: 1, Stop: 20 * time.Second}, after: 10 * time.Second, want: []string{"web-00002"},
		},
		"A pod of a StatefulSet is not replaced while it terminates.": {
			load: Workload{Kind: StatefulSet, Name: "db", Replicas: 1, Stop: 20 * time.Second}, after: 10 * time.Second,
		},
		"A pod of a StatefulSet is replaced when the old one is gone.": {
			load: Workload{Kind: StatefulSet, Name: "db", Replicas: 1, Stop: 20 * time.Second}, after: 30 * time.Second, want: []string{"db-0"},
		},
		"A bare pod is not replaced.": {
			load: Workload{Kind: Bare, Name: "scratch", Replicas: 1}, after: time.Minute,
		},
		"A slow pod is killed after its grace period.": {
			load: Workload{Kind: StatefulSet, Name: "db", Replicas: 1, Stop: time.Hour, Grace: 10 * time.Second}, after: 20 * time.Second, want: []string{"db-0"},
		},
		"A finalizer keeps the pod.": {
			load: Workload{Kind: StatefulSet, Name: "db", Replicas: 1, Finalizers: []string{"example.com/hold"}}, after: time.Hour,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := three(t, test.load)
			pods{w}.Evict(t.Context(), []upgrade.Pod{first(w).Pod})
			w.AdvanceBy(test.after)
			var got []string
			for _, p := range w.cluster.podsOf(w.cluster.workloads[0]) {
				got = append(got, p.Name)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("pods (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBudgetsFollowPods(t *testing.T) {
	w := three(t, Workload{Kind: Deployment, Name: "web", Replicas: 3, Budgets: []Budget{{Name: "web", MaxUnavailable: new(1)}}})
	b := w.cluster.budgets["default/web"]
	check := func(when string, healthy, allowed int) {
		t.Helper()
		if b.Healthy != healthy || b.Allowed != allowed {
			t.Errorf("%s: %d healthy, %d allowed, want %d and %d", when, b.Healthy, b.Allowed, healthy, allowed)
		}
	}
	check("at first", 3, 1)
	p := first(w)
	pods{w}.Evict(t.Context(), []upgrade.Pod{p.Pod})
	check("after an eviction", 2, 0)
	w.AdvanceBy(time.Second)
	check("while the next one starts", 2, 0)
	w.AdvanceBy(time.Minute)
	check("when it is Ready", 3, 1)
	n := first(w).node
	w.SilenceKubelet(n.Name)
	w.AdvanceBy(41 * time.Second)
	if b.Healthy == 3 {
		t.Error("the pods of a silent kubelet still count as healthy")
	}
}

func TestForcedDeleteAsksNoBudget(t *testing.T) {
	w := three(t, Workload{Kind: Deployment, Name: "web", Replicas: 1, Budgets: []Budget{{Name: "web", MinAvailable: new(1)}}})
	w.records.update.Policy.Force = true
	old := first(w).Pod
	if err := (pods{w}).Delete(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	w.AdvanceBy(time.Minute)
	if p := first(w); p.UID == old.UID || !p.healthy() {
		t.Errorf("after the delete the pod is %s, healthy %t", p.ID(), p.healthy())
	}
}

func TestVolumesMoveAfterTheirPods(t *testing.T) {
	w := three(t, Workload{Kind: StatefulSet, Name: "db", Replicas: 1, Volume: true})
	p := first(w)
	old, zone := p.node, p.node.zone
	pods{w}.Evict(t.Context(), []upgrade.Pod{p.Pod})
	w.AdvanceBy(3 * time.Second)
	if len(old.volumes) != 1 {
		t.Fatal("the volume is released with its pod, not some time later")
	}
	w.AdvanceBy(time.Minute)
	if p := first(w); p.node.zone != zone || !p.healthy() {
		t.Errorf("the pod runs in zone %d (healthy %t), its volume is bound to %d", p.node.zone, p.healthy(), zone)
	}
}
