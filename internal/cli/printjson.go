package cli

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/view"
)

// jsonPrinter prints for programs: one object a line, each with its version and
// kind. Kinds and fields may be added; what is there keeps its meaning as long as the
// version stays. It may be called from any goroutine.
type jsonPrinter struct {
	process Process
	mu      sync.Mutex // over both streams
}

// kind is what every object begins with.
type kind struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
}

func kindOf(name string) kind { return kind{v1alpha1.GroupVersion().String(), name} }

func (j *jsonPrinter) plans(all []plan, _ choice, _ bool) {
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
			plan
			*planSettings
		}{kindOf("Plan"), p, p.settings()})
	}
}

func (j *jsonPrinter) change(p changePlan, _ bool) {
	j.print(struct {
		kind
		changePlan
	}{kindOf("ChangePlan"), p})
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

func (j *jsonPrinter) summary(s view.Summary) {
	j.print(struct {
		kind
		view.Summary
	}{kindOf("Summary"), s})
}

func (j *jsonPrinter) overview(o view.Overview) {
	j.print(struct {
		kind
		view.Overview
	}{kindOf("Overview"), o})
}

func (j *jsonPrinter) say(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	fmt.Fprintf(j.process.Err, format+"\n", args...)
}

func (j *jsonPrinter) status([]string) {}

func (j *jsonPrinter) print(object any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	line := json.NewEncoder(j.process.Out)
	line.SetEscapeHTML(false)
	if err := line.Encode(object); err != nil {
		fmt.Fprintf(j.process.Err, "%v\n", err)
	}
}
