package cli

import (
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/nodelift/nodelift/internal/view"
)

// textPrinter prints for people. It may be called from any goroutine.
type textPrinter struct {
	process Process

	mu   sync.Mutex // over the terminal
	line *statusLine
	now  string // what the status line shows
}

func (t *textPrinter) plan(p plan, only bool) {
	if only {
		fmt.Fprint(t.process.Out, p.text())
		return
	}
	fmt.Fprint(t.process.Err, p.text())
}

func (t *textPrinter) nothing(p plan) {
	t.above(t.process.Out, fmt.Sprintf("Nothing to do: all %d nodes of %s run %s already.", p.Nodes, p.Group, p.To.words()))
}

func (t *textPrinter) say(format string, args ...any) {
	t.above(t.process.Err, fmt.Sprintf(format, args...))
}

func (t *textPrinter) event(e view.Event) {
	e.Time = e.Time.Local()
	t.above(t.process.Out, e.Line())
}

func (t *textPrinter) status(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.now = line; line == "" {
		t.line.clear()
		return
	}
	t.line.draw(line)
}

func (t *textPrinter) summary(s view.Summary) {
	t.above(t.process.Out, "\n"+strings.TrimSuffix(s.Text(), "\n"))
}

// above writes a line above the status line.
func (t *textPrinter) above(out io.Writer, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.line.clear()
	fmt.Fprintln(out, text)
	if t.now != "" {
		t.line.draw(t.now)
	}
}
