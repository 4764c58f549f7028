package kube

import (
	"errors"
	"fmt"
	"slices"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// inconsistent is the fault of an update whose settings, or those of its node group, are
// inconsistent. The schema refuses them today: they were stored before.
func inconsistent(update *v1alpha1.NodeGroupUpdate, why error) *upgrade.Fault {
	return &upgrade.Fault{Code: upgrade.Conflict, Why: fmt.Sprintf(
		"the settings of update %s and its node group are inconsistent: %v. Correct them with kubectl edit; if the update has not begun yet, delete it and create it again",
		update.Name, why)}
}

// checkSettings refuses what the schema refuses and would be understood as something else.
func checkSettings(update v1alpha1.NodeGroupUpdateSpec, group v1alpha1.NodeGroupSpec) error {
	if update.RollbackOf != "" && update.Target != nil {
		return errors.New("a rollback restores what the update in rollbackOf replaced, so target must not be set")
	}
	if update.Scaling != nil && (update.Target != nil || update.RollbackOf != "") {
		return errors.New("scaling changes only sizes, so target and rollbackOf must not be set")
	}
	if update.Force && update.OnDrainTimeout != "" && update.OnDrainTimeout != v1alpha1.OnDrainTimeoutForce {
		return fmt.Errorf("force: true requires onDrainTimeout: force, but it is %s", update.OnDrainTimeout)
	}
	known := []v1alpha1.OnDrainTimeout{"", v1alpha1.OnDrainTimeoutFail, v1alpha1.OnDrainTimeoutQuarantine, v1alpha1.OnDrainTimeoutForce}
	for _, at := range []v1alpha1.OnDrainTimeout{update.OnDrainTimeout, group.OnDrainTimeout} {
		if !slices.Contains(known, at) {
			return fmt.Errorf("onDrainTimeout %s is not fail, quarantine or force", at)
		}
	}
	return nil
}
