package cli

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The commands on the pages exist: each command in a block is parsed as if it
// had been typed.
func TestPagesNameCommandsThatExist(t *testing.T) {
	lines := 0
	for _, page := range []string{"README.md", "../README.md", "../docs/testing.md"} {
		content, err := os.ReadFile(filepath.Join("..", page))
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range regexp.MustCompile("(?m)^.*?(?:bin/)?nodelift-sandbox ([a-z][^|#\n\"`)]*)").FindAllStringSubmatch(string(content), -1) {
			lines++
			if err := parse(strings.Fields(strings.NewReplacer("'", "", " --help", "").Replace(found[1]))); err != nil {
				t.Errorf("%s: nodelift-sandbox %s: %v", page, found[1], err)
			}
		}
	}
	if lines < 12 {
		t.Errorf("found only %d commands: has the way changed in which the pages write them?", lines)
	}
}

// parse does what a command does before it runs.
func parse(words []string) error {
	root := command()
	root.SetOut(io.Discard)
	cmd, rest, err := root.Find(words)
	if err != nil {
		return err
	}
	if err := cmd.ParseFlags(rest); err != nil {
		return err
	}
	return cmd.ValidateArgs(cmd.Flags().Args())
}
