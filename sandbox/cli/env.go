package cli

import (
	"fmt"
	"os"
	"strings"

	"github.com/nodelift/nodelift/sandbox/home"
	"github.com/spf13/cobra"
)

func envCommand(at func() home.Dir) *cobra.Command {
	return &cobra.Command{
		Use:   "env",
		Short: "Print the variables with which kubectl, aws and the SDKs find the sandbox",
		Long: `Print export lines for the shell. Use them with:

  eval "$(nodelift-sandbox env)"`,
		RunE: func(*cobra.Command, []string) error {
			dir := at()
			state, err := dir.ReadState()
			if err != nil {
				return err
			}
			for _, v := range environment(dir, state) {
				fmt.Printf("export %s=%s\n", v.name, quote(v.value))
			}
			return nil
		},
	}
}

type variable struct{ name, value string }

// environment is what makes every client use the sandbox. Any access key is
// accepted; this one is the example of AWS's documentation, which no account has.
func environment(dir home.Dir, s home.State) []variable {
	return []variable{
		{"KUBECONFIG", dir.Kubeconfig()},
		{"AWS_ENDPOINT_URL", s.AWSEndpoint},
		{"AWS_REGION", s.Region},
		{"AWS_DEFAULT_REGION", s.Region}, // older aws commands read this name
		{"AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"},
		{"AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"},
	}
}

// evalLine is the line to type in order to use a sandbox.
func evalLine(dir home.Dir) string {
	line := quote(os.Args[0]) + " env"
	if dir != home.Default() {
		line += " --dir " + quote(string(dir))
	}
	return `eval "$(` + line + `)"`
}

// quote quotes a text for the shell if necessary.
func quote(text string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:=@%+,", r)
	}
	if text != "" && strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
