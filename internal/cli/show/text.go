package show

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nodelift/nodelift/internal/cli/terminal"
	"github.com/nodelift/nodelift/internal/view"
)

// textPrinter prints for people. It may be called from any goroutine.
type textPrinter struct {
	streams terminal.Streams
	verbose bool // every event is shown

	mu         sync.Mutex // over the terminal, and what follows
	line       *terminal.StatusLine
	now        map[string]string // what the status line shows, by group
	condensers map[string]*condenser
}

func (t *textPrinter) Plans(all []Plan, how string, only bool) {
	out := t.streams.Err
	if only {
		out = t.streams.Out
	}
	width := t.streams.Width(out)
	if how != "" {
		fmt.Fprint(out, terminal.Wrapped(plansText(all, how), width))
		return
	}
	switch p := all[0]; {
	case len(p.Refusals) > 0: // the error says it
	case p.Update != "" && only:
		fmt.Fprintf(out, "Update %s is under way, %s; run the same command without --dry-run to continue it.\n", p.Update, p.Standing)
	case p.Update != "":
	case p.NothingToDo && !p.Owed:
		fmt.Fprintln(out, p.Nothing())
	default:
		fmt.Fprint(out, terminal.Wrapped(p.text(), width))
	}
}

func (t *textPrinter) Change(p ChangePlan, only bool) {
	out := t.streams.Err
	if only {
		out = t.streams.Out
	}
	fmt.Fprint(out, terminal.Wrapped(p.text(), t.streams.Width(out)))
}

func (t *textPrinter) Say(format string, args ...any) {
	t.above(t.streams.Err, terminal.Wrapped(fmt.Sprintf(format, args...), t.streams.Width(t.streams.Err)))
}

func (t *textPrinter) Events(group string, events []view.Event) {
	if !t.verbose {
		events = t.condensed(group, func(c *condenser) []view.Event { return c.pass(events, time.Now()) })
	}
	for _, e := range events {
		t.event(group, e)
	}
}

// condensed are the events of a group as they are shown.
func (t *textPrinter) condensed(group string, by func(*condenser) []view.Event) []view.Event {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.condensers[group] == nil {
		t.condensers[group] = &condenser{}
	}
	return by(t.condensers[group])
}

func (t *textPrinter) event(group string, e view.Event) {
	e.Time = e.Time.Local()
	e.Message = labelled(group, e.Message)
	line := e.Line()
	if width := t.streams.Width(t.streams.Out); width >= terminal.Narrowest {
		line = strings.Join(terminal.Broken(line, width, view.EventIndent), "\n")
	}
	t.above(t.streams.Out, line)
}

func (t *textPrinter) Status(group, line string) {
	due := t.condensed(group, func(c *condenser) []view.Event {
		if line == "" {
			return c.rest()
		}
		return c.pass(nil, time.Now()) // between the passes, too
	})
	for _, e := range due {
		t.event(group, e)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.now[group] = line; line == "" {
		delete(t.now, group)
	}
	t.line.Draw(t.progress())
}

// progress is what the status line shows: a line for each group that is worked on.
func (t *textPrinter) progress() []string {
	var lines []string
	for _, group := range slices.Sorted(maps.Keys(t.now)) {
		lines = append(lines, labelled(group, t.now[group]))
	}
	return lines
}

// labelled is a text about a group, which is named where there are several.
func labelled(group, text string) string {
	if group == "" {
		return text
	}
	return group + ": " + text
}

func (t *textPrinter) Summary(s view.Summary) {
	t.above(t.streams.Out, terminal.Wrapped("\n"+strings.TrimSuffix(s.Text(), "\n"), t.streams.Width(t.streams.Out)))
}

func (t *textPrinter) Overview(o view.Overview) {
	t.above(t.streams.Out, terminal.Wrapped("\n"+strings.TrimSuffix(o.Text(), "\n"), t.streams.Width(t.streams.Out)))
}

// above writes a line above the status line.
func (t *textPrinter) above(out io.Writer, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.line.Clear()
	fmt.Fprintln(out, text)
	t.line.Draw(t.progress())
}
