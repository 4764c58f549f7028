package cli

import (
	"errors"

	"github.com/spf13/cobra"
)

func newGetNodegroups(p Process) *cobra.Command {
	var a access
	cmd := &cobra.Command{
		Use:     "nodegroups",
		Aliases: []string{"nodegroup", "ng"},
		Short:   "List the node groups that Nodelift knows",
		Args:    noArguments(""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return errors.New("not built yet")
		},
	}
	a.addClusterFlags(cmd.Flags())
	return cmd
}

func newGetUpdates(p Process) *cobra.Command {
	var a access
	var name string
	cmd := &cobra.Command{
		Use:     "updates [--name N]",
		Aliases: []string{"update", "ngu"},
		Short:   "List updates, the newest first",
		Args:    noArguments(""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return errors.New("not built yet")
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "only those of this node group")
	a.addClusterFlags(cmd.Flags())
	return cmd
}
