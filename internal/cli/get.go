package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/nodelift/nodelift/internal/cli/connect"
	"github.com/nodelift/nodelift/internal/cli/find"
	"github.com/nodelift/nodelift/internal/view"
)

func newGetNodegroups(p Process) *cobra.Command {
	var a connect.Access
	cmd := &cobra.Command{
		Use:     "nodegroups",
		Aliases: []string{"nodegroup", "ng"},
		Short:   "List the node groups that were upgraded before",
		Args:    noArguments(""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.Open()
			if err != nil {
				return err
			}
			groups, err := s.Cluster.NodeGroups(cmd.Context())
			if err != nil {
				return err
			}
			fmt.Fprint(p.Out, view.NodeGroups(groups))
			return nil
		},
	}
	addClusterFlags(cmd.Flags(), &a)
	return cmd
}

func newGetUpdates(p Process) *cobra.Command {
	var a connect.Access
	var name string
	cmd := &cobra.Command{
		Use:     "updates [NAME]",
		Aliases: []string{"update", "ngu"},
		Short:   "List updates, the newest first",
		Args:    nameArgument("name", &name, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.Open()
			if err != nil {
				return err
			}
			updates, err := find.UpdatesOf(cmd.Context(), s, name)
			if err != nil {
				return err
			}
			fmt.Fprint(p.Out, view.Updates(updates, find.Alone(cmd.Context(), s, updates), time.Now()))
			return nil
		},
	}
	cmd.Flags().Var(textFlag(&name), "name", "only those of this node group, or of this Auto Scaling group")
	addClusterFlags(cmd.Flags(), &a)
	return cmd
}
