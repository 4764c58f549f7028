package cli

import (
	"errors"

	"github.com/spf13/cobra"
)

func newDescribeUpdate(p Process) *cobra.Command {
	var a access
	cmd := &cobra.Command{
		Use:     "update ID",
		Aliases: []string{"ngu"},
		Short:   "Show an update in full",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("which update? Give its ID; 'nodelift get updates' lists them")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return errors.New("not built yet")
		},
	}
	a.addClusterFlags(cmd.Flags())
	return cmd
}
