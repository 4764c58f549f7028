package engine

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// stopOnBadHealth has an update stop for bad health when a pod of a web of three is not Ready
// any more for 10 min.
func stopOnBadHealth(then upgrade.OnBadHealth, pods ...upgrade.UnreadyPod) func(*state) {
	return func(s *state) {
		s.loaded.LastPass = noon
		s.Update.Policy.Health = upgrade.Health{Then: then, MaxUnready: &upgrade.Share{}, After: 10 * time.Minute}
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

// healthResult is what a plan makes of an update.
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
		"too few pods for long pause it": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses, web4)},
			healthResult{Says: []string{"BadHealth: paused: " + badHealth + advice}, Stopped: true},
		},
		"or cancel it, and the template is put back": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthCancels, web4)},
			healthResult{
				Says: []string{"InsufficientNumberOfReplicas: " + badHealth},
				Verdict: &upgrade.Verdict{Status: upgrade.Cancelled, At: noon, RestoreTemplate: true, Errors: []upgrade.Error{{
					Code: upgrade.InsufficientReplicas, Message: badHealth, Resources: []string{"default/web-4"},
				}}},
			},
		},
		"or roll it back": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthRollsBack, web4)},
			healthResult{
				Says: []string{"InsufficientNumberOfReplicas: " + badHealth},
				Verdict: &upgrade.Verdict{Status: upgrade.Failed, At: noon, RollBack: true, Errors: []upgrade.Error{{
					Code: upgrade.InsufficientReplicas, Message: badHealth, Resources: []string{"default/web-4"},
				}}},
			},
		},
		"until it is believed nothing is drained": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses, unready("web-4", "", time.Minute))},
			healthResult{Says: []string{"wait: no longer Ready: 1 of 3 pods (at most 0 allowed): Deployment default/web (default/web-4 without a node, not Ready since 11:59:00 UTC). Starting no more drains until that is over; the update stops if it lasts for 10m"}},
		},
		"other pods all the time are believed, too": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses, unready("web-4", "node-new-a", time.Minute)), waitedFor(plan.Health, 20*time.Minute)},
			healthResult{Says: []string{"BadHealth: paused: bad health: no longer Ready: 1 of 3 pods (at most 0 allowed): Deployment default/web (default/web-4 on node-new-a, not Ready since 11:59:00 UTC)" + advice}, Stopped: true},
		},
		"some are named, of how many ever": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses, web4, unready("web-5", "", time.Hour), unready("web-6", "node-new-a", time.Hour))},
			healthResult{Says: []string{"BadHealth: paused: bad health: no longer Ready: 3 of 3 pods (at most 0 allowed): Deployment default/web (default/web-5 without a node, not Ready since 11:00:00 UTC; default/web-6 on node-new-a, not Ready since 11:00:00 UTC (and 1 more))" + advice}, Stopped: true},
		},
		"as many as may be are no bad health": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses, web4), func(s *state) { s.Update.Policy.Health.MaxUnready = &upgrade.Share{Value: 34, Percent: true} }},
			healthResult{Says: []string{startsDrain}},
		},
		"pods that were not Ready before are none, and one that only starts beside is waited for": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses, unready("old", "node-old-b", 24*time.Hour), unready("web-5", "node-new-a", time.Minute)), func(s *state) {
				s.Run.HealthBaseline.Workloads[0].Unready, s.Run.HealthBaseline.Workloads[0].Ready = 1, 2
			}},
			healthResult{Says: []string{"wait: no longer Ready: 1 of 2 pods (at most 0 allowed): Deployment default/web (default/web-5 on node-new-a, not Ready since 11:59:00 UTC). Starting no more drains until that is over; the update stops if it lasts for 10m"}},
		},
		"pods on nodes that are being emptied are on the move": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses, unready("web-4", "node-old-a", 10*time.Minute)), inFlight("old-a", time.Minute), runs("old-a", "web-4")},
			healthResult{Says: []string{"do plan.Evict", "wait: draining node-old-a (a): pod default/web-4: it is being evicted"}},
		},
		"fewer pods, as somebody wants fewer, are no bad health": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses), func(s *state) { s.health["Deployment default/web"] = upgrade.WorkloadHealth{Ready: 1} }},
			healthResult{Says: []string{startsDrain}},
		},
		"a time in which nobody looked does not count": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses, web4), func(s *state) {
				s.Run.Gaps = []upgrade.Gap{{From: noon.Add(-9 * time.Minute), To: noon.Add(-time.Minute)}}
			}},
			healthResult{Says: []string{"wait: no longer Ready: 1 of 3 pods (at most 0 allowed): Deployment default/web (default/web-4 on node-new-a, not Ready since 11:50:00 UTC). Starting no more drains until that is over; the update stops if it lasts for 10m"}},
		},
		"a rollback is not stopped": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses, web4), func(s *state) { s.Update.Rollback = &upgrade.Rollback{Of: "other", Ended: true} }},
			healthResult{Says: []string{startsDrain}},
		},
		"a new node that had been usable stops it": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses), change("new-a", notReadyFor(10*time.Minute))},
			healthResult{Says: []string{"BadHealth: paused: bad health: new node node-new-a (a) was usable and has not been Ready since 11:50:00 UTC" + advice}, Stopped: true},
		},
		"and holds drains before": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses), change("new-a", notReadyFor(time.Minute))},
			healthResult{Says: []string{"wait: new node node-new-a (a) was usable and has not been Ready since 11:59:00 UTC. Starting no more drains until that is over; the update stops if it lasts for 10m"}},
		},
		"one that has never been usable does not": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses), change("new-a", notReadyFor(10*time.Minute)), func(s *state) { s.Run.HealthBaseline.Starting = []string{"new-a"} }},
			healthResult{Says: []string{startsDrain}},
		},
		"what stands still does nothing, and says why": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses, web4), pausedForHealth, protectedFromAutoscaler("old-a", "old-b", "old-c", "new-a", "new-b", "new-c"), autoscalerResumed},
			healthResult{Says: []string{"wait: paused: it is bad"}, Stopped: true},
		},
		"until people let it go on": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses, web4), pausedForHealth, func(s *state) { s.Update.AcceptedHealthPauses = 1 }},
			healthResult{Says: []string{"HealthAccepted: resumed: bad health is measured against the present health from now on"}},
		},
		"or cancel it themselves": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses, web4), pausedForHealth, func(s *state) { s.Update.Cancelled = true }},
			healthResult{Says: []string{"UpgradeCancelled: cancelled; no more nodes will be drained; restoring sizes, processes, autoscaler and marks"}, Verdict: &upgrade.Verdict{Status: upgrade.Cancelled, At: noon}, Stopped: false},
		},
		"success waits for the last pods": {
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

// A scaling stops like an update, but that nobody rolls it back.
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
		"no further node goes while pods are not Ready": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses, unready("web-4", "node-new-a", time.Minute))}, healthResult{Says: []string{waits}},
		},
		"and it is not successful before they are": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses, unready("web-4", "node-new-a", time.Minute)), scaleTo(upgrade.Bounds{Min: 1, Max: 6, Desired: 6}), sizes(6), func(s *state) { s.Ledger.Sizes = nil }}, healthResult{Says: []string{waits}},
		},
		"it stands still when that lasts": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses, web4)},
			healthResult{Says: []string{"BadHealth: paused: " + badHealth + ". Find out why; then 'nodelift resume update update' continues and accepts the present health, or 'nodelift cancel' ends it, at the size it has reached"}, Stopped: true},
		},
		"until people let it go on": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthPauses, web4), pausedForHealth, func(s *state) { s.Update.AcceptedHealthPauses = 1 }},
			healthResult{Says: []string{"HealthAccepted: resumed: bad health is measured against the present health from now on"}},
		},
		"or ends, and leaves the template alone": {
			[]func(*state){stopOnBadHealth(upgrade.BadHealthCancels, web4)}, healthResult{Says: []string{"InsufficientNumberOfReplicas: " + badHealth}, Verdict: &cancelled},
		},
		"and is not rolled back": {
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

// onlyDrainStart leaves out which node is drained, and what else, where that is all that is asked.
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

// What is new is noted until it has been usable: later that it was cannot be seen any
// more.
func TestNewNodesAreNotedUntilTheyAreUsable(t *testing.T) {
	for name, c := range map[string]struct {
		given []func(*state)
		want  []string
	}{
		"an instance that is no node":     {[]func(*state){change("new-a", func(m *fleet.Member) { m.Node = nil })}, []string{"new-a"}},
		"a node that nobody has seen yet": {[]func(*state){change("new-a", notReadyFor(time.Minute)), change("new-a", func(m *fleet.Member) { m.Node.Created = noon.Add(-20 * time.Second) })}, []string{"new-a"}},
		"a node that was usable":          {[]func(*state){change("new-a", notReadyFor(time.Minute))}, nil},
		"a node that is":                  {[]func(*state){func(s *state) { s.Run.HealthBaseline.Starting = []string{"new-a"} }}, nil},
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

// autoscalerResumed is Cluster Autoscaler that is back.
func autoscalerResumed(s *state) { s.Run.AutoscalerSuspended, s.Autoscaler.SuspendedBy = false, nil }
