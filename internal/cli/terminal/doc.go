// Package terminal talks to the person at a terminal: it asks, breaks long lines
// where the terminal ends, and draws the status line at the bottom.
//
// Where a stream is no terminal, nobody is asked, nothing is broken and no status
// line is drawn: the output is for a pipe or a log.
package terminal
