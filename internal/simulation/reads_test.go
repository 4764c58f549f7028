package simulation_test

import (
	"strings"
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/simulation"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// unreadables are the reads that fail for good in the tests below, with what cannot be restored
// without them.
func unreadables() map[string]struct {
	method               string
	autoscaler, anyMarks bool // cannot be restored
	sizes                bool
} {
	return map[string]struct {
		method               string
		autoscaler, anyMarks bool
		sizes                bool
	}{
		"The group cannot be described.":              {method: "Groups.Group", sizes: true},
		"The nodes cannot be listed.":                 {method: "Nodes.Nodes", sizes: true, anyMarks: true},
		"The pods cannot be listed.":                  {method: "Pods.Occupancy", sizes: true},
		"Cluster Autoscaler cannot be read.":          {method: "Autoscaler.State", autoscaler: true},
		"The pods without a node cannot be listed.":   {method: "Pods.Unschedulable"},
		"The launch template cannot be described.":    {method: "Templates.Resolve"},
		"The scaling activities cannot be described.": {method: "Groups.LastActivity"},
		"The console of an instance cannot be read.":  {method: "Groups.Console"},
	}
}

// TestAReadThatKeepsFailing takes away one read for good, two minutes after the beginning. A cancel ends
// the update then, and whatever can be restored without that read is restored. What is owed names the
// read. When it works again, the next update restores the rest.
func TestAReadThatKeepsFailing(t *testing.T) {
	for name, c := range unreadables() {
		for _, cancelled := range []bool{true, false} {
			who := " Nobody does anything."
			if cancelled {
				who = " Somebody cancels the update."
			}
			t.Run(name+who, func(t *testing.T) {
				t.Parallel()
				w := simulation.New(simulation.Sample(3))
				w.At(2*time.Minute, func(w *simulation.World) { w.Forbid(c.method, 100*time.Hour) })
				if cancelled {
					w.At(3*time.Minute, func(w *simulation.World) { w.Cancel() })
				}
				out, err := simulation.Run(t.Context(), w, 6*time.Hour)
				if err != nil {
					t.Fatal(err)
				}
				end, run := w.State(), out.Result.Record.Run
				if cancelled && run.Verdict.Status != upgrade.Cancelled {
					t.Errorf("the update ends %s", run.Verdict.Status)
				}
				if resumed := end.Autoscaler == "1 replicas, held by []"; !resumed && !c.autoscaler {
					t.Errorf("Cluster Autoscaler has %s", end.Autoscaler)
				}
				if len(end.Marks) > 0 && !c.anyMarks {
					t.Errorf("nodes still carry marks: %v", end.Marks)
				}
				if owed := strings.Join(run.Owed, "\n"); owed != "" && !strings.Contains(owed, c.method) {
					t.Errorf("what is owed does not name %s: %s", c.method, owed)
				}
				if len(run.Owed) == 0 && (c.autoscaler || c.sizes) {
					t.Error("nothing is owed")
				}
			})
		}
	}
}

// TestTheTimeOfFailedReadsDoesNotCount takes the group away for fourteen minutes while a budget blocks a
// drain, and lets the budget go two minutes later: those fourteen minutes do not count against the limit
// of the drain, because nothing was tried.
func TestTheTimeOfFailedReadsDoesNotCount(t *testing.T) {
	w := simulation.New(withThreeNodes(stubborn)())
	w.At(4*time.Minute, func(w *simulation.World) { w.Forbid("Groups.Group", 14*time.Minute) })
	w.At(20*time.Minute, func(w *simulation.World) {
		w.ChangeBudget("default/stubborn", simulation.Budget{MinAvailable: new(0)})
	})
	out, err := simulation.Run(t.Context(), w, 6*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if v := out.Result.Record.Run.Verdict; v.Status != upgrade.Successful {
		t.Errorf("the update ends %s: %v", v.Status, v.Errors)
	}
}
