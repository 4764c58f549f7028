package engine

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// stopOnBadHealth makes an update stop when one of three pods of web has not been Ready
// for 10 min. These pods are not Ready.
func stopOnBadHealth(then upgrade.OnBadHealth, pods ...upgrade.UnreadyPod) func(*state) {
	return func(s *state) {
		s.loaded.LastPass = noon
		s.Update.Policy.Health = upgrade.Health{Then: then, MaxUnready: &upgrade.Count{}, After: 10 * time.Minute}
		s.Run.HealthBaseline = &upgrade.HealthBaseline{At: noon.Add(-time.Hour), Workloads: []upgrade.Workload{{Name: "Deployment default/web", Ready: 3}}}
		s.health = map[string]upgrade.WorkloadHealth{"Deployment default/web": {Ready: 3 - len(pods), Unready: pods}}
	}
}

// unready is a pod of web that is not Ready.
func unready(name, node string, ago time.Duration) upgrade.UnreadyPod {
	return upgrade.UnreadyPod{Name: "default/" + name, Node: node, Since: noon.Add(-ago)}
}

const (
	badHealth   = "bad health: no longer Ready: 1 of 3 pods (at most 0 allowed): Deployment default/web (default/web-4 on node-new-a, not Ready since 11:50:00 UTC)"
	advice      = ". Find out why; then 'nodelift resume update update' continues and accepts the present health, or 'nodelift rollback' or 'nodelift cancel' ends it"
	startsDrain = "NodeDraining: draining node-old-a (a): outdated"
)

// healthResult is the summary of a plan and what becomes of the update.
type healthResult struct {
	Says    []string
	Stopped bool
	Verdict *upgrade.Verdict
}

func TestHealth(t *testing.T) {
	web4 := unready("web-4", "node-new-a", 10*time.Minute)
	for name, c := range map[string]struct {
		given []func(*state)
		want  healthResult
	}{
		"Too few Ready pods for long enough pause the update.": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses, web4)},
			healthResult{Says: []string{"BadHealth: paused: " + badHealth + advice}, Stopped: true},
		},
		"Too few Ready pods cancel the update and restore the launch template if the policy says so.": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthCancels, web4)},
			healthResult{
				Says: []string{"InsufficientNumberOfReplicas: " + badHealth},
				Verdict: &upgrade.Verdict{Status: upgrade.Cancelled, At: noon, RestoreTemplate: true, Errors: []upgrade.Error{{
					Code: upgrade.InsufficientReplicas, Message: badHealth, Resources: []string{"default/web-4"},
				}}},
			},
		},
		"Too few Ready pods roll the update back if the policy says so.": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthRollsBack, web4)},
			healthResult{
				Says: []string{"InsufficientNumberOfReplicas: " + badHealth},
				Verdict: &upgrade.Verdict{Status: upgrade.Failed, At: noon, RollBack: true, Errors: []upgrade.Error{{
					Code: upgrade.InsufficientReplicas, Message: badHealth, Resources: []string{"default/web-4"},
				}}},
			},
		},
		"No drain starts while too few pods are Ready.": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses, unready("web-4", "", time.Minute))},
			healthResult{Says: []string{"wait: no longer Ready: 1 of 3 pods (at most 0 allowed): Deployment default/web (default/web-4 without a node, not Ready since 11:59:00 UTC). Starting no more drains until that is over; the update stops if it lasts for 10m"}},
		},
		"What the scheduler says of a pod is quoted.": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses, upgrade.UnreadyPod{Name: "default/web-4", Since: noon.Add(-time.Minute), Why: "0/6 nodes are available: 6 Insufficient cpu"})},
			healthResult{Says: []string{"wait: no longer Ready: 1 of 3 pods (at most 0 allowed): Deployment default/web (default/web-4 without a node, not Ready since 11:59:00 UTC: 0/6 nodes are available: 6 Insufficient cpu). Starting no more drains until that is over; the update stops if it lasts for 10m"}},
		},
		"Pods that change all the time count, too.": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses, unready("web-4", "node-new-a", time.Minute)), waitedFor(plan.Health, 20*time.Minute)},
			healthResult{Says: []string{"BadHealth: paused: bad health: no longer Ready: 1 of 3 pods (at most 0 allowed): Deployment default/web (default/web-4 on node-new-a, not Ready since 11:59:00 UTC)" + advice}, Stopped: true},
		},
		"Only some of many pods are named.": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses, web4, unready("web-5", "", time.Hour), unready("web-6", "node-new-a", time.Hour))},
			healthResult{Says: []string{"BadHealth: paused: bad health: no longer Ready: 3 of 3 pods (at most 0 allowed): Deployment default/web (default/web-5 without a node, not Ready since 11:00:00 UTC; default/web-6 on node-new-a, not Ready since 11:00:00 UTC (and 1 more))" + advice}, Stopped: true},
		},
		"As many unready pods as are allowed are no bad health.": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses, web4), func(s *state) { s.Update.Policy.Health.MaxUnready = &upgrade.Count{Value: 34, Percent: true} }},
			healthResult{Says: []string{startsDrain}},
		},
		"Pods that were not Ready before do not count, and one that is starting is waited for.": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses, unready("old", "node-old-b", 24*time.Hour), unready("web-5", "node-new-a", time.Minute)), func(s *state) {
				s.Run.HealthBaseline.Workloads[0].Unready, s.Run.HealthBaseline.Workloads[0].Ready = 1, 2
			}},
			healthResult{Says: []string{"wait: no longer Ready: 1 of 2 pods (at most 0 allowed): Deployment default/web (default/web-5 on node-new-a, not Ready since 11:59:00 UTC). Starting no more drains until that is over; the update stops if it lasts for 10m"}},
		},
		"Pods on nodes in flight do not count.": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses, unready("web-4", "node-old-a", 10*time.Minute)), inFlight("old-a", time.Minute), runs("old-a", "web-4")},
			healthResult{Says: []string{"do plan.Evict", "wait: draining node-old-a (a): pod default/web-4: it is being evicted"}},
		},
		"Fewer replicas are no bad health.": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses), func(s *state) { s.health["Deployment default/web"] = upgrade.WorkloadHealth{Ready: 1} }},
			healthResult{Says: []string{startsDrain}},
		},
		"Time in which no engine made a pass does not count.": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses, web4), func(s *state) {
				s.Run.Gaps = []upgrade.Gap{{From: noon.Add(-9 * time.Minute), To: noon.Add(-time.Minute)}}
			}},
			healthResult{Says: []string{"wait: no longer Ready: 1 of 3 pods (at most 0 allowed): Deployment default/web (default/web-4 on node-new-a, not Ready since 11:50:00 UTC). Starting no more drains until that is over; the update stops if it lasts for 10m"}},
		},
		"A rollback is not stopped.": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses, web4), func(s *state) { s.Update.Rollback = &upgrade.Rollback{Of: "other", Ended: true} }},
			healthResult{Says: []string{startsDrain}},
		},
		"A new node that was usable and is not Ready any more stops the update.": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses), change("new-a", notReadyFor(10*time.Minute))},
			healthResult{Says: []string{"BadHealth: paused: bad health: new node node-new-a (a) was usable and has not been Ready since 11:50:00 UTC" + advice}, Stopped: true},
		},
		"No drain starts while a new node that was usable is not Ready.": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses), change("new-a", notReadyFor(time.Minute))},
			healthResult{Says: []string{"wait: new node node-new-a (a) was usable and has not been Ready since 11:59:00 UTC. Starting no more drains until that is over; the update stops if it lasts for 10m"}},
		},
		"A new node that was never usable does not stop the update.": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses), change("new-a", notReadyFor(10*time.Minute)), func(s *state) { s.Run.HealthBaseline.Starting = []string{"new-a"} }},
			healthResult{Says: []string{startsDrain}},
		},
		"An update that is paused for bad health does nothing, and says why.": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses, web4), pausedForHealth, protectedFromAutoscaler("old-a", "old-b", "old-c", "new-a", "new-b", "new-c"), autoscalerResumed},
			healthResult{Says: []string{"wait: paused: it is bad"}, Stopped: true},
		},
		"An update continues when people accept the present health.": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses, web4), pausedForHealth, func(s *state) { s.Update.AcceptedHealthPauses = 1 }},
			healthResult{Says: []string{"HealthAccepted: resumed: bad health is measured against the present health from now on"}},
		},
		"People may cancel an update that is paused for bad health.": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses, web4), pausedForHealth, func(s *state) { s.Update.Cancelled = true }},
			healthResult{Says: []string{"UpgradeCancelled: cancelled; no more nodes will be drained; restoring sizes, processes, autoscaler and marks"}, Verdict: &upgrade.Verdict{Status: upgrade.Cancelled, At: noon}, Stopped: false},
		},
		"The update does not succeed before the last pods are Ready.": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses, unready("web-4", "node-new-a", time.Minute)), withoutMembers("old-a", "old-b", "old-c")},
			healthResult{Says: []string{"wait: no longer Ready: 1 of 3 pods (at most 0 allowed): Deployment default/web (default/web-4 on node-new-a, not Ready since 11:59:00 UTC). Starting no more drains until that is over; the update stops if it lasts for 10m"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := decide(given(c.given...))
			got := healthResult{Says: onlyDrainStart(summary(p), c.want.Says), Stopped: p.Record.Run.PausedForHealth(), Verdict: p.Record.Run.Verdict}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("the plan differs (-want +got):\n%s", diff)
			}
		})
	}
}

// A scaling stops like an upgrade, but it is never rolled back.
func TestHealthOfAScaling(t *testing.T) {
	web4 := unready("web-4", "node-new-a", 10*time.Minute)
	waits := "wait: no longer Ready: 1 of 3 pods (at most 0 allowed): Deployment default/web (default/web-4 on node-new-a, not Ready since 11:59:00 UTC). Starting no more drains until that is over; the update stops if it lasts for 10m"
	failed := upgrade.Verdict{Status: upgrade.Failed, At: noon, Errors: []upgrade.Error{{Code: upgrade.InsufficientReplicas, Message: badHealth, Resources: []string{"default/web-4"}}}}
	cancelled := failed
	cancelled.Status = upgrade.Cancelled
	for name, c := range map[string]struct {
		given []func(*state)
		want  healthResult
	}{
		"No further drain starts while pods are not Ready.": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses, unready("web-4", "node-new-a", time.Minute))}, healthResult{Says: []string{waits}},
		},
		"The scaling does not succeed while pods are not Ready.": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses, unready("web-4", "node-new-a", time.Minute)), scaleTo(upgrade.Bounds{Min: 1, Max: 6, Desired: 6}), sizes(6), func(s *state) { s.Ledger.Sizes = nil }}, healthResult{Says: []string{waits}},
		},
		"Too few Ready pods for long enough pause the scaling.": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses, web4)},
			healthResult{Says: []string{"BadHealth: paused: " + badHealth + ". Find out why; then 'nodelift resume update update' continues and accepts the present health, or 'nodelift cancel' ends it, at the size it has reached"}, Stopped: true},
		},
		"A scaling continues when people accept the present health.": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses, web4), pausedForHealth, func(s *state) { s.Update.AcceptedHealthPauses = 1 }},
			healthResult{Says: []string{"HealthAccepted: resumed: bad health is measured against the present health from now on"}},
		},
		"Too few Ready pods cancel the scaling if the policy says so, and the launch template stays.": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthCancels, web4)}, healthResult{Says: []string{"InsufficientNumberOfReplicas: " + badHealth}, Verdict: &cancelled},
		},
		"Too few Ready pods fail a scaling, which is not rolled back.": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthRollsBack, web4)}, healthResult{Says: []string{"InsufficientNumberOfReplicas: " + badHealth}, Verdict: &failed},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := decide(scaling(c.given...))
			got := healthResult{Says: summary(p), Stopped: p.Record.Run.PausedForHealth(), Verdict: p.Record.Run.Verdict}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("the plan differs (-want +got):\n%s", diff)
			}
		})
	}
}

// onlyDrainStart reduces the lines of a plan to startsDrain if only that is wanted and the
// plan starts the drain of any node.
func onlyDrainStart(lines, want []string) []string {
	for _, line := range lines {
		if len(want) == 1 && want[0] == startsDrain && len(line) > 12 && line[:12] == startsDrain[:12] {
			return []string{startsDrain}
		}
	}
	return lines
}

func TestHealthIsMeasuredBeforeAnythingIsDone(t *testing.T) {
	s := given(phase(upgrade.Setup), stopOnBadHealth(upgrade.BadHealthPauses, unready("web-4", "", time.Hour)), func(s *state) { s.Run.HealthBaseline, s.Run.Resolved, s.Run.Baseline = nil, nil, nil })
	want := &upgrade.HealthBaseline{At: noon, Workloads: []upgrade.Workload{{Name: "Deployment default/web", Ready: 2, Unready: 1}}}
	if diff := cmp.Diff(want, decide(s).Record.Run.HealthBaseline); diff != "" {
		t.Error(diff)
	}
}

// New nodes are noted until they are usable, because later it cannot be seen whether they
// ever were.
func TestNewNodesAreNotedUntilTheyAreUsable(t *testing.T) {
	for name, c := range map[string]struct {
		given []func(*state)
		want  []string
	}{
		"An instance without a node is noted.":         {[]func(*state){change("new-a", func(m *fleet.Member) { m.Node = nil })}, []string{"new-a"}},
		"A node that no pass has seen is noted.":       {[]func(*state){change("new-a", notReadyFor(time.Minute)), change("new-a", func(m *fleet.Member) { m.Node.Created = noon.Add(-20 * time.Second) })}, []string{"new-a"}},
		"A node that was usable is not noted.":         {[]func(*state){change("new-a", notReadyFor(time.Minute))}, nil},
		"A node that is usable is not noted any more.": {[]func(*state){func(s *state) { s.Run.HealthBaseline.Starting = []string{"new-a"} }}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := given(append([]func(*state){stopOnBadHealth(upgrade.BadHealthPauses)}, c.given...)...)
			s.loaded = s.Run
			if diff := cmp.Diff(c.want, decide(s).Record.Run.HealthBaseline.Starting); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func waitedFor(key upgrade.WaitKey, ago time.Duration) func(*state) {
	return func(s *state) { s.Run.Timers = append(s.Run.Timers, upgrade.Timer{Key: key, Since: noon.Add(-ago)}) }
}

func notReadyFor(ago time.Duration) func(*fleet.Member) {
	return func(m *fleet.Member) { m.Node.Ready, m.Node.ReadySince = false, noon.Add(-ago) }
}

func pausedForHealth(s *state) {
	s.Run.HealthPauses, s.Run.HealthPause = 1, &upgrade.HealthPause{At: noon, Why: "it is bad"}
}

// autoscalerResumed is after Cluster Autoscaler was resumed.
func autoscalerResumed(s *state) { s.Run.AutoscalerSuspended, s.Autoscaler[0].SuspendedBy = false, nil }
