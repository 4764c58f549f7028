package cli

import (
	"bytes"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nodelift/nodelift/internal/cli/exit"
	"github.com/nodelift/nodelift/internal/cli/terminal"
)

// misuse is one wrong line, and what the message has to name.
type misuse struct {
	line  []string
	names string
}

// Every command, with every wrong kind of argument, says what was wrong and ends with
// the code for it before anything is called. The lines are made from the tree of
// commands, so that a new command or flag is tried without anybody thinking of it.
func TestMisuseIsNamed(t *testing.T) {
	t.Setenv("KUBECONFIG", filepath.Join(t.TempDir(), "nowhere"))
	t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_REGION", "")
	commands, flags := 0, 0
	root := newRoot(Process{})
	root.InitDefaultHelpCmd()
	everyCommand(root, func(cmd *cobra.Command) {
		commands++
		cmd.Flags().VisitAll(func(*pflag.Flag) { flags++ })
		for _, m := range misuses(cmd) {
			checkMisuse(t, m)
		}
	})
	if commands < 40 || flags < 190 {
		t.Errorf("only %d commands with %d flags were found: is that the whole tree?", commands, flags)
	}
}

func checkMisuse(t *testing.T, m misuse) {
	t.Helper()
	line := "nodelift " + strings.Join(m.line, " ")
	defer func() {
		if r := recover(); r != nil {
			t.Errorf("%s: panic: %v", line, r)
		}
	}()
	var out, talk bytes.Buffer
	got := Main(t.Context(), Process{Streams: terminal.Streams{In: &bytes.Buffer{}, Out: &out, Err: &talk}, Args: m.line, Version: "v0.0.0-test"})
	switch first, _, _ := strings.Cut(talk.String(), "\nRun '"); {
	case got != exit.Usage:
		t.Errorf("%q: exit code %d, want %d: %s", m.line, got, exit.Usage, talk.String())
	case !strings.Contains(first, m.names):
		t.Errorf("%q: the message does not name %q: %s", m.line, m.names, talk.String())
	case strings.Contains(first, "strconv") || strings.Contains(first, "%!"):
		t.Errorf("%q: not for people: %s", m.line, talk.String())
	case out.Len() > 0:
		t.Errorf("%q: something on stdout: %s", m.line, out.String())
	}
}

// misuses are the wrong lines of one command.
func misuses(cmd *cobra.Command) []misuse {
	path := strings.Fields(cmd.CommandPath())[1:]
	with := func(args ...string) []string { return slices.Concat(path, args) }
	all := []misuse{
		{with("--no-such-flag"), "--no-such-flag"},
		{with("--no-such-flag=1"), "--no-such-flag"},
		{with("-Z"), "'Z'"},
		{with("--=1"), "--=1"},
		{slices.Concat([]string{"--no-such-flag"}, path), "--no-such-flag"},
		{slices.Concat([]string{"--no-such-flag=1"}, path), "--no-such-flag"},
		{slices.Concat([]string{"-Z"}, path), "'Z'"},
		{with("surplus", "more", "evenmore"), "surplus"},
		{with(""), `""`},
		{with("  "), `  `},
	}
	if missing := needed(cmd); missing != "" {
		all = append(all, misuse{path, missing})
	}
	cmd.InitDefaultHelpFlag()
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		for _, value := range append(badValues(f), "") {
			all = append(all, misuse{with("--" + f.Name + "=" + value), "--" + f.Name})
		}
		if f.NoOptDefVal == "" {
			all = append(all, misuse{with("--" + f.Name), "--" + f.Name})
		}
	})
	return all
}

// needed is what a message has to name when a command gets nothing at all: "" for one
// that works without. Its usage line says so: NAME, but not [NAME].
func needed(cmd *cobra.Command) string {
	switch use := regexp.MustCompile(`\[[^]]*\]`).ReplaceAllString(cmd.Use, ""); {
	case !cmd.HasParent():
		return ""
	case cmd.HasSubCommands():
		return cmd.Commands()[0].Name()
	case strings.Contains(use, "--cluster"):
		return "--cluster"
	case strings.Contains(use, "--image"):
		return "--image"
	case regexp.MustCompile(`\b[A-Z]+\b`).MatchString(use):
		return "which"
	}
	return ""
}

// badValues are values that a flag cannot have. Free text, which only the cloud or the
// cluster can tell to be wrong, may be anything but blank.
func badValues(f *pflag.Flag) []string {
	if f.Value.Type() == "string" {
		return []string{" ", "\t\n"}
	}
	if f.Value.Type() == "release" { // each family has a form of its own
		return []string{" ", "!!", "-1", "+1%", "text json", "true\nfalse"}
	}
	return []string{" ", "!!", "-1", "+1%", "1e9", "99999999999999999999", "text json", "true\nfalse"}
}
