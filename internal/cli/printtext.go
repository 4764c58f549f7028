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
	now  []string // what the status line shows
}

func (t *textPrinter) plans(all []plan, how choice, only bool) {
	out := t.process.Err
	if only {
		out = t.process.Out
	}
	width := t.process.width(out)
	if how.several {
		fmt.Fprint(out, wrapped(plansText(all, how), width))
		return
	}
	switch p := all[0]; {
	case len(p.Refusals) > 0: // the error says it
	case p.Update != "" && only:
		fmt.Fprintf(out, "Update %s is under way, %s; run the same command without --dry-run to continue it.\n", p.Update, p.Standing)
	case p.Update != "":
	case p.NothingToDo && !p.Owed:
		fmt.Fprintln(out, p.nothing())
	default:
		fmt.Fprint(out, wrapped(p.text(), width))
	}
}

func (t *textPrinter) change(p changePlan, only bool) {
	out := t.process.Err
	if only {
		out = t.process.Out
	}
	fmt.Fprint(out, wrapped(p.text(), t.process.width(out)))
}

func (t *textPrinter) say(format string, args ...any) {
	t.above(t.process.Err, wrapped(fmt.Sprintf(format, args...), t.process.width(t.process.Err)))
}

func (t *textPrinter) event(group string, e view.Event) {
	e.Time = e.Time.Local()
	if group != "" {
		e.Message = group + ": " + e.Message
	}
	line := e.Line()
	if width := t.process.width(t.process.Out); width >= narrowest {
		line = strings.Join(broken(line, width, view.EventIndent), "\n")
	}
	t.above(t.process.Out, line)
}

func (t *textPrinter) status(lines []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now = lines
	t.line.draw(lines)
}

func (t *textPrinter) summary(s view.Summary) {
	t.above(t.process.Out, wrapped("\n"+strings.TrimSuffix(s.Text(), "\n"), t.process.width(t.process.Out)))
}

func (t *textPrinter) overview(o view.Overview) {
	t.above(t.process.Out, wrapped("\n"+strings.TrimSuffix(o.Text(), "\n"), t.process.width(t.process.Out)))
}

// above writes a line above the status line.
func (t *textPrinter) above(out io.Writer, text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.line.clear()
	fmt.Fprintln(out, text)
	t.line.draw(t.now)
}
