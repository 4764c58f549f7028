package engine

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The page about failures quotes messages literally, those of the engine, of the packages
// around it, of the admission policies and of AWS, and it names every warning of the rules.
func TestFailuresPageQuotesWhatIsSaid(t *testing.T) {
	page, source := contentOf(t, "../../docs/failures.md"), sourceOf(t, ".")+sourceOf(t, "fleet")+sourceOf(t, "drain")+sourceOf(t, "debts")
	said := source + sourceOf(t, "../upgrade") + sourceOf(t, "../kube") + sourceOf(t, "../aws") + sourceOf(t, "../fakeaws") + sourceOf(t, "../controller") + sourceOf(t, "../cli") + sourceOf(t, "../cli/*") + contentOf(t, "../install/manifests.yaml") + contentOf(t, "../install/manifests-force.yaml")
	for _, line := range strings.Split(page, "\n") {
		cells := strings.Split(line, " | ")
		if len(cells) != 3 || !strings.HasPrefix(line, "| `") {
			continue
		}
		for _, part := range strings.Split(strings.Trim(cells[0], "| `"), "…") {
			if part = strings.Trim(part, " ;:"); !strings.Contains(said, part) {
				t.Errorf("no message contains %q", part)
			}
		}
	}
	for _, warning := range regexp.MustCompile(`p\.Warn\("(\w+)"`).FindAllStringSubmatch(source, -1) {
		if !strings.Contains(page, warning[1]) {
			t.Errorf("the page does not name the warning %s", warning[1])
		}
	}
}

// sourceOf returns the source of a package without its comments.
func sourceOf(t *testing.T, directory string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(directory, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range files {
		if !strings.HasSuffix(file, "_test.go") {
			all.WriteString(contentOf(t, file))
		}
	}
	return regexp.MustCompile(`(?m)^\s*//.*$`).ReplaceAllString(all.String(), "")
}

func contentOf(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
