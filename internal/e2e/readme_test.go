package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// likeTheReadme fails the test unless an upgrade of the sample workload prints what
// the README shows: the plan and its warnings word by word but for names and figures,
// the reasons of events, the rows of the summary. make demo records it anew.
func (r result) likeTheReadme(t *testing.T) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, shown, found := strings.Cut(string(page), "\nAccount ")
	shown, _, ended := strings.Cut(shown, "<!-- transcript: end -->")
	if !found || !ended {
		t.Fatal("the README has no transcript from the plan to the summary")
	}
	now := map[string]bool{}
	for line := range strings.Lines(r.errors + r.out) {
		now[shape(line)] = true
	}
	for line := range strings.Lines(shown[strings.Index(shown, "\n"):]) {
		s := shape(line)
		isFrame := strings.HasPrefix(s, "```") || strings.HasPrefix(s, "</details>")
		if !now[s] && !isFrame && s != "Waiting" { // which is told of after 10 s only
			t.Errorf("the README shows a line that is not printed any more: %s", s)
		}
	}
}

// shape is a line without what differs from run to run: all of an event but its
// reason, all of a row of the summary but its name, and names and figures.
func shape(line string) string {
	line = strings.TrimRight(line, "\n")
	if event := regexp.MustCompile(`^\d\d:\d\d:\d\d [ !] (\w+)`).FindStringSubmatch(line); event != nil {
		return event[1]
	}
	if row := regexp.MustCompile(`^  (\w[\w ]*?)  +\S`).FindStringSubmatch(line); row != nil {
		return row[1]
	}
	for _, part := range []struct{ like, as string }{
		{`\b(\d+h)?(\d+m)?\d+s\b`, "TIME"}, {`127\.0\.0\.1:\d+`, "ADDRESS"}, {`\b(report|cluster-autoscaler)-[0-9a-z]+`, "$1-NAME"},
		{`\bnodegroup-[0-9a-z]{5}\b`, "NAME"}, {`i-[0-9a-f]{17}`, "INSTANCE"},
	} {
		line = regexp.MustCompile(part.like).ReplaceAllString(line, part.as)
	}
	return line
}
