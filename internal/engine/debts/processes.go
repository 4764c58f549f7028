package debts

import (
	"slices"
	"strings"

	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/upgrade"
)

func processes() Debt {
	return Debt{
		Borrow: borrowProcesses, Keep: keepProcesses, Restore: restoreProcesses, Owed: owedProcesses,
		Calls: []string{"ProcessesResumed", "ProcessesSuspended"},
		Reads: []plan.Read{plan.GroupRead, plan.NodesRead},
	}
}

// borrowProcesses notes the processes that are to be suspended. What the owner has suspended stays
// suspended.
func borrowProcesses(v *View, l *upgrade.Ledger) bool {
	if v.changesNothing() {
		return false
	}
	l.Processes = slices.Clone(l.Processes)
	for _, process := range upgrade.ProcessesToSuspend() {
		if slices.Contains(l.Processes, process) || v.Group.HasProcessSuspended(process) {
			continue
		}
		l.Processes = append(l.Processes, process)
		if process == upgrade.ProcessAZRebalance {
			l.Unevenness = v.Unevenness()
		}
	}
	return false // they are saved with the sizes and the marks
}

// keepProcesses suspends the processes that the ledger names.
func keepProcesses(v *View, p *plan.Plan) plan.Decision {
	if decided := allowLaunch(v, p); decided != plan.Nothing {
		return decided
	}
	running := slices.DeleteFunc(slices.Clone(v.Ledger.Processes), v.Group.HasProcessSuspended)
	if len(running) == 0 {
		return plan.Nothing
	}
	why := "that may terminate nodes undrained"
	if slices.Contains(running, upgrade.ProcessLaunch) {
		why = "so that nothing is launched while places are given back that were never filled"
	}
	return p.Do(plan.SetProcesses{Processes: running, Suspended: true}, "ProcessesSuspended", "", "suspended the group's processes %s: %s", why, strings.Join(running, ", "))
}

// restoreProcesses resumes what was suspended. AZRebalance is resumed only when the zones are as
// even as at the start, or differ by one at most: it would terminate nodes undrained. Each process
// is resumed once, even if AWS reports it as running: that answer may be from before it was suspended.
// While the sizes are not restored, all stay suspended: to them the surge looks like too many nodes.
func restoreProcesses(v *View, p *plan.Plan) plan.Decision {
	debt := v.Ledger.Processes
	if len(debt) == 0 || v.Ledger.Sizes != nil && !v.Run.SizesNotRestored {
		return plan.Nothing
	}
	even := v.Unevenness() <= max(1, v.Ledger.Unevenness)
	mayResume := func(process string) bool { return even || process != upgrade.ProcessAZRebalance }
	requested := func(process string) bool { return slices.Contains(v.Run.ResumeRequested, process) }
	suspended := only(debt, func(process string) bool { return !v.GroupGone && v.Group.HasProcessSuspended(process) })
	switch ready, again := only(debt, mayResume), only(suspended, mayResume); {
	case len(suspended) < len(debt) && v.IsFailing("ProcessesResumed"): // it was not allowed to suspend them either
		return v.oweProcesses(p, suspended)
	case len(ready) > 0 && !slices.ContainsFunc(ready, requested) && !v.GroupGone:
		return resume(p, ready)
	case len(suspended) < len(debt):
		return v.oweProcesses(p, suspended)
	case len(again) > 0:
		return resume(p, again)
	case v.IsMoving():
		limit := v.Update.Policy.JoinTimeout
		waited := p.WaitFor(plan.EvenZones, limit, "waiting for even zones before resuming AZRebalance: %s", v.SpreadOverZones())
		if waited < limit {
			return plan.Wait
		}
	}
	return plan.Nothing
}

// oweProcesses notes that only these processes are still suspended.
func (*View) oweProcesses(p *plan.Plan, suspended []string) plan.Decision {
	return p.Owe(func(l *upgrade.Ledger) {
		l.Processes = suspended
		if len(suspended) == 0 {
			l.Processes, l.Unevenness = nil, 0
		}
	})
}

func resume(p *plan.Plan, processes []string) plan.Decision {
	p.WaitFor(plan.Resuming, 0, "reading the group again after resuming its processes")
	return p.Do(plan.SetProcesses{Processes: processes}, "ProcessesResumed", "", "resumed the group's processes: %s", strings.Join(processes, ", "))
}

// only returns the words for which keep returns true.
func only(words []string, keep func(string) bool) []string {
	return slices.DeleteFunc(slices.Clone(words), func(word string) bool { return !keep(word) })
}

func owedProcesses(v *View) (what, why string) {
	if len(v.Ledger.Processes) == 0 {
		return "", ""
	}
	return strings.Join(v.Ledger.Processes, ", ") + " stays suspended", "it would terminate nodes undrained: " + v.SpreadOverZones()
}
