package cli

import (
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// newCompletion prints the script with which a shell completes commands and flags. It
// replaces cobra's own, which prints help for a shell that it does not know.
func newCompletion(p Process) *cobra.Command {
	shells := []*cobra.Command{
		completionFor(p, "bash", "source <(nodelift completion bash)", func(root *cobra.Command, out io.Writer) error { return root.GenBashCompletionV2(out, true) }),
		completionFor(p, "zsh", "source <(nodelift completion zsh)", (*cobra.Command).GenZshCompletion),
		completionFor(p, "fish", "nodelift completion fish | source", func(root *cobra.Command, out io.Writer) error { return root.GenFishCompletion(out, true) }),
		completionFor(p, "powershell", "nodelift completion powershell | Out-String | Invoke-Expression", (*cobra.Command).GenPowerShellCompletionWithDesc),
	}
	return verb("completion", "Print the completion script of a shell", shells...)
}

func completionFor(p Process, shell, line string, generate func(*cobra.Command, io.Writer) error) *cobra.Command {
	return &cobra.Command{
		Use:   shell,
		Short: "For " + shell,
		Long:  "Print the completion script of " + shell + ". For this session:\n\n  " + line,
		Args:  noArguments(""),
		RunE:  func(cmd *cobra.Command, _ []string) error { return generate(cmd.Root(), p.Out) },
	}
}

// completeValues lets shells complete names, and the values of flags that are one of a
// few words. File names are offered for files alone.
func completeValues(cmd *cobra.Command) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		complete := cobra.FixedCompletions(choicesOf(f), cobra.ShellCompDirectiveNoFileComp)
		switch f.Name {
		case "kubeconfig":
			return
		case "context":
			complete = completeContexts
		case "name":
			complete = completeGroups
		}
		// It cannot fail: the flag is the command's, and nothing was registered before.
		_ = cmd.RegisterFlagCompletionFunc(f.Name, complete)
	})
	switch {
	case cmd.ValidArgsFunction != nil:
	case strings.Contains(cmd.Use, "NAME"):
		cmd.ValidArgsFunction = onlyFirst(completeGroups)
	case strings.HasSuffix(cmd.Use, " ID"):
		cmd.ValidArgsFunction = onlyFirst(completeUpdates)
	case !cmd.HasSubCommands():
		cmd.ValidArgsFunction = cobra.NoFileCompletions
	}
	for _, sub := range cmd.Commands() {
		completeValues(sub)
	}
}

// choicesOf are the words that a flag takes, as its kind says: a|b|c.
func choicesOf(f *pflag.Flag) []cobra.Completion {
	if f.Name == "node-order" { // whose help explains them instead
		return []cobra.Completion{"Random", "Oldest", "Zone", "FewestPods"}
	}
	words := strings.Split(f.Value.Type(), "|")
	if len(words) == 1 {
		return nil
	}
	return slices.DeleteFunc(words, func(word string) bool { return word == "duration" })
}
