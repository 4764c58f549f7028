package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

const cancelLong = `Cancel ends an update: no more nodes are drained, and what was borrowed is restored.
Nodes above the desired size are drained and terminated. Nodes that were replaced stay;
'nodelift rollback' replaces them with nodes as before.

It cannot be undone; 'nodelift retry' starts the update again from the nodes as they
are then.`

func newCancel(p Process) *cobra.Command {
	o := &change{process: p, verb: "cancel", output: "text"}
	var restore bool
	flags := func(cmd *cobra.Command) {
		cmd.Flags().BoolVar(&restore, "restore-template", false, "restore the launch template version of the group, so that new nodes are as before the update")
		o.addFlags(cmd, true)
	}
	return subjects("cancel", "End an update and restore what it borrowed", cancelLong, flags, func(ctx context.Context, what subject) error {
		return o.run(ctx, func(ctx context.Context, s *connection) (*intent, error) {
			group, update, err := s.underWay(ctx, what, o.verb)
			if err != nil {
				return nil, err
			}
			if update.Spec.Scaling != nil && restore {
				return nil, fmt.Errorf("update %s changes the sizes of node group %s and not its launch template: leave out --restore-template", update.Name, update.Spec.NodeGroup)
			}
			if err := tooLate(update, restore); err != nil {
				return nil, err
			}
			i := &intent{group: group, update: update, obeyed: hasEnded,
				write: func(ctx context.Context) (*v1alpha1.NodeGroupUpdate, error) {
					return update, s.patch(ctx, update, func(spec *v1alpha1.NodeGroupUpdateSpec) {
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

// tooLate refuses to cancel an update that only has to restore what it borrowed.
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
