package simulation

import (
	"slices"
	"strings"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Checks of promise 5 about what is not restored at the end: there has to be a cause for each debt in
// the world, at that moment, and the update has to name it.

// owedCause is what may keep a debt from being restored.
type owedCause struct {
	debt  string // for people
	owed  bool   // by the ledger
	says  string // part of what the update says about this debt
	calls []string
	other bool // there is a cause other than calls that fail
}

func (o *observer) owedCauses() []owedCause {
	ledger, counts := o.w.records.ledger.now, o.w.cloud.perZone()
	return []owedCause{
		{
			debt: "Cluster Autoscaler", owed: ledger.Autoscaler, says: "Cluster Autoscaler",
			calls: []string{"Autoscaler.State", "Autoscaler.Resume"},
		},
		{
			debt: "the marks", owed: ledger.Marks, says: "marks",
			calls: []string{"Nodes.Nodes", "Nodes.Unmark"},
		},
		{
			debt: "the launch template", owed: ledger.Template != nil, says: "launch template",
			calls: []string{"Groups.Group", "Templates.Resolve", "Templates.Use", "Nodes.Nodes"},
		},
		{
			debt: "the processes", owed: len(ledger.Processes) > 0, says: "suspended",
			calls: []string{"Groups.Group", "Groups.SetProcesses", "Nodes.Nodes"},
			other: slices.Equal(ledger.Processes, []string{"AZRebalance"}) && slices.Max(counts)-slices.Min(counts) > 1,
		},
		{
			debt: "the sizes", owed: ledger.Sizes != nil, says: "sizes",
			calls: []string{"Groups.Group", "Groups.Resize", "Groups.Terminate", "Groups.TerminatedElsewhere", "Nodes.Nodes", "Nodes.Mark", "Pods.Occupancy", "Pods.OccupancyNow"},
			other: o.gaveUp() || o.isNodeStuck() || o.countUsable(nil) <= o.usableRequired(),
		},
	}
}

// checkOwed checks what the ledger still has when the update has ended.
func (o *observer) checkOwed(owed []string) {
	for _, c := range o.owedCauses() {
		at := slices.IndexFunc(owed, func(text string) bool { return strings.Contains(text, c.says) })
		switch failing := o.failingCall(c.calls); {
		case !c.owed:
		case at < 0:
			o.violated(5, "%s: not restored, and the update does not say so: %q", c.debt, owed)
		case failing == "" && !c.other:
			o.violated(5, "%s: not restored, though nothing stands in the way any more: %s", c.debt, owed[at])
		case failing != "" && !c.other && !strings.Contains(owed[at], failing):
			o.violated(5, "%s: not restored because %s fails, and the update says: %s", c.debt, failing, owed[at])
		}
	}
}

// gaveUp reports whether the update had a cause before its end to leave the sizes: nodes that could not be
// drained, a call that failed for longer than its limit, or most nodes silent.
func (o *observer) gaveUp() bool {
	run := o.w.records.run.now
	return len(run.Undrainable) > 0 || run.SizesNotRestored && o.w.config.Flaky > 0 || o.wasMostlySilent
}

// failingCall returns the first of some calls that fails at the moment, or "".
func (o *observer) failingCall(methods []string) string {
	for _, m := range methods {
		if o.w.now.Before(o.w.calls.refused[m]) {
			return m
		}
	}
	return ""
}

// isNodeStuck reports whether a pod keeps a member from being empty.
func (o *observer) isNodeStuck() bool {
	for _, p := range o.w.cluster.pods {
		if p.node != nil && p.node.instance != nil && !p.Stays && !p.Finished && o.isStuck(p) {
			return true
		}
	}
	return false
}

// isStuck reports whether a pod stays where it is: its eviction would be refused, it does not end, or it
// comes back.
func (o *observer) isStuck(p *pod) bool {
	refused := o.w.cluster.protect(p).Outcome != upgrade.Accepted || p.NamespaceTerminating ||
		p.workload.WebhookRefuses > o.w.now.Sub(o.w.story.began)
	return refused || !p.Deleting.IsZero() || len(p.Finalizers) > 0 || p.Keep != "" || p.Tolerates != "" || p.node.kubeletStopped()
}
