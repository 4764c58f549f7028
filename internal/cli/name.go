package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/nodelift/nodelift/internal/cli/exit"
	"github.com/nodelift/nodelift/internal/cli/terminal"
)

// nameArgument lets a command take a name as its argument or by a flag, whose
// value into is. Without either, ask says what to give; "" makes the name optional.
func nameArgument(flag string, into *string, ask string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) > 1:
			return exit.Usagef("%s takes only one argument, and %q follows %q", cmd.CommandPath(), args[1], args[0])
		case len(args) == 1 && strings.TrimSpace(args[0]) == "":
			return exit.Usagef("%s: the name is empty (%q); give a name", cmd.CommandPath(), args[0])
		case len(args) == 1 && cmd.Flags().Changed(flag) && *into != args[0]:
			return exit.Usagef("%q and --%s %s are different names: give one of them", args[0], flag, terminal.Quote(*into))
		case len(args) == 1:
			*into = args[0]
		}
		if *into == "" && ask != "" {
			return exit.Usagef("%s", ask)
		}
		return nil
	}
}

// idArgument lets a command take the ID of an update.
func idArgument() cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		var id string
		return nameArgument("", &id, askUpdate)(cmd, args)
	}
}

// What to give where a name is missing.
const (
	askGroup  = "which node group? Give its name; 'nodelift get nodegroups' lists them"
	askUpdate = "which update? Give its ID; 'nodelift get updates' lists them"
)
