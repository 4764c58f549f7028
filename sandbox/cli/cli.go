// Package cli holds the commands of nodelift-sandbox.
//
// Data is written to stdout, everything else to stderr. Exit codes: 0 done, 1
// failed (or not running, for status and env), 2 wrong usage and nothing was
// changed, 130 interrupted by Ctrl-C before the sandbox was ready.
package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/nodelift/nodelift/sandbox"
	"github.com/nodelift/nodelift/sandbox/home"
	"github.com/spf13/cobra"
)

// Main runs the command that args (without the program's name) name, and returns
// the exit code.
func Main(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // so that a second Ctrl-C ends the program at once
	root := command()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil, errors.Is(err, errSaid):
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(os.Stderr, "nodelift-sandbox: interrupted")
	default:
		fmt.Fprintln(os.Stderr, "nodelift-sandbox:", err)
	}
	return exitCode(err)
}

// errSaid is a failure that was already printed.
var errSaid = errors.New("said")

func command() *cobra.Command {
	root := &cobra.Command{
		Use:   "nodelift-sandbox",
		Short: "Run an EKS-like cluster on this machine, without AWS",
		Long: `Run an EKS-like cluster on this machine, without AWS: a real Kubernetes control plane,
fake nodes, and a fake AWS that speaks the protocols of EC2 and Auto Scaling.`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	var dir string
	root.PersistentFlags().StringVar(&dir, "dir", string(home.Default()), "directory of the sandbox's files; each directory is a sandbox of its own")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &sandbox.UsageError{Why: err.Error()} })
	at := func() home.Dir { return home.At(dir) }
	for _, build := range []func(func() home.Dir) *cobra.Command{upCommand, envCommand, statusCommand, downCommand} {
		sub := build(at)
		sub.Args = noArguments
		root.AddCommand(sub)
	}
	root.AddCommand(faultCommand(at))
	root.Args = noArguments
	root.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	return root
}

func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return &sandbox.UsageError{Why: fmt.Sprintf("%q is not a command or flag of %s; see %s --help", args[0], cmd.CommandPath(), cmd.CommandPath())}
}

func exitCode(err error) int {
	var usage *sandbox.UsageError
	var unusable *home.UnusableError
	var ended *endedError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &ended):
		return ended.code
	case errors.As(err, &usage), errors.As(err, &unusable):
		return 2
	case errors.Is(err, context.Canceled):
		return 130
	}
	return 1
}
