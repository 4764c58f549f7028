package cli

import (
	"context"

	"github.com/spf13/cobra"

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
