package cli

import "github.com/nodelift/nodelift/internal/view"

// printer shows an upgrade. What it prints on stdout is data; everything that
// only a person wants to know goes to stderr.
type printer interface {
	// plans shows what will happen to each of the groups that were chosen. It is
	// data if nothing else follows.
	plans(all []plan, how choice, only bool)
	// change shows what will be done about an update. It is data if nothing else
	// follows.
	change(p changePlan, only bool)
	// say tells a person something.
	say(format string, args ...any)
	// event shows one thing that happened in a group, which is named where there
	// are several.
	event(group string, e view.Event)
	// status shows the progress now, a line for each group that is worked
	// on, where that can be drawn again.
	status(lines []string)
	// summary ends the upgrade of a group.
	summary(s view.Summary)
	// overview ends that of several.
	overview(o view.Overview)
}

func newPrinter(p Process, output string) printer {
	if output == "json" {
		return &jsonPrinter{process: p}
	}
	return &textPrinter{process: p, line: newStatusLine(p)}
}
