package controller

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// reportTries is how often the status of a node group is written if somebody else changed
// it meanwhile.
const reportTries = 4

// reportGroup updates the status of a node group if the pass has changed it. The ledger in
// it belongs to the engine and stays as it is.
func (r *reconciler) reportGroup(ctx context.Context, update *v1alpha1.NodeGroupUpdate, group *v1alpha1.NodeGroup, result upgrade.Result) error {
	cloud, err := r.Cloud(group)
	if err != nil {
		return err
	}
	now, err := cloud.Groups.Group(ctx, group.Spec.AutoScalingGroup, false)
	switch {
	case errors.Is(err, upgrade.ErrNotFound), err == nil && now.ARN != result.Record.Ledger.ARN:
		now = upgrade.Group{} // it is gone, or this is one of another account or was made again
	case err != nil:
		return fmt.Errorf("update the status of node group %s: %w", group.Name, err)
	}
	if seen := group.DeepCopy(); !fill(seen, update.Name, now, result) {
		return nil
	}
	for range reportTries {
		if err = r.writeReport(ctx, update.Name, group.Name, now, result); !apierrors.IsConflict(err) {
			break
		}
	}
	if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("update the status of node group %s: %w", group.Name, err)
	}
	return nil
}

func (r *reconciler) writeReport(ctx context.Context, update, group string, now upgrade.Group, result upgrade.Result) error {
	var fresh v1alpha1.NodeGroup
	if err := r.Cluster.Live.Get(ctx, client.ObjectKey{Name: group}, &fresh); err != nil {
		return err
	}
	before := fresh.DeepCopy()
	if !fill(&fresh, update, now, result) {
		return nil
	}
	return r.Cluster.Live.Status().Patch(ctx, &fresh, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
}

// fill writes what is known about a group into its status, and reports whether anything has
// changed.
func fill(group *v1alpha1.NodeGroup, update string, now upgrade.Group, result upgrade.Result) bool {
	before := group.Status.DeepCopy()
	s := &group.Status
	run := result.Record.Run
	if now.Name != "" {
		fillGroup(s, now, result)
	}
	s.Update = update
	s.Health = health(run)
	s.ObservedGeneration = group.Generation
	meta.SetStatusCondition(&s.Conditions, updating(group, update, result))
	return !equality.Semantic.DeepEqual(before, s)
}

// fillGroup writes what the group is now. It is left as it was last seen while the group is not there.
func fillGroup(s *v1alpha1.NodeGroupStatus, now upgrade.Group, result upgrade.Result) {
	run := result.Record.Run
	if launches := launched(now, run); launches.ID != "" {
		s.Image, s.Version, s.ReleaseVersion = launches.ID, launches.Version, launches.Release
	}
	template := v1alpha1.LaunchTemplate(now.Template)
	s.LaunchTemplate = &template
	s.Scaling = &v1alpha1.Scaling{
		MinSize: int32(now.Min), MaxSize: int32(now.Size.Max), DesiredSize: int32(now.Size.Desired),
	}
	switch {
	case result.Progress == nil:
	case run.Resolved != nil: // before that it is not known which nodes are outdated
		s.Nodes = counted(result.Progress)
	case run.Scaling != nil:
		s.Nodes = countedAs(s.Nodes, *counted(result.Progress))
	}
}

// launched is the image that the group launches: that of the target as soon as the group
// uses the launch template version with it.
func launched(now upgrade.Group, run upgrade.Run) upgrade.Image {
	r := run.Resolved
	switch {
	case r == nil:
		return upgrade.Image{}
	case now.Template.Version == strconv.FormatInt(r.Template.Number, 10),
		run.Phase == upgrade.Done && run.Verdict != nil && run.Verdict.Status == upgrade.Successful:
		return r.Image
	default:
		return r.From
	}
}

func counted(p *upgrade.Progress) *v1alpha1.NodeCounts {
	return &v1alpha1.NodeCounts{
		Total: int32(p.Nodes), UpToDate: int32(p.UpToDate), Outdated: int32(p.Outdated),
		Usable: int32(p.Usable), InFlight: int32(p.InFlight),
	}
}

// countedAs counts the nodes of a group whose sizes are changed. Such an update does not
// look at images: all nodes are up to date if all were before, otherwise it is not known.
func countedAs(before *v1alpha1.NodeCounts, now v1alpha1.NodeCounts) *v1alpha1.NodeCounts {
	if before == nil || before.UpToDate != before.Total {
		now.UpToDate, now.Outdated = 0, 0
	}
	return &now
}

func health(run upgrade.Run) []v1alpha1.Issue {
	if run.Verdict == nil {
		return nil
	}
	var issues []v1alpha1.Issue
	for _, e := range run.Verdict.Errors {
		issues = append(issues, v1alpha1.Issue{Code: e.Code, Message: e.Message, ResourceIDs: e.Resources})
	}
	return issues
}

func updating(group *v1alpha1.NodeGroup, update string, result upgrade.Result) metav1.Condition {
	c := metav1.Condition{
		Type: v1alpha1.ConditionUpdating, Status: metav1.ConditionTrue, Reason: "UpdateRuns",
		Message: "update " + update, ObservedGeneration: group.Generation,
	}
	switch {
	case result.Done:
		c.Status, c.Reason = metav1.ConditionFalse, "UpdateEnded"
	case group.DeletionTimestamp != nil:
		c.Reason = "DeletedWhileUpdating"
		c.Message += " is in progress: the node group is deleted when it has ended; to end it sooner, set its spec.cancelled"
	case result.Paused && result.Record.Update.Leaving && !result.Record.Update.PauseRequested:
		c.Reason = v1alpha1.ReasonNobodyWorks
		c.Message += " is in progress, and nobody is working on it; to continue, run: nodelift resume update " + update
	case result.Paused:
		c.Reason = "UpdatePaused"
	}
	return c
}
