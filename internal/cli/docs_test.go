package cli

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nodelift/nodelift/internal/cli/terminal"
)

// What people read tells them commands and flags that there are: each command of
// the pages, of the help and of what is printed is parsed as if it were typed.
func TestPagesNameCommandsThatExist(t *testing.T) {
	lines := 0
	for _, page := range pages(t) {
		for _, line := range commandLines(read(t, page)) {
			lines++
			if err := parse(line); err != nil {
				t.Errorf("%s: %s: %v", page, line, err)
			}
		}
	}
	if lines < 20 {
		t.Errorf("only %d commands were found: how do the pages write them now?", lines)
	}
	everyCommand(newRoot(Process{}), func(cmd *cobra.Command) {
		for line := range strings.Lines(cmd.Example) {
			if err := parse(strings.TrimSpace(line)); err != nil {
				t.Errorf("the example of %s: %s: %v", cmd.CommandPath(), line, err)
			}
		}
	})
}

// Each flag that a page names by itself is one of some command.
func TestPagesNameFlagsThatExist(t *testing.T) {
	known := map[string]bool{}
	everyCommand(newRoot(Process{}), func(cmd *cobra.Command) {
		cmd.Flags().VisitAll(func(f *pflag.Flag) { known[f.Name] = true })
	})
	sandbox := read(t, filepath.Join("..", "..", "sandbox", "cli", "up.go")) // whose test is there
	for _, page := range pages(t) {
		for _, flag := range regexp.MustCompile("`--([a-z-]+)").FindAllStringSubmatch(read(t, page), -1) {
			if !known[flag[1]] && !strings.Contains(sandbox, `"`+flag[1]+`"`) {
				t.Errorf("%s: no command has --%s", page, flag[1])
			}
		}
	}
}

// The page about the controller quotes what the commands say.
func TestControllerPageQuotesWhatIsSaid(t *testing.T) {
	var said strings.Builder
	for _, pattern := range []string{"*.go", "*/*.go", "../view/*.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if !strings.HasSuffix(file, "_test.go") {
				said.WriteString(read(t, file))
			}
		}
	}
	_, table, _ := strings.Cut(read(t, filepath.Join("..", "..", "docs", "controller.md")), "| It says |")
	table, _, _ = strings.Cut(table, "\n\n")
	quotes := regexp.MustCompile("(?m)^\\| `([^`]+)`").FindAllStringSubmatch(table, -1)
	if len(quotes) < 4 {
		t.Errorf("only %d quotes were found: how does the page write them now?", len(quotes))
	}
	for _, quote := range quotes {
		for part := range strings.SplitSeq(quote[1], "…") {
			part = strings.Trim(part, " ;")
			if !strings.Contains(said.String(), part) {
				t.Errorf("no command says %q", part)
			}
		}
	}
}

// pages are those for users of the product.
func pages(t *testing.T) []string {
	t.Helper()
	root := filepath.Join("..", "..")
	pages := []string{filepath.Join(root, "README.md"), filepath.Join(root, "CHANGELOG.md")}
	for _, pattern := range []string{"*.md", "*/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, "docs", pattern))
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, found...)
	}
	return pages
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// commandLines are the calls of nodelift in a page: lines of a block, without
// what the shell makes of them, and commands in the text.
func commandLines(page string) []string {
	var lines []string
	for _, found := range regexp.MustCompile("(?m)^ *(?:bin/)?(nodelift [^|#>\n]+)").FindAllStringSubmatch(page, -1) {
		lines = append(lines, strings.TrimSpace(found[1]))
	}
	for _, found := range regexp.MustCompile("`(?:bin/)?(nodelift [^`|…]+)`").FindAllStringSubmatch(page, -1) {
		lines = append(lines, strings.NewReplacer("[", "", "]", "").Replace(found[1]))
	}
	return lines
}

// parse is all that a command does before it is run.
func parse(line string) error {
	root := newRoot(Process{Streams: terminal.Streams{Out: io.Discard, Err: io.Discard}})
	root.InitDefaultCompletionCmd()
	root.InitDefaultHelpCmd()
	cmd, rest, err := root.Find(strings.Fields(strings.ReplaceAll(line, "'", ""))[1:]) // quoted for the shell
	if err != nil {
		return err
	}
	if err := cmd.ParseFlags(rest); err != nil {
		return err
	}
	words := cmd.Flags().Args()
	if cmd.HasSubCommands() && len(words) > 0 {
		return cmd.RunE(cmd, words) // which says what there is instead
	}
	if len(words) == 0 && !strings.Contains(line, "--") {
		return nil // a command that is only named
	}
	return cmd.ValidateArgs(words)
}

func everyCommand(cmd *cobra.Command, do func(*cobra.Command)) {
	do(cmd)
	for _, sub := range cmd.Commands() {
		everyCommand(sub, do)
	}
}
