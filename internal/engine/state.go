package engine

import (
	"time"

	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// state is what one pass observed. Rules read it and never change it.
type state struct {
	fleet.Fleet
	loaded     upgrade.Run // as it was saved
	record     upgrade.Record
	autoscaler upgrade.AutoscalerState
	// unschedulable are the pods of the cluster that the scheduler has found no
	// node for, while sizes are borrowed.
	unschedulable []upgrade.Pod
	// health is how the workloads are, where bad health stops the update.
	health map[string]upgrade.WorkloadHealth
	// present is what the group's template reference stands for, and before what
	// the reference from before the update does; both only where a rule asks.
	present, before upgrade.TemplateVersion
	// resolveErr is why the target does not exist.
	resolveErr error
	// fault is why nothing can be done, and refusals are what speaks against
	// beginning; nothing else is observed then.
	fault    *upgrade.Fault
	refusals []upgrade.Error
	// lastActivity is the group's last scaling activity, nil until it was asked
	// for, which is when an update is about to fail for want of nodes.
	lastActivity *string
	// terminatedElsewhere is whether somebody else ended the instance whose termination
	// was to lower the desired size: nil until it was asked for, which is when the size stays.
	terminatedElsewhere *bool
}

// since is when a wait began, now if it begins in this pass.
func (s *state) since(key string) time.Time {
	for _, w := range s.Run.Waits {
		if w.Key == key {
			return w.Since
		}
	}
	return s.Now
}
