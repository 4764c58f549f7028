package cli

import (
	"fmt"
	"os"
	"time"

	"github.com/nodelift/nodelift/sandbox/home"
	"github.com/spf13/cobra"
)

// downPatience is how long a sandbox may take to end before it is killed.
const downPatience = 20 * time.Second

func downCommand(at func() home.Dir) *cobra.Command {
	return &cobra.Command{
		Use:   "down",
		Short: "End a sandbox and wait until nothing of it is left running",
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir := at()
			ran, err := dir.End(cmd.Context(), downPatience)
			if err != nil {
				return err
			}
			if ran {
				fmt.Fprintf(os.Stderr, "the sandbox in %s has ended; its logs stay there until the next up\n", dir)
			} else {
				fmt.Fprintf(os.Stderr, "no sandbox is running in %s: nothing to end\n", dir)
			}
			return nil
		},
	}
}
