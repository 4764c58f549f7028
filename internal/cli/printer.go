package cli

import "github.com/nodelift/nodelift/internal/view"

// printer shows an upgrade. What it prints on stdout is data; everything that
// only a person wants to know goes to stderr.
type printer interface {
	// plan shows what will happen. It is data if nothing else follows.
	plan(p plan, only bool)
	// nothing says that there is nothing to do.
	nothing(p plan)
	// say tells a person something.
	say(format string, args ...any)
	// event shows one thing that happened.
	event(e view.Event)
	// status shows how things stand now, where that can be drawn again.
	status(line string)
	// summary ends it.
	summary(s view.Summary)
}

func newPrinter(p Process, output string) printer {
	if output == "json" {
		return &jsonPrinter{process: p}
	}
	return &textPrinter{process: p, line: newStatusLine(p)}
}
