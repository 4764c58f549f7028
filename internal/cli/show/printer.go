package show

import (
	"github.com/nodelift/nodelift/internal/cli/terminal"
	"github.com/nodelift/nodelift/internal/view"
)

// Printer shows an upgrade. What it prints on stdout is data; everything that
// only a person wants to know goes to stderr.
type Printer interface {
	// Plans shows what will happen to each of the groups that were chosen, and how
	// several of them are upgraded: "" if only one was chosen. It is data if nothing
	// else follows.
	Plans(all []Plan, how string, only bool)
	// Change shows what will be done about an update. It is data if nothing else
	// follows.
	Change(p ChangePlan, only bool)
	// Say tells a person something.
	Say(format string, args ...any)
	// Events shows what happened in one pass over a group, which may be nothing. The
	// group is named where there are several.
	Events(group string, events []view.Event)
	// Status shows the progress of a group now, below that of the others, where a line
	// can be drawn again. An empty line takes it away: the group is not worked on any
	// more.
	Status(group, line string)
	// Summary ends the upgrade of a group.
	Summary(s view.Summary)
	// Overview ends that of several.
	Overview(o view.Overview)
}

// Options say how to print.
type Options struct {
	Output  string // text or json
	Verbose bool   // text has every event, too
}

// New returns the printer for people or, as the options say, the one for programs.
func New(s terminal.Streams, o Options) Printer {
	if o.Output == "json" {
		return &jsonPrinter{streams: s}
	}
	return &textPrinter{
		streams: s, verbose: o.Verbose, line: terminal.NewStatusLine(s),
		now: map[string]string{}, condensers: map[string]*condenser{},
	}
}
