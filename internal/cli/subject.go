package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/cli/connect"
	"github.com/nodelift/nodelift/internal/cli/find"
)

// subjects makes the two commands of a verb: VERB nodegroup NAME and VERB update ID.
func subjects(name, short, long string, flags func(*cobra.Command), run func(context.Context, find.Subject) error) *cobra.Command {
	var group string
	ofGroup := &cobra.Command{
		Use: "nodegroup NAME", Aliases: []string{"ng"}, Short: short, Long: long,
		Args: nameArgument("name", &group, askGroup),
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd.Context(), find.Subject{Group: group}) },
	}
	addNameFlag(ofGroup, &group)
	ofUpdate := &cobra.Command{
		Use: "update ID", Aliases: []string{"ngu"}, Short: short, Long: long,
		Args: idArgument(),
		RunE: func(cmd *cobra.Command, args []string) error {
			return run(cmd.Context(), find.Subject{Update: args[0]})
		},
	}
	for _, cmd := range []*cobra.Command{ofGroup, ofUpdate} {
		flags(cmd)
	}
	return verb(name, short, ofGroup, ofUpdate)
}

func addNameFlag(cmd *cobra.Command, into *string) {
	cmd.Flags().Var(textFlag(into), "name", "node group, or the Auto Scaling group, or its node group tag; also as the argument NAME")
}

// underWay returns the update that people mean, which has to be under way.
func underWay(ctx context.Context, s *connect.Connection, what find.Subject, verb string) (*v1alpha1.NodeGroup, *v1alpha1.NodeGroupUpdate, error) {
	group, updates, err := find.Meant(ctx, s, what, find.IsUnderWay)
	switch {
	case err != nil:
		return nil, nil, err
	case len(updates) == 0:
		return nil, nil, fmt.Errorf("node group %s has no update under way, so there is nothing to %s; 'nodelift history nodegroup %s' lists those that have ended", what.Group, verb, what.Group)
	case updates[0].Ended():
		return nil, nil, fmt.Errorf("update %s has ended (%s), so there is nothing to %s%s", updates[0].Name, updates[0].Status.Status, verb, afterEnd(&updates[0]))
	}
	return group, find.FirstUnderWay(updates, group.Name), nil
}

// afterEnd names what can still be done with an update that has ended, and only that.
func afterEnd(u *v1alpha1.NodeGroupUpdate) string {
	var advice string
	if mayRetry(u) == nil {
		advice += fmt.Sprintf("; 'nodelift retry update %s' starts it again", u.Name)
	}
	if u.Spec.Scaling == nil && u.HasChanged() {
		advice += fmt.Sprintf("; 'nodelift rollback update %s' undoes it", u.Name)
	}
	return advice
}
