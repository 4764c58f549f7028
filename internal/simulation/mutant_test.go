package simulation_test

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var mutants = flag.Bool("mutants", false, "build each mutant of the engine and hold that a test catches it")

// TestMutants holds that the bugs in mutants/ can still be put into the engine,
// so that they do not rot, and with -mutants that the engine's tests catch each
// (make mutants). A patch that does not apply any more is written anew: its first
// line says what the bug is.
func TestMutants(t *testing.T) {
	patches, err := filepath.Glob("mutants/*.patch")
	if err != nil || len(patches) < 20 {
		t.Fatalf("%d mutants, %v", len(patches), err)
	}
	if *mutants {
		if out, err := examine(t, engine(t)); err != nil {
			t.Fatalf("the engine as it is does not pass its tests:\n%s", out)
		}
	}
	for _, patch := range patches {
		name := strings.TrimSuffix(filepath.Base(patch), ".patch")
		t.Run(name, func(t *testing.T) {
			dir := engine(t)
			apply(t, dir, patch)
			if *mutants {
				t.Parallel()
				caught(t, dir, name)
			}
		})
	}
}

// engine copies the engine and its tests.
func engine(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, part := range []string{"internal/upgrade", "internal/engine", "internal/simulation"} {
		if err := os.CopyFS(filepath.Join(dir, part), os.DirFS(filepath.Join("..", "..", part))); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"go.mod", "go.sum"} {
		content, err := os.ReadFile(filepath.Join("..", "..", file))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, file), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func apply(t *testing.T, dir, patch string) {
	t.Helper()
	content, err := os.ReadFile(patch)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("git", "apply", "--unidiff-zero", "-")
	cmd.Dir, cmd.Stdin = dir, bytes.NewReader(content)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s does not apply any more: %s", patch, out)
	}
}

// examine runs the tests of a copy of the engine, the quick ones first, until one
// fails. What a page says is no matter of theirs.
func examine(t *testing.T, dir string) (out []byte, err error) {
	for _, tests := range [][]string{{"-skip", "TestFailuresPage", "./internal/engine/..."}, {"-run", "TestStories", "./internal/simulation"}, {"-skip", "TestMutants|TestStories", "./internal/simulation"}} {
		cmd := exec.CommandContext(t.Context(), "go", append([]string{"test", "-short", "-failfast", "-timeout", "1h"}, tests...)...)
		cmd.Dir = dir
		if out, err = cmd.CombinedOutput(); err != nil {
			return out, err
		}
	}
	return out, nil
}

// caught runs the tests of a mutant and holds that one fails.
func caught(t *testing.T, dir, name string) {
	t.Helper()
	out, err := examine(t, dir)
	if bytes.Contains(out, []byte("[build failed]")) {
		t.Fatalf("%s does not build:\n%s", name, out)
	}
	if err == nil {
		t.Fatalf("%s survives: no test sees it", name)
	}
	if bytes.Contains(out, []byte("panic: test timed out")) { // which says more about the machine than about the bug
		t.Fatalf("%s: its tests did not end in an hour, so nobody knows whether one sees it", name)
	}
	var by []string
	for _, m := range regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`).FindAllSubmatch(out, -1) {
		by = append(by, string(m[1]))
	}
	if len(by) == 0 {
		t.Fatalf("%s: no test failed, but they ended with %v:\n%s", name, err, out)
	}
	slices.Sort(by)
	t.Logf("caught by %s", strings.Join(slices.Compact(by), ", "))
}
