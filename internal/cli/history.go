package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/view"
)

func newHistory(p Process) *cobra.Command {
	var a access
	var name string
	cmd := &cobra.Command{
		Use:     "nodegroup NAME",
		Aliases: []string{"ng"},
		Short:   "List the updates that a node group has had, the newest first",
		Args:    nameArgument("name", &name, askGroup),
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.open()
			if err != nil {
				return err
			}
			_, updates, err := s.meant(cmd.Context(), subject{group: name}, func(*v1alpha1.NodeGroupUpdate) bool { return true })
			if err != nil {
				return err
			}
			fmt.Fprint(p.Out, view.History(updates, time.Now()))
			return nil
		},
	}
	addNameFlag(cmd, &name)
	a.addClusterFlags(cmd.Flags())
	return cmd
}
