package cli

import (
	"cmp"
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/cli/connect"
	"github.com/nodelift/nodelift/internal/cli/find"
	"github.com/nodelift/nodelift/internal/cli/show"
	"github.com/nodelift/nodelift/internal/view"
)

const retryLong = `Retry starts an update again that failed or was cancelled: to the same image, with the
same settings, from the nodes as they are. Nodes that were replaced stay.

It shows what it is going to do and asks before anything changes.`

func newRetry(p Process) *cobra.Command {
	o := &change{process: p, verb: "retry", show: show.Options{Output: "text"}}
	flags := func(cmd *cobra.Command) { o.addFlags(cmd, true) }
	return subjects("retry", "Start an update again that failed or was cancelled", retryLong, flags, func(ctx context.Context, what find.Subject) error {
		return o.run(ctx, func(ctx context.Context, s *connect.Connection) (*intent, error) {
			group, updates, err := find.Meant(ctx, s, what, func(*v1alpha1.NodeGroupUpdate) bool { return true })
			if err != nil {
				return nil, err
			}
			if len(updates) == 0 {
				return nil, fmt.Errorf("node group %s has had no update, so there is nothing to retry", what.Group)
			}
			update := &updates[0]
			if err := canRetry(ctx, s, update); err != nil {
				return nil, err
			}
			plan, err := o.planOf(ctx, s, group, update, retrySentence(update))
			if err != nil {
				return nil, err
			}
			if err := o.who(ctx, s, group, plan); err != nil {
				return nil, err
			}
			return &intent{group: group, update: update, plan: plan, obeyed: find.HasEnded,
				write: func(ctx context.Context) (*v1alpha1.NodeGroupUpdate, error) {
					return s.Cluster.Begin(ctx, retryOf(update))
				},
			}, nil
		})
	})
}

// canRetry refuses to retry an update that cannot be retried, or while another update of
// its node group is under way.
func canRetry(ctx context.Context, s *connect.Connection, u *v1alpha1.NodeGroupUpdate) error {
	running, err := find.UnderWayOf(ctx, s, u.Spec.NodeGroup)
	if err != nil {
		return err
	}
	if running != nil {
		return fmt.Errorf("update %s of node group %s is under way, so there is nothing to retry; to continue it: nodelift resume update %[1]s", running.Name, u.Spec.NodeGroup)
	}
	return mayRetry(u)
}

// mayRetry refuses to retry an update that has ended and cannot be retried.
func mayRetry(u *v1alpha1.NodeGroupUpdate) error {
	switch {
	case u.Spec.RollbackOf != "":
		return fmt.Errorf("update %s is a rollback, and a rollback cannot be retried; run 'nodelift upgrade nodegroup' with the image that you want", u.Name)
	case u.Status.Status == v1alpha1.UpdateSuccessful:
		return fmt.Errorf("update %s was Successful, so there is nothing to retry", u.Name)
	}
	return nil
}

// retryOf is the same update once more, but with the image that was resolved: by now the
// version may mean a newer image, and the nodes that were replaced would be outdated.
func retryOf(u *v1alpha1.NodeGroupUpdate) *v1alpha1.NodeGroupUpdate {
	again := &v1alpha1.NodeGroupUpdate{Spec: *u.Spec.DeepCopy()}
	again.Spec.AcceptedStops = 0
	again.Spec.Paused, again.Spec.PausedUntil, again.Spec.Cancelled, again.Spec.RestoreTemplate = false, nil, false, false
	if r := u.Status.Resolved; r != nil && !r.ByTemplate {
		again.Spec.Target = &v1alpha1.Target{ImageID: r.Image.ID}
	}
	return again
}

func retrySentence(u *v1alpha1.NodeGroupUpdate) string {
	will := fmt.Sprintf("This will retry update %s (%s %s)", u.Name, u.Status.Status, view.Standing(*u))
	if u.Spec.Scaling != nil {
		return fmt.Sprintf("%s: the group is scaled to the same sizes (%s) with the same settings.", will, cmp.Or(u.Status.Target, "not resolved yet"))
	}
	target := cmp.Or(u.Status.Target, "the same target")
	if r := u.Status.Resolved; r != nil {
		target = "image " + view.Image(r.Image)
		if r.ByTemplate && r.Template != nil {
			target = fmt.Sprintf("version %d of launch template %s, with %s", r.Template.Number, r.Template.ID, target)
		}
	}
	return fmt.Sprintf("%s: nodes that are still outdated are upgraded to %s with the same settings. Nodes that were replaced stay.", will, target)
}
