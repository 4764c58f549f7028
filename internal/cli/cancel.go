package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/cli/connect"
	"github.com/nodelift/nodelift/internal/cli/find"
	"github.com/nodelift/nodelift/internal/cli/show"
	"github.com/nodelift/nodelift/internal/view"
)

const cancelLong = `Cancel ends an update: no more nodes are drained, and sizes, processes, autoscaler and marks are restored.
Nodes above the desired size are drained and terminated. Nodes that were replaced stay;
'nodelift rollback' replaces them with nodes as before.

It cannot be undone; 'nodelift retry' starts the update again from the nodes as they
are then.`

func newCancel(p Process) *cobra.Command {
	o := &change{process: p, verb: "cancel", show: show.Options{Output: "text"}}
	var restore bool
	flags := func(cmd *cobra.Command) {
		cmd.Flags().BoolVar(&restore, "restore-template", false, "restore the launch template version of the group, so that new nodes are as before the update")
		o.addFlags(cmd, true)
	}
	return subjects("cancel", "End an update and restore what it borrowed", cancelLong, flags, func(ctx context.Context, what find.Subject) error {
		return o.run(ctx, func(ctx context.Context, s *connect.Connection) (*intent, error) {
			group, update, err := underWay(ctx, s, what, o.verb)
			if err != nil {
				return nil, err
			}
			if update.Spec.Scaling != nil && restore {
				return nil, fmt.Errorf("update %s changes the sizes of node group %s and not its launch template: leave out --restore-template", update.Name, update.Spec.NodeGroup)
			}
			if err := tooLate(update, restore); err != nil {
				return nil, err
			}
			i := &intent{group: group, update: update, obeyed: find.HasEnded,
				write: func(ctx context.Context) (*v1alpha1.NodeGroupUpdate, error) {
					return update, patch(ctx, s, update, func(spec *v1alpha1.NodeGroupUpdateSpec) {
						spec.Cancelled, spec.RestoreTemplate = true, spec.RestoreTemplate || restore
						spec.Paused, spec.PausedUntil = false, nil
					})
				},
			}
			i.agreed = update.Spec.Cancelled
			i.plan, err = o.planOf(ctx, s, group, update, cancelSentence(update, restore))
			return i, err
		})
	})
}

// tooLate is an error if the update has a verdict already and is only restoring what it
// borrowed.
func tooLate(u *v1alpha1.NodeGroupUpdate, restore bool) error {
	switch v := u.Status.Verdict; {
	case v == nil:
		return nil
	case !u.Spec.Cancelled:
		return fmt.Errorf("update %s is %s already and is restoring what it borrowed, so there is nothing to cancel; "+
			"if nobody is working on it, 'nodelift resume update %[1]s' continues", u.Name, v.Status)
	case restore && !u.Spec.RestoreTemplate:
		return fmt.Errorf("update %s is cancelled already and keeps the new version of the launch template; "+
			"when it has ended, 'nodelift rollback update %[1]s' restores the earlier version and its nodes", u.Name)
	}
	return nil
}

func cancelSentence(u *v1alpha1.NodeGroupUpdate, restore bool) string {
	will := fmt.Sprintf("This will cancel update %s (%s)", u.Name, view.Standing(*u))
	if u.Spec.Scaling != nil {
		return will + ": no more nodes are drained, and the group keeps the size that it has reached."
	}
	will += ": no more nodes are drained, nodes that were replaced stay, and sizes, processes, autoscaler and marks are restored."
	switch r := u.Status.Resolved; {
	case restore && r != nil && r.Before != nil && r.Before.Parameter != "":
		return will + fmt.Sprintf("\nThe launch template goes back to version %d, which takes its image from a parameter (%s).", r.Before.Number, r.Before.Parameter)
	case restore && r != nil && r.Before != nil:
		return will + fmt.Sprintf("\nThe launch template goes back to version %d (%s).", r.Before.Number, r.From.ID)
	case restore:
		return will + "\nThe launch template goes back to the version from before."
	case r != nil && r.Template != nil && r.Before != nil && r.Before.Parameter != "":
		return will + fmt.Sprintf("\nThe group keeps launch template version %d (%s), or takes its image from the parameter of version %d again (%s) if that names the same image now.",
			r.Template.Number, r.Image.ID, r.Before.Number, r.Before.Parameter)
	case r != nil && r.Template != nil:
		return will + fmt.Sprintf("\nThe group keeps launch template version %d (%s); new nodes will use it.", r.Template.Number, r.Image.ID)
	}
	return will
}
