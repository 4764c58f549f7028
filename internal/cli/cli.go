package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nodelift/nodelift/internal/cli/exit"
	"github.com/nodelift/nodelift/internal/cli/terminal"
	"github.com/nodelift/nodelift/internal/kube"
)

// Process is what a command gets from the process that it runs in.
type Process struct {
	terminal.Streams
	Args    []string // without the program's name
	Version string   // of the program
	// Again is closed when the process is asked a second time to end. It may be nil.
	Again <-chan struct{}
}

// Main runs the command that the process was started with and returns the
// code to exit with. When ctx ends, the command finishes the calls in flight,
// says what the state is and returns. When p.Again is closed, it only says that.
func Main(ctx context.Context, p Process) int {
	kube.Quiet() // errors are returned, and said once
	over, stop := context.WithCancel(context.Background())
	defer stop()
	go func() {
		select {
		case <-p.Again:
			time.AfterFunc(lastWords, stop)
		case <-over.Done():
		}
	}()
	root := newRoot(p)
	ran := root
	err := exit.Until(over, func() (err error) {
		ran, err = root.ExecuteContextC(exit.WithAgain(ctx, p.Again))
		return err
	}, exit.LeftAtOnce)
	if err == nil {
		return exit.Done
	}
	if message := err.Error(); message != "" {
		fmt.Fprintln(p.Err, terminal.Wrapped("nodelift: "+message, p.Width(p.Err)))
	}
	if exit.Code(err) == exit.Usage {
		fmt.Fprintf(p.Err, "Run '%s --help' for usage.\n", ran.CommandPath())
	}
	return exit.Code(err)
}

// lastWords is how long a command that is asked a second time to end may take to say how things are.
const lastWords = time.Second

func newRoot(p Process) *cobra.Command {
	root := verb("nodelift", "Upgrade the nodes of a Kubernetes node group without taking its workloads down",
		verb("upgrade", "Upgrade node groups", newUpgradeNodegroup(p), newUpgradeNodegroups(p)),
		verb("scale", "Change the sizes of node groups", newScaleNodegroup(p)),
		verb("get", "List node groups or updates", newGetNodegroups(p), newGetUpdates(p)),
		verb("status", "Show the state of an update", newStatusUpdate(p)),
		verb("history", "List the updates of a node group", newHistory(p)),
		verb("describe", "Show one thing in full", newDescribeUpdate(p)),
		newPause(p), newResume(p), newCancel(p), newRollback(p), newRetry(p),
		newController(p),
		newInstall(p), newCRDs(p), newCompletion(p),
		newVersion(p),
	)
	addVersionFlag(root, p)
	root.SetHelpCommand(newHelp())
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
			var names []string
			for _, thing := range cmd.Commands() {
				names = append(names, thing.Name())
			}
			switch known := strings.Join(names, ", "); {
			case len(args) > 0:
				return exit.Usagef("%s does not know %q, only %s", cmd.CommandPath(), args[0], known)
			case cmd.HasParent():
				return exit.Usagef("%s what? It knows %s", cmd.CommandPath(), known)
			}
			return cmd.Help()
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
		flag := invalid.GetFlag()
		if flag.Value.Type() == "bool" { // the library's error speaks of its own functions
			return exit.Usagef("--%s %s: give true or false", flag.Name, terminal.Quote(invalid.GetValue()))
		}
		return exit.Usagef("--%s %s: %w", flag.Name, terminal.Quote(invalid.GetValue()), invalid.Unwrap())
	}
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return exit.AsUsage(err)
	}
	name := unknown.GetSpecifiedName()
	if below := having(cmd, name); below != nil {
		return exit.Usagef("%s has no --%s, %s has: give flags after the whole command", cmd.CommandPath(), name, below.CommandPath())
	}
	if !cmd.HasParent() {
		return exit.AsUsage(err)
	}
	for _, other := range cmd.Parent().Commands() {
		if other.Flags().Lookup(name) != nil {
			return exit.Usagef("%s has no --%s, %s has", cmd.CommandPath(), name, other.CommandPath())
		}
	}
	return exit.AsUsage(err)
}

// having returns the first command below another one that has a flag, or nil.
func having(cmd *cobra.Command, flag string) *cobra.Command {
	for _, sub := range cmd.Commands() {
		if sub.Flags().Lookup(flag) != nil {
			return sub
		}
		if below := having(sub, flag); below != nil {
			return below
		}
	}
	return nil
}

// noArguments refuses arguments: everything is given by flags.
func noArguments(advice string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		return exit.Usagef("%s takes no argument, %q is one%s", cmd.CommandPath(), args[0], advice)
	}
}
