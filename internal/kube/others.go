package kube

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// appliedWithin is how long a NodeGroup that was applied together with an update may take
// to exist.
const appliedWithin = time.Minute

// addOthers reads the other updates and node groups that matter to this update: which one
// it rolls back, which one rolls it back, and which one is worked on first.
func (r *records) addOthers(ctx context.Context, asked *upgrade.Update) error {
	var all v1alpha1.NodeGroupUpdateList
	if err := r.watched.List(ctx, &all); err != nil {
		return explain(err, "list nodegroupupdates")
	}
	seen := slices.ContainsFunc(all.Items, func(u v1alpha1.NodeGroupUpdate) bool { return u.Name == r.name })
	others := slices.DeleteFunc(all.Items, func(u v1alpha1.NodeGroupUpdate) bool {
		return u.Name == r.name || u.Spec.NodeGroup != r.update.Spec.NodeGroup
	})
	asked.RolledBackBy = r.rolledBackBy(others)
	if r.isInSetup() {
		if !seen { // nor, perhaps, are those before it
			return fmt.Errorf("update %s is not in the watch yet: %w", r.name, upgrade.ErrConflict)
		}
		asked.QueuedBehind = r.behind(others)
		if err := r.addFaults(ctx, asked); err != nil {
			return err
		}
	}
	var err error
	asked.Rollback, err = r.rollback(ctx)
	return err
}

func (r *records) isInSetup() bool {
	return slices.Contains([]upgrade.Phase{"", upgrade.Setup}, upgrade.Phase(r.update.Status.Phase))
}

// behind is the oldest update of the node group that is worked on before this one, "" for
// none. The one that this update rolls back does not count: it hands over by itself.
func (r *records) behind(others []v1alpha1.NodeGroupUpdate) string {
	return firstOf(others, func(u *v1alpha1.NodeGroupUpdate) bool {
		return !u.Ended() && u.Name != r.update.Spec.RollbackOf && u.GoesBefore(r.update)
	})
}

// addFaults finds what is wrong with the node group of an update that has not begun.
func (r *records) addFaults(ctx context.Context, asked *upgrade.Update) error {
	if asked.Fault != nil || r.update.Begun() {
		return nil
	}
	if r.group.DeletionTimestamp != nil && r.group.Status.Ledger == nil {
		asked.Fault = &upgrade.Fault{Code: upgrade.NotPermitted, Why: fmt.Sprintf(
			"node group %s is being deleted, so none of its updates begins; when it is gone, create it again, and then another update", r.group.Name)}
		return nil
	}
	var groups v1alpha1.NodeGroupList
	if err := r.watched.List(ctx, &groups); err != nil {
		return explain(err, "list nodegroups")
	}
	for i := range groups.Items {
		twin := &groups.Items[i]
		if twin.Name != r.group.Name && sameGroup(twin, r.group) && v1alpha1.Older(twin, r.group) {
			asked.Fault = &upgrade.Fault{Code: upgrade.NotPermitted, Why: fmt.Sprintf(
				"node groups %s and %s are the same Auto Scaling group, %s in %s, and only one of them can keep its ledger; delete %[2]s, and create another update of %[1]s",
				twin.Name, r.group.Name, r.group.Spec.AutoScalingGroup, r.group.Spec.Region)}
			return nil
		}
	}
	return nil
}

// sameGroup reports whether two NodeGroups describe the same Auto Scaling group.
func sameGroup(a, b *v1alpha1.NodeGroup) bool {
	return a.Spec.AutoScalingGroup == b.Spec.AutoScalingGroup && a.Spec.Region == b.Spec.Region
}

// orphan is the record of an update whose NodeGroup does not exist.
func orphan(update *v1alpha1.NodeGroupUpdate) upgrade.Record {
	name := update.Spec.NodeGroup
	why := fmt.Sprintf("node group %s does not exist, so there is nothing to update; create the node group, and then another update ('kubectl get nodegroups.nodelift.dev' lists those that exist)", name)
	if update.Begun() {
		why = fmt.Sprintf("node group %s no longer exists, though this update is in progress: its finalizer was removed by hand, and its ledger is lost", name)
	}
	return upgrade.Record{
		Update: upgrade.Update{
			Name: update.Name, UID: string(update.UID), NodeGroup: name, Target: Target(update.Spec.Target), Scaling: Scaling(update.Spec.Scaling), Policy: upgrade.DefaultPolicy(),
			Cancelled: update.Spec.Cancelled || update.DeletionTimestamp != nil, PauseRequested: update.Spec.PausedAt(time.Now()), AcceptedHealthPauses: int(update.Spec.AcceptedStops),
			Fault: &upgrade.Fault{Code: upgrade.ResourceNotFound, Why: why, Limit: appliedWithin, Lost: true},
		},
		Run:        toRun(update.Status),
		RunVersion: update.ResourceVersion,
	}
}
