// Package docs holds the pages to what they speak of.
package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// The tests in the last column of a table are there.
func TestTablesNameTestsThatExist(t *testing.T) {
	for _, page := range []string{"supported.md", "pitfalls.md"} {
		rows := 0
		for line := range strings.Lines(read(t, page)) {
			cells := strings.Split(strings.Trim(line, "|\n "), " | ")
			last := cells[len(cells)-1]
			if len(cells) < 3 || !strings.HasPrefix(last, "`internal/") {
				continue
			}
			rows++
			for _, missing := range missingTests(t, last) {
				t.Errorf("%s: %s: there is no %s", page, cells[0], missing)
			}
		}
		if rows < 25 {
			t.Errorf("%s: only %d rows with a test were found", page, rows)
		}
	}
}

// missingTests are those that a cell names and its packages lack:
// `internal/a` TestB, TestC/case and -other, `internal/d` TestE.
func missingTests(t *testing.T, cell string) []string {
	t.Helper()
	var missing []string
	source, test := "", ""
	for _, word := range strings.Fields(strings.ReplaceAll(cell, ",", "")) {
		name, part, _ := strings.Cut(word, "/")
		switch {
		case strings.HasPrefix(word, "`"):
			source = testsOf(t, strings.Trim(word, "`"))
			continue
		case word == "and":
			continue
		case strings.HasPrefix(word, "Test"):
			test = name
		default: // another case of the same test
			part = strings.TrimPrefix(word, "-")
		}
		if !strings.Contains(source, "func "+test+"(") || !strings.Contains(source, part) {
			missing = append(missing, word)
		}
	}
	return missing
}

// testsOf are the tests of a package, with the names of their golden files.
func testsOf(t *testing.T, pkg string) string {
	t.Helper()
	var all strings.Builder
	files, _ := filepath.Glob(filepath.Join("..", pkg, "*_test.go"))
	for _, file := range files {
		all.WriteString(read(t, file))
	}
	golden, _ := filepath.Glob(filepath.Join("..", pkg, "testdata", "*", "*"))
	return all.String() + strings.Join(golden, "\n")
}

// What `make` is told to do in a page, it can.
func TestPagesNameTargetsThatExist(t *testing.T) {
	makefile := read(t, filepath.Join("..", "Makefile"))
	for _, page := range pages(t) {
		for _, target := range regexp.MustCompile("(?m)(?:^ +|`)make ([a-z/-]+)").FindAllStringSubmatch(read(t, page), -1) {
			if !strings.Contains(makefile, "\n"+target[1]+":") {
				t.Errorf("%s: there is no make %s", page, target[1])
			}
		}
	}
}

// Links lead to files that are there.
func TestLinksLeadSomewhere(t *testing.T) {
	for _, page := range pages(t) {
		for _, link := range regexp.MustCompile(`\]\(([^)#]+)[^)]*\)`).FindAllStringSubmatch(read(t, page), -1) {
			if strings.Contains(link[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(page), link[1])); err != nil {
				t.Errorf("%s: %v", page, err)
			}
		}
	}
}

// The tour and the first hour name files, and functions in them, that exist: a
// function stands as `name()` after the file that it is in.
func TestToursNameCodeThatExists(t *testing.T) {
	for page, least := range map[string]int{"tour.md": 50, "../CONTRIBUTING.md": 3} {
		file, functions := "", 0
		for _, span := range codeSpans(read(t, page)) {
			switch name, isFunction := strings.CutSuffix(span, "()"); {
			case isPath(span):
				if _, err := os.Stat(filepath.Join("..", span)); err != nil {
					t.Errorf("%s: %v", page, err)
				}
				file = span
			case isFunction:
				functions++
				if !strings.HasSuffix(file, ".go") || !declares(read(t, filepath.Join("..", file)), name) {
					t.Errorf("%s: %s does not declare %s", page, file, span)
				}
			}
		}
		if functions < least {
			t.Errorf("%s: only %d functions were found: how does the page write them now?", page, functions)
		}
	}
}

// codeSpans are the `spans` of a page, without its blocks.
func codeSpans(page string) []string {
	text := regexp.MustCompile("(?ms)^ *```.*?^ *```$").ReplaceAllString(page, "")
	var spans []string
	for _, found := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(text, -1) {
		spans = append(spans, found[1])
	}
	return spans
}

// isPath reports whether a span is a path in the project, as opposed to a command.
func isPath(span string) bool {
	return regexp.MustCompile(`^(api|charts|cmd|docs|internal|sandbox)/[\w./-]+$`).MatchString(span)
}

// declares reports whether a Go file declares a function or a method.
func declares(source, name string) bool {
	return regexp.MustCompile(`(?m)^func (\([^)]*\) )?` + regexp.QuoteMeta(name) + `[(\[]`).MatchString(source)
}

func pages(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, pattern := range []string{"../*.md", "*.md", "*/*.md", "../sandbox/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, found...)
	}
	return all
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// What people copy has no values that are only good for a test: nothing is quicker than what the controller
// does when it is told nothing, and who soaks a node has time to look.
func TestExamplesMayBeCopied(t *testing.T) {
	least := map[string]time.Duration{"minReady": 10 * time.Second, "cordonWait": time.Minute, "soak": time.Minute}
	files, err := filepath.Glob("gitops/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	found := 0
	for _, file := range files {
		for _, setting := range regexp.MustCompile(`(?m)^ *(minReady|cordonWait|soak): (\S+)`).FindAllStringSubmatch(read(t, file), -1) {
			found++
			if d, err := time.ParseDuration(setting[2]); err != nil || d < least[setting[1]] {
				t.Errorf("%s: %s is %s, %v; want at least %s", file, setting[1], setting[2], err, least[setting[1]])
			}
		}
	}
	if found < 4 {
		t.Errorf("only %d settings were found: how do the files write them now?", found)
	}
}

// Nobody finds a page that no other page leads to.
func TestPagesAreFound(t *testing.T) {
	linked := map[string]bool{}
	for _, page := range pages(t) {
		for _, link := range regexp.MustCompile(`\]\(([^)#]+)[^)]*\)`).FindAllStringSubmatch(read(t, page), -1) {
			to := filepath.Join(filepath.Dir(page), link[1])
			linked[strings.TrimPrefix(to, "../docs/")] = true
		}
	}
	own, err := filepath.Glob("*.md")
	if err != nil || len(own) == 0 {
		t.Fatalf("%d pages, %v", len(own), err)
	}
	for _, page := range own {
		if !linked[page] {
			t.Errorf("no page leads to docs/%s", page)
		}
	}
}
