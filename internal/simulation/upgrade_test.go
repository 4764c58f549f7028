package simulation_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nodelift/nodelift/internal/simulation"
	"github.com/nodelift/nodelift/internal/upgrade"
)

var update = flag.Bool("update", false, "write the golden stories")

// TestStories plays each scenario, and compares its end with what is wanted and its story
// with the golden one. The observer of the world checks the promises.
func TestStories(t *testing.T) {
	for _, s := range append(scenarios(), untimely()...) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			got, err := s.play(t.Context())
			if got.world != nil {
				golden(t, s.name, got.world.Story().String())
			}
			if err != nil {
				t.Fatal(err)
			}
			s.check(t, got)
		})
	}
}

// check compares the end with what is wanted.
func (s scenario) check(t *testing.T, got result) {
	t.Helper()
	have := simulation.State{Size: got.state.Size, Status: got.state.Status, Errors: got.state.Errors}
	want := simulation.State{Size: s.want.Size, Status: s.want.Status, Errors: s.want.Errors}
	if s.want.Nodes != nil {
		have.Nodes, want.Nodes = got.state.Nodes, s.want.Nodes
	}
	if s.want.WarmPool != nil {
		have.WarmPool, want.WarmPool = got.state.WarmPool, s.want.WarmPool
	}
	if s.want.Template != "" {
		have.Template, want.Template = got.state.Template, s.want.Template
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("the end (-want +got):\n%s", diff)
	}
	if s.want.Min != 0 && got.state.Min != s.want.Min {
		t.Errorf("the minimum size is %d at the end, want %d", got.state.Min, s.want.Min)
	}
	if s.want.Status == upgrade.Successful && s.want.Nodes == nil && got.world.Update().Scaling == nil {
		for _, nodes := range got.state.Nodes {
			if !strings.Contains(nodes, simulation.NewImage) {
				t.Errorf("outdated nodes at the end: %s", nodes)
			}
		}
	}
	s.checkWords(t, got)
}

func (s scenario) checkWords(t *testing.T, got result) {
	t.Helper()
	for _, word := range s.errorContains {
		if got.verdict == nil || len(got.verdict.Errors) == 0 || !strings.Contains(got.verdict.Errors[0].Message, word) {
			t.Errorf("the verdict %+v does not say %q", got.verdict, word)
		}
	}
}

// golden compares a text with testdata/NAME.txt, or writes it there with -update.
func golden(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Split(text, "\n"), strings.Split(string(want), "\n"); !slices.Equal(got, want) {
		t.Errorf("the story is no longer that of %s (if it is right, run go test with -update):\n%s", path, firstDifference(want, got))
	}
}

// firstDifference shows where two stories begin to differ.
func firstDifference(want, got []string) string {
	n := 0
	for n < len(want) && n < len(got) && want[n] == got[n] {
		n++
	}
	show := func(lines []string) string {
		return strings.Join(lines[max(0, min(n, len(lines))-2):min(n+4, len(lines))], "\n")
	}
	return fmt.Sprintf("line %d, want:\n%s\ngot:\n%s", n+1, show(want), show(got))
}

// TestSameSeedSameStory checks that two worlds of one seed have the same story.
func TestSameSeedSameStory(t *testing.T) {
	s := plain()
	first, err := s.play(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second, err := s.play(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first.world.Story().String(), second.world.Story().String()); diff != "" {
		t.Errorf("two stories from one seed:\n%s", diff)
	}
}

// TestPauseAndResume checks that a paused update keeps its taints and its surge and resumes
// Cluster Autoscaler, and that it succeeds after it is resumed.
func TestPauseAndResume(t *testing.T) {
	config := simulation.Sample(3)
	suspendsAutoscaler(&config)
	w := simulation.New(config)
	before := w.State()
	w.At(3*time.Minute, (*simulation.World).Pause)
	out, err := simulation.Run(t.Context(), w, limit)
	if err != nil {
		t.Fatal(err)
	}
	paused := w.State()
	if !out.Result.Paused || paused.Autoscaler != before.Autoscaler || paused.Size.Desired != 6 {
		t.Errorf("paused %t with %s and desired size %d\n%s", out.Result.Paused, paused.Autoscaler, paused.Size.Desired, w.Story())
	}
	if marks := strings.Join(paused.Marks, ", "); !strings.Contains(marks, string(upgrade.MarkTaint)) || !strings.Contains(marks, string(upgrade.MarkScaleDownDisabled)) {
		t.Errorf("it is paused with the marks %s", marks)
	}
	w.AdvanceBy(5 * time.Hour)
	w.Resume()
	if out, err = simulation.Run(t.Context(), w, limit); err != nil {
		t.Fatal(err)
	}
	if v := out.Result.Record.Run.Verdict; v.Status != upgrade.Successful {
		t.Errorf("resumed, it ends %+v\n%s", v, w.Story())
	}
	suspensions := 0
	for _, call := range w.Calls() {
		if call.Method == "Autoscaler.Suspend" {
			suspensions++
		}
	}
	if suspensions != 2 {
		t.Errorf("Cluster Autoscaler was suspended %d times, want 2: at the beginning and after the pause\n%s", suspensions, w.Story())
	}
}
