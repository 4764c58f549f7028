package cli

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"
)

func newVersion(p Process) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of this program",
		Args:  noArguments(""),
		RunE:  func(*cobra.Command, []string) error { return printVersion(p) },
	}
}

func printVersion(p Process) error {
	_, err := fmt.Fprintf(p.Out, "nodelift %s (%s, %s/%s)\n", p.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// addVersionFlag lets the program alone print its version with --version, too.
func addVersionFlag(root *cobra.Command, p Process) {
	asked := root.Flags().Bool("version", false, "print the version of this program")
	run := root.RunE
	root.RunE = func(cmd *cobra.Command, args []string) error {
		if *asked && len(args) == 0 {
			return printVersion(p)
		}
		return run(cmd, args)
	}
}
