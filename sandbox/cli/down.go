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
		Short: "Stop a sandbox and wait until all its processes have ended",
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir := at()
			ran, err := dir.End(cmd.Context(), downPatience)
			if err != nil {
				return err
			}
			if ran {
				fmt.Fprintf(os.Stderr, "stopped the sandbox in %s; its logs stay there until the next up\n", dir)
			} else {
				fmt.Fprintf(os.Stderr, "no sandbox is running in %s\n", dir)
			}
			return nil
		},
	}
}
