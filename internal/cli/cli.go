package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nodelift/nodelift/internal/kube"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Main runs the command that the process was started with and returns the
// code to exit with. When ctx ends, the command finishes the calls in flight,
// says how things stand and returns.
func Main(ctx context.Context, p Process) int {
	kube.Quiet() // errors are returned, and said once
	root := newRoot(p)
	ran, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitDone
	}
	if message := err.Error(); message != "" {
		fmt.Fprintln(p.Err, wrapped("nodelift: "+message, p.width(p.Err)))
	}
	if code(err) == exitUsage {
		fmt.Fprintf(p.Err, "Run '%s --help' for usage.\n", ran.CommandPath())
	}
	return code(err)
}

func newRoot(p Process) *cobra.Command {
	root := verb("nodelift", "Upgrade the nodes of a Kubernetes node group without taking its workloads down",
		verb("upgrade", "Upgrade node groups", newUpgradeNodegroup(p), newUpgradeNodegroups(p)),
		verb("scale", "Change the sizes of node groups", newScaleNodegroup(p)),
		verb("get", "List node groups or updates", newGetNodegroups(p), newGetUpdates(p)),
		verb("status", "Show how an update stands", newStatusUpdate(p)),
		verb("history", "List what a node group has had", newHistory(p)),
		verb("describe", "Show one thing in full", newDescribeUpdate(p)),
		newPause(p), newResume(p), newCancel(p), newRollback(p), newRetry(p),
		newController(p),
		newInstall(p), newCRDs(p), newCompletion(p),
		newVersion(p),
	)
	root.SilenceUsage, root.SilenceErrors = true, true
	root.SetArgs(p.Args)
	root.SetIn(p.In)
	root.SetOut(p.Out)
	root.SetErr(p.Err)
	root.SetFlagErrorFunc(flagError)
	completeValues(root)
	return root
}

// verb is a command that only holds others: nodelift VERB THING.
func verb(name, short string, things ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use:   name,
		Short: short,
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			var names []string
			for _, thing := range cmd.Commands() {
				names = append(names, thing.Name())
			}
			return usagef("%s does not know %q, only %s", cmd.CommandPath(), args[0], strings.Join(names, ", "))
		},
	}
	cmd.AddCommand(things...)
	return cmd
}

// flagError says which flag has a wrong value and what would be right, or which
// command has the flag.
func flagError(cmd *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		return usagef("--%s %s: %w", invalid.GetFlag().Name, quote(invalid.GetValue()), invalid.Unwrap())
	}
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return asUsage(err)
	}
	for _, other := range cmd.Parent().Commands() {
		if other.Flags().Lookup(unknown.GetSpecifiedName()) != nil {
			return usagef("%s has no --%s, %s has", cmd.CommandPath(), unknown.GetSpecifiedName(), other.CommandPath())
		}
	}
	return asUsage(err)
}

// noArguments refuses arguments: everything is given by flags.
func noArguments(advice string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		return usagef("%s takes no argument, %q is one%s", cmd.CommandPath(), args[0], advice)
	}
}
