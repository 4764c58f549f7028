package simulation_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/simulation"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// hardPod is a workload whose pods are hard to move, and how the upgrade has to end.
type hardPod struct {
	load          simulation.Workload
	policy        func(*upgrade.Policy)
	want          upgrade.Status
	errorContains []string // words of the verdict
	least         time.Duration
	check         func(*testing.T, *simulation.World, upgrade.Run)
}

// TestPodsThatAreHardToMove upgrades three nodes that run such a workload beside the
// sample workloads. The observer checks the promises.
func TestPodsThatAreHardToMove(t *testing.T) {
	for name, test := range hardPods() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := simulation.Sample(3)
			config.Workloads = append(config.Workloads, test.load)
			if test.policy != nil {
				test.policy(&config.Update.Policy)
			}
			w := simulation.New(config)
			out, err := simulation.Run(t.Context(), w, limit)
			if err != nil {
				t.Fatal(err)
			}
			run := out.Result.Record.Run
			if run.Verdict.Status != test.want || out.Took < test.least {
				t.Fatalf("%+v after %s, want %s after %s at least\n%s", run.Verdict, out.Took, test.want, test.least, w.Story())
			}
			for _, words := range test.errorContains {
				if !strings.Contains(run.Verdict.Errors[0].Message, words) {
					t.Errorf("the verdict does not say %q: %s", words, run.Verdict.Errors[0].Message)
				}
			}
			if test.check != nil {
				test.check(t, w, run)
			}
		})
	}
}

func hardPods() map[string]hardPod {
	load := func(change func(*simulation.Workload)) simulation.Workload {
		l := simulation.Workload{Kind: simulation.Deployment, Name: "hard", Replicas: 1, CPU: 10}
		change(&l)
		return l
	}
	anyOne := []simulation.Budget{{Name: "hard", MaxUnavailable: new(1)}}
	keep := "cluster-autoscaler.kubernetes.io/safe-to-evict=false"
	respect := func(p *upgrade.Policy) { p.RespectSafeToEvict = true }
	force := func(p *upgrade.Policy) { p.Force = true }
	return map[string]hardPod{
		"A pod that needs most of its grace period of an hour is waited for.": {
			load: load(func(l *simulation.Workload) { l.Stop, l.Grace = 50*time.Minute, time.Hour }),
			want: upgrade.Successful, least: 50 * time.Minute,
		},
		"Pods of one budget that need their grace period of an hour one after the other are waited for.": {
			load: load(func(l *simulation.Workload) {
				l.Kind, l.Replicas, l.Stop, l.Grace, l.Budgets = simulation.StatefulSet, 6, 50*time.Minute, time.Hour, anyOne
			}),
			want: upgrade.Successful, least: 100 * time.Minute,
		},
		"A finalizer that nobody removes fails the upgrade.": {
			load: load(func(l *simulation.Workload) { l.Finalizers = []string{"example.com/hold"} }),
			want: upgrade.Failed, errorContains: []string{"pod default/hard-", "its finalizers (example.com/hold) keep it"},
		},
		"With force a finalizer that nobody removes does not fail it.": {
			load:   load(func(l *simulation.Workload) { l.Finalizers = []string{"example.com/hold"} }),
			policy: force, want: upgrade.Successful,
		},
		"Pods with a host port, one for each node, move to new nodes.": {
			load: load(func(l *simulation.Workload) { l.Replicas, l.HostPort, l.Budgets = 4, 80, anyOne }),
			want: upgrade.Successful,
		},
		"With MINIMAL pods with a host port wait for the replacement.": {
			load:   load(func(l *simulation.Workload) { l.Replicas, l.HostPort, l.Budgets = 4, 80, anyOne }),
			policy: func(p *upgrade.Policy) { p.Strategy = upgrade.Minimal }, want: upgrade.Successful,
		},
		"Pods with local volumes fail the upgrade.": {
			load: load(func(l *simulation.Workload) {
				l.Kind, l.Replicas, l.LocalVolume, l.Spread, l.Budgets = simulation.StatefulSet, 4, true, simulation.SpreadSoft, anyOne
			}),
			want: upgrade.Failed, errorContains: []string{"budget default/hard needs 3 healthy pods", "pod default/hard-", "is Pending", "volume node affinity conflict"},
		},
		"A webhook that refuses evictions for ten minutes is waited for.": {
			load: load(func(l *simulation.Workload) { l.WebhookRefuses = 10 * time.Minute }), want: upgrade.Successful, least: 10 * time.Minute,
		},
		"A webhook that always refuses evictions fails the upgrade.": {
			load: load(func(l *simulation.Workload) { l.WebhookRefuses = 1000 * time.Hour }), want: upgrade.Failed,
			errorContains: []string{"denied, but not by a disruption budget", `admission webhook "keep.example.com" denied the request: it is busy`, "Ask whoever runs that webhook"},
		},
		"A pod that asks not to be evicted is evicted by default.": {
			load: load(func(l *simulation.Workload) { l.Keep = keep }), want: upgrade.Successful,
		},
		"With RespectSafeToEvict a pod of a Job is waited for until it has finished.": {
			load: load(func(l *simulation.Workload) { l.Kind, l.Runs, l.Keep = simulation.Job, 12*time.Minute, keep }), policy: respect,
			want: upgrade.Successful, check: checkNotEvicted,
		},
		"With RespectSafeToEvict a pod that does not finish fails the upgrade.": {
			load: load(func(l *simulation.Workload) { l.Keep = keep }), policy: respect, want: upgrade.Failed,
			errorContains: []string{"pod default/hard-", "asks not to be evicted (" + keep + ")", "leave out --respect-safe-to-evict"}, check: checkNotEvicted,
		},
		"With RespectSafeToEvict and force the pod is evicted through the API past the limit.": {
			load: load(func(l *simulation.Workload) {
				l.Keep, l.Budgets = keep, []simulation.Budget{{Name: "hard", MinAvailable: new(0)}}
			}),
			policy: func(p *upgrade.Policy) { respect(p); force(p) }, want: upgrade.Successful,
			check: func(t *testing.T, _ *simulation.World, run upgrade.Run) {
				if run.Counts.Deleted > 0 {
					t.Errorf("%d pods were deleted past the eviction API", run.Counts.Deleted)
				}
			},
		},
		"With force pods that tolerate every taint do not fail the upgrade.": {
			load:   load(func(l *simulation.Workload) { l.Replicas, l.Tolerates = 3, simulation.EveryTaint }),
			policy: force, want: upgrade.Successful,
		},
	}
}

// checkNotEvicted checks that no pod of the workload was evicted.
func checkNotEvicted(t *testing.T, w *simulation.World, _ upgrade.Run) {
	t.Helper()
	if count := w.Evicted("hard"); count > 0 {
		t.Errorf("%d of its pods were evicted\n%s", count, w.Story())
	}
}

// TestStartUpTaints checks, with the observer, that a node with a start-up taint does not
// count as usable.
func TestStartUpTaints(t *testing.T) {
	config := simulation.Sample(3)
	config.Delays.StartUp = 2 * time.Minute
	w := simulation.New(config)
	out, err := simulation.Run(t.Context(), w, limit)
	if err != nil {
		t.Fatal(err)
	}
	if v := out.Result.Record.Run.Verdict; v.Status != upgrade.Successful {
		t.Errorf("it ends %+v\n%s", v, w.Story())
	}
}

// TestGrowthWhileTheAutoscalerSleeps has a HorizontalPodAutoscaler add more pods than
// fit. The Pending pods are reported, but not too often, and the update adopts the larger
// desired size that somebody then sets.
func TestGrowthWhileTheAutoscalerSleeps(t *testing.T) {
	config := simulation.Sample(3)
	config.Update.Policy.CordonWait, config.Update.Policy.Autoscaler = 20*time.Minute, upgrade.AutoscalerSuspend
	config.Workloads = append(config.Workloads, simulation.Workload{Kind: simulation.Deployment, Name: "big", CPU: 2500})
	w := simulation.New(config)
	w.At(3*time.Minute, func(w *simulation.World) { w.AddPods("big", 9) })
	w.At(30*time.Minute, func(w *simulation.World) { w.ChangeSizes(upgrade.Size{Max: 6, Desired: 6}) })
	out, err := simulation.Run(t.Context(), w, limit)
	if err != nil {
		t.Fatal(err)
	}
	story := w.Story().String()
	if v := out.Result.Record.Run.Verdict; v.Status != upgrade.Successful {
		t.Errorf("it ends %+v\n%s", v, story)
	}
	if reports := len(w.Events("PodsPending")); reports < 1 || reports > 4 {
		t.Errorf("the Pending pods are reported %d times\n%s", reports, story)
	}
	if pods := w.State().Pods; !slices.Contains(pods, "big 9") {
		t.Errorf("at the end: %s\n%s", pods, story)
	}
}
