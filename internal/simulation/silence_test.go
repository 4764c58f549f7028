package simulation_test

import (
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/simulation"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// silences are scenarios in which nodes do not reach the API server while their pods run.
func silences() []scenario {
	return []scenario{cutOff(), zoneCutOff(), cutOffWithNewNodes(), machineDies()}
}

// untimely are scenarios whose end depends on how far the update is at a time. So they are played
// without faults, which delay it.
func untimely() []scenario { return []scenario{cutOffForGood(), cutOffInScaleDown()} }

// cutOff cuts all nodes off for less than the join limit.
func cutOff() scenario {
	return scenario{
		name: "cut-off", config: withThreeNodes(), want: success(),
		events: func(w *simulation.World) {
			w.At(3*time.Minute, func(w *simulation.World) { w.CutOff() })
			w.At(5*time.Minute+30*time.Second, func(w *simulation.World) { w.Reconnect() })
		},
	}
}

// cutOffForGood cuts all nodes off until long after the update has failed.
func cutOffForGood() scenario {
	return scenario{
		name:   "cut-off-for-good",
		config: withThreeNodes(func(c *simulation.Config) { c.Autoscaler.Unneeded = 0 }), // it would remove a node afterwards
		events: func(w *simulation.World) {
			w.At(3*time.Minute, func(w *simulation.World) { w.CutOff() })
		},
		after: func(w *simulation.World) { w.Reconnect() },
		want: simulation.State{
			Size: upgrade.Size{Max: 7, Desired: 6}, Status: upgrade.Failed, Errors: []string{upgrade.Unreachable},
		},
		errorContains: []string{"5 of 5 nodes are silent", "09:03:00 UTC", "security groups"},
	}
}

// zoneCutOff cuts one of three zones off, with more nodes than may be in flight.
func zoneCutOff() scenario {
	want := success()
	want.Nodes, want.Size = nil, upgrade.Size{Max: 7, Desired: 6}
	return scenario{
		name: "zone-cut-off", config: func() simulation.Config { return simulation.Sample(6) }, want: want,
		events: func(w *simulation.World) {
			w.At(3*time.Minute, func(w *simulation.World) { w.CutOff("us-west-2b") })
			w.At(5*time.Minute+30*time.Second, func(w *simulation.World) { w.Reconnect() })
		},
	}
}

// cutOffInScaleDown cuts all nodes off while the surge is removed.
func cutOffInScaleDown() scenario {
	want := success()
	want.Nodes, want.Size = nil, upgrade.Size{Max: 6, Desired: 5}
	return scenario{
		name: "cut-off-in-scale-down", config: withThreeNodes(), want: want,
		after: func(w *simulation.World) { w.Reconnect() },
		events: func(w *simulation.World) {
			w.At(4*time.Minute+50*time.Second, func(w *simulation.World) { w.CutOff() })
		},
	}
}

// cutOffWithNewNodes cuts all nodes off after MINIMAL has replaced two of three.
func cutOffWithNewNodes() scenario {
	return scenario{
		name:   "cut-off-minimal",
		config: withThreeNodes(func(c *simulation.Config) { c.Update.Policy.Strategy = upgrade.Minimal }),
		after:  func(w *simulation.World) { w.Reconnect() },
		events: func(w *simulation.World) {
			w.At(4*time.Minute, func(w *simulation.World) { w.CutOff() })
		},
		want: simulation.State{
			Size: upgrade.Size{Max: 4, Desired: 3}, Status: upgrade.Failed, Errors: []string{upgrade.Unreachable},
		},
	}
}

// machineDies ends one machine: nothing runs on it, and it is replaced as a silent one is.
func machineDies() scenario {
	return scenario{
		name: "machine-dies", config: withThreeNodes(), want: success(),
		events: func(w *simulation.World) {
			w.At(3*time.Minute, func(w *simulation.World) {
				name, _ := w.Node(0, true)
				w.KillMachine(name)
			})
		},
	}
}

// A group of 30 nodes loses the API server's private endpoint, which the engine does not use. Not a
// single instance may be terminated, and no pod be evicted, until the nodes are there again.
func TestThirtyNodesCutOff(t *testing.T) {
	w := simulation.New(simulation.Sample(30))
	w.At(3*time.Minute, func(w *simulation.World) { w.CutOff() })
	out, err := simulation.Run(t.Context(), w, limit)
	if err != nil {
		t.Fatal(err)
	}
	v := out.Result.Record.Run.Verdict
	if v.Status != upgrade.Failed || v.Errors[0].Code != upgrade.Unreachable {
		t.Errorf("it ends %+v, want it Failed with %s", v, upgrade.Unreachable)
	}
	for _, call := range w.Calls() {
		afterwards := call.At.Sub(simulation.Beginning()) > 5*time.Minute
		if afterwards && (call.Method == "Groups.Terminate" || call.Method == "Pods.Evict") {
			t.Fatalf("%s at %s, while all nodes are silent\n%s", call.Method, call.At, w.Story().Last(30))
		}
	}
	if replicas := w.State().Autoscaler; replicas != "1 replicas, held by []" {
		t.Errorf("Cluster Autoscaler at the end: %s", replicas)
	}
}

// A group that grows during the upgrade keeps what it has grown to, although its instances take
// long to boot.
func TestGrownGroupKeepsItsSize(t *testing.T) {
	c := simulation.Sample(12)
	c.Update.Policy.MaxUnavailable = upgrade.Count{Value: 3}
	w := simulation.New(c)
	w.At(2*time.Minute, func(w *simulation.World) { w.ChangeSizes(upgrade.Size{Max: 12, Desired: 12}) })
	w.At(2*time.Minute+30*time.Second, func(w *simulation.World) { w.SlowBoots(8 * time.Minute) })
	out, err := simulation.Run(t.Context(), w, limit)
	if err != nil {
		t.Fatal(err)
	}
	if v := out.Result.Record.Run.Verdict; v.Status != upgrade.Successful {
		t.Errorf("it ends %+v\n%s", v, w.Story().Last(30))
	}
}

// An upgrade that begins seconds after all nodes have become Ready keeps all of them.
func TestNodesReadyForSecondsAtTheStart(t *testing.T) {
	w := simulation.New(simulation.Sample(6))
	w.CutOff()
	w.AdvanceBy(time.Minute)
	w.Reconnect()
	w.AdvanceBy(5 * time.Second)
	out, err := simulation.Run(t.Context(), w, limit)
	if err != nil {
		t.Fatal(err)
	}
	run := out.Result.Record.Run
	if run.Verdict.Status != upgrade.Successful || run.Baseline.Usable != 6 {
		t.Errorf("it ends %+v with a baseline of %d usable nodes, want 6", run.Verdict, run.Baseline.Usable)
	}
}
