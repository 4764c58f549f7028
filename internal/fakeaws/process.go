package fakeaws

import (
	"slices"
	"time"
)

// The processes of a group whose suspension has an effect here.
const (
	processLaunch           = "Launch"
	processTerminate        = "Terminate"
	processHealthCheck      = "HealthCheck"
	processReplaceUnhealthy = "ReplaceUnhealthy"
	processAZRebalance      = "AZRebalance"
	processScheduledActions = "ScheduledActions"
)

// processes are all that can be suspended, in the order in which AWS names them.
func processes() []string {
	return []string{processLaunch, processTerminate, "AddToLoadBalancer", "AlarmNotification", processAZRebalance,
		processHealthCheck, "InstanceRefresh", processReplaceUnhealthy, processScheduledActions}
}

func (g *group) isSuspended(process string) bool {
	_, suspended := g.suspended[process]
	return suspended
}

// suspend suspends processes, or all if none is named. One that is already
// suspended stays as it is.
func (g *group) suspend(names []string, now time.Time) *Error {
	names, err := checkProcesses(names)
	if err != nil {
		return err
	}
	for _, name := range names {
		if !g.isSuspended(name) {
			g.suspended[name] = now
		}
	}
	return nil
}

// resume resumes processes, or all if none is named. Resuming one that is not
// suspended is not an error.
func (g *group) resume(names []string) *Error {
	names, err := checkProcesses(names)
	if err != nil {
		return err
	}
	for _, name := range names {
		delete(g.suspended, name)
	}
	return nil
}

func checkProcesses(names []string) ([]string, *Error) {
	if len(names) == 0 {
		return processes(), nil
	}
	for _, name := range names {
		if !slices.Contains(processes(), name) {
			return nil, validation("Invalid scaling process: %s", name)
		}
	}
	return names, nil
}
