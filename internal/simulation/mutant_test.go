package simulation_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	mutants = flag.Bool("mutants", false, "build each mutant of the engine, and fail if no test catches it")
	only    = flag.String("by", "", "with -mutants: let only these tests of the simulation catch it")
)

// TestMutants puts each known bug of mutants/ into the engine. It fails if the code
// that the mutant names is not there any more, or if the changed code does not parse.
// With -mutants it also builds each mutant and fails if no test of the engine catches
// it (make mutants). With -by only some tests are asked.
func TestMutants(t *testing.T) {
	files, err := filepath.Glob("mutants/*.mutant")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d mutants, %v", len(files), err)
	}
	if *mutants {
		if out, err := examine(t, overlay(t, nil)); err != nil {
			t.Fatalf("the engine as it is does not pass its tests:\n%s", out)
		}
	}
	code := sources(t)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".mutant")
		t.Run(name, func(t *testing.T) {
			changed := mutate(t, name, code, readMutant(t, file))
			if *mutants {
				t.Parallel()
				caught(t, name, changed)
			}
		})
	}
}

// change is one block of a mutant: code of the engine, and the code that replaces it.
// Both are whole lines.
type change struct{ old, by string }

// readMutant reads a file of mutants/. Its first line says what the bug is. Blocks
// follow, each "--- replace", the old code, "--- by" and the new code, which may be
// empty.
func readMutant(t *testing.T, file string) []change {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	bug, rest, _ := strings.Cut(string(content), "\n")
	blocks := strings.Split("\n"+strings.TrimSuffix(rest, "\n"), "\n--- replace\n")
	if !strings.HasPrefix(bug, "# ") || strings.TrimSpace(blocks[0]) != "" || len(blocks) < 2 || !strings.HasSuffix(rest, "\n") {
		t.Fatalf("%s is not a mutant: want \"# what the bug is\", then \"--- replace\" and a block, and a newline at the end", file)
	}
	var changes []change
	for _, block := range blocks[1:] {
		old, by, ok := strings.Cut("\n"+block+"\n", "\n--- by\n")
		if old = strings.TrimPrefix(old, "\n"); !ok || strings.TrimSpace(old) == "" {
			t.Fatalf("%s: a block needs the old code and \"--- by\":\n%s", file, block)
		}
		changes = append(changes, change{old + "\n", by})
	}
	return changes
}

// sources reads the code that mutants change: all of the engine but its tests, by path
// from the root of the repository.
func sources(t *testing.T) map[string]string {
	t.Helper()
	root, code := os.DirFS(filepath.Join("..", "..")), map[string]string{}
	for _, part := range []string{"internal/upgrade", "internal/engine"} {
		err := fs.WalkDir(root, part, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			content, err := fs.ReadFile(root, path)
			code[path] = string(content)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return code
}

// mutate applies the changes of a mutant and returns the files that they change. The
// old code of each has to be in the engine exactly once, in whatever file.
func mutate(t *testing.T, name string, code map[string]string, changes []change) map[string]string {
	t.Helper()
	code, changed := maps.Clone(code), map[string]string{}
	for _, c := range changes {
		var found []string // the path of each occurrence
		for path, content := range code {
			found = append(found, slices.Repeat([]string{path}, occurrences(content, c.old))...)
		}
		if len(found) == 0 {
			t.Fatalf("mutant %s does not apply any more: this code is not in the engine. Change mutants/%s.mutant to the code as it is now; the bug stays the same:\n%s", name, name, c.old)
		}
		if len(found) > 1 {
			slices.Sort(found)
			t.Fatalf("mutant %s does not apply: this code is %d times in the engine (%s). Add lines before or after it to mutants/%s.mutant until it is there once:\n%s", name, len(found), strings.Join(found, ", "), name, c.old)
		}
		path := found[0]
		mutated := strings.Replace("\n"+code[path], "\n"+c.old, "\n"+c.by, 1)[1:]
		if _, err := parser.ParseFile(token.NewFileSet(), path, mutated, parser.SkipObjectResolution); err != nil {
			t.Fatalf("mutant %s does not parse: %v", name, err)
		}
		code[path], changed[path] = mutated, mutated
	}
	return changed
}

// occurrences counts how often whole lines are in a file.
func occurrences(content, lines string) (n int) {
	for at := "\n" + content; ; n++ {
		i := strings.Index(at, "\n"+lines)
		if i < 0 {
			return n
		}
		at = at[i+1:] // the newline at the end of one may be before the next
	}
}

// overlay writes changed files to a new directory, and returns the file that tells go
// to build with them in place of those of the repository (go help build). So nothing is
// copied, and what the change does not touch is not built again.
func overlay(t *testing.T, changed map[string]string) string {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	dir, instead := t.TempDir(), map[string]string{}
	for path, content := range changed {
		by := filepath.Join(dir, strings.ReplaceAll(path, "/", "_"))
		instead[filepath.Join(root, path)] = by
		if err := os.WriteFile(by, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	list, err := json.Marshal(map[string]any{"Replace": instead})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, list, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// examine runs the tests of the engine with an overlay, the quick ones first, until one
// fails.
func examine(t *testing.T, overlay string) (out []byte, err error) {
	flags := []string{"test", "-overlay", overlay, "-vet=off", "-short", "-failfast", "-timeout", "1h"}
	suites := [][]string{
		{"./internal/engine/..."},
		{"-run", "TestStories", "./internal/simulation"},
		{"-skip", "TestMutants|TestStories", "./internal/simulation"},
	}
	if *only != "" {
		suites = [][]string{{"-run", *only, "./internal/simulation"}}
	}
	for _, tests := range suites {
		cmd := exec.CommandContext(t.Context(), "go", slices.Concat(flags, tests)...)
		cmd.Dir = filepath.Join("..", "..")
		if out, err = cmd.CombinedOutput(); err != nil {
			return out, err
		}
	}
	return out, nil
}

// caught runs the tests of a mutant, and fails if none of them fails.
func caught(t *testing.T, name string, changed map[string]string) {
	t.Helper()
	out, err := examine(t, overlay(t, changed))
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
