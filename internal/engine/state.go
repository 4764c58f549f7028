package engine

import (
	"github.com/nodelift/nodelift/internal/engine/debts"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// state is what one pass observed. Rules read it and never change it.
type state struct {
	debts.View
	loaded upgrade.Run // as it was saved
	record upgrade.Record
	// unschedulable are the pods of the cluster that the scheduler has found no node for.
	unschedulable []upgrade.Pod
	// health is how the workloads are.
	health map[string]upgrade.WorkloadHealth
	// resolveErr is why the target does not exist.
	resolveErr error
	// fault is why nothing can be done, and refusals are what speaks against beginning; nothing
	// else is observed then.
	fault    *upgrade.Fault
	refusals []upgrade.Error
	// cloudSilent: the cloud did not answer a process that leaves the update. The members are then the
	// nodes that carry marks of the node group.
	cloudSilent bool
	// lastActivity is the group's last scaling activity in words, nil until it was asked for (see
	// needs.go).
	lastActivity *string
}
