package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/nodelift/nodelift/internal/cli/connect"
	"github.com/nodelift/nodelift/internal/cli/find"
	"github.com/nodelift/nodelift/internal/upgrade"
	"github.com/nodelift/nodelift/internal/view"
)

func newDescribeUpdate(p Process) *cobra.Command {
	var a connect.Access
	cmd := &cobra.Command{
		Use:     "update ID",
		Aliases: []string{"ngu"},
		Short:   "Show an update in full",
		Args:    idArgument(),
		RunE: func(cmd *cobra.Command, args []string) error {
			return describe(cmd.Context(), p, a, args[0])
		},
	}
	addClusterFlags(cmd.Flags(), &a)
	return cmd
}

func describe(ctx context.Context, p Process, a connect.Access, name string) error {
	s, err := a.Open()
	if err != nil {
		return err
	}
	update, err := find.Update(ctx, s, name)
	if err != nil {
		return err
	}
	group, err := s.Cluster.NodeGroup(ctx, update.Spec.NodeGroup)
	if err != nil && !errors.Is(err, upgrade.ErrNotFound) {
		return err
	}
	fmt.Fprint(p.Out, view.Describe(*update, *group, time.Now()))
	if alone(ctx, s, update) {
		fmt.Fprintf(p.Err, "At this time %s\n", aloneWords(update))
	}
	return nil
}
