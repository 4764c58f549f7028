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
	// failedReads are the reads that failed in this pass. View.Unread has their names.
	failedReads []upgrade.FailedCall
	// unschedulable are the pods of the cluster that the scheduler has found no node for.
	unschedulable []upgrade.Pod
	// found is the ARN of the group of the update's name, "" if there is none where the calls go. It may
	// be that of another group.
	found string
	// caller is whose credentials are used; callerErr is why that is not known.
	caller    upgrade.Caller
	callerErr error
	// health is how the workloads are.
	health map[string]upgrade.WorkloadHealth
	// resolveErr is why the target does not exist.
	resolveErr error
	// fault is why nothing can be done, and refusals are what speaks against beginning; nothing
	// else is observed then.
	fault    *upgrade.Fault
	refusals []upgrade.Error
	// lastActivity is the group's last scaling activity in words, nil until it was asked for (see
	// needs.go).
	lastActivity *string
	// console is what an instance has written to its console in words, nil until it was asked for.
	console *string
}
