package show

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/cli/terminal"
	"github.com/nodelift/nodelift/internal/view"
)

// jsonPrinter prints for programs: one object a line, each with its version and
// kind. Kinds and fields may be added; what is there keeps its meaning as long as the
// version stays. It may be called from any goroutine.
type jsonPrinter struct {
	streams terminal.Streams
	mu      sync.Mutex // over both streams
}

// kind is what every object begins with.
type kind struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
}

func kindOf(name string) kind { return kind{v1alpha1.GroupVersion().String(), name} }

func (j *jsonPrinter) Plans(all []Plan, _ string, _ bool) {
	for _, p := range all {
		if p.Scaling != nil {
			j.print(struct {
				kind
				scalingPlan
			}{kindOf("ScalingPlan"), p.scaling()})
			continue
		}
		j.print(struct {
			kind
			Plan
			*planSettings
		}{kindOf("Plan"), p, p.settings()})
	}
}

func (j *jsonPrinter) Change(p ChangePlan, _ bool) {
	j.print(struct {
		kind
		ChangePlan
	}{kindOf("ChangePlan"), p})
}

func (j *jsonPrinter) Events(group string, events []view.Event) {
	for _, e := range events {
		j.event(group, e)
	}
}

func (j *jsonPrinter) event(group string, e view.Event) {
	severity := "Normal"
	if e.Warning {
		severity = "Warning"
	}
	j.print(struct {
		kind
		Time    time.Time `json:"time"`
		Type    string    `json:"type"`
		Reason  string    `json:"reason"`
		Message string    `json:"message"`
		Node    string    `json:"node,omitempty"`
		Group   string    `json:"nodeGroup,omitempty"`
	}{kindOf("Event"), e.Time.UTC(), severity, e.Reason, e.Message, e.Node, group})
}

func (j *jsonPrinter) Summary(s view.Summary) {
	j.print(struct {
		kind
		view.Summary
	}{kindOf("Summary"), s})
}

func (j *jsonPrinter) Overview(o view.Overview) {
	j.print(struct {
		kind
		view.Overview
	}{kindOf("Overview"), o})
}

func (j *jsonPrinter) Say(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	fmt.Fprintf(j.streams.Err, format+"\n", args...)
}

func (j *jsonPrinter) Status(string, string) {}

func (j *jsonPrinter) print(object any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	line := json.NewEncoder(j.streams.Out)
	line.SetEscapeHTML(false)
	if err := line.Encode(object); err != nil {
		fmt.Fprintf(j.streams.Err, "%v\n", err)
	}
}
