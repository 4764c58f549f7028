package cli

import (
	"fmt"
	"io"
	"unicode/utf8"
)

// statusLine is a line at the bottom of a terminal that is drawn again and
// again. Its zero value draws nothing, which is right for pipes.
type statusLine struct {
	out   io.Writer // nil: not a terminal
	width func() int
	shown bool
}

func newStatusLine(p Process) *statusLine {
	if !p.canRedraw() {
		return &statusLine{}
	}
	return &statusLine{out: p.Err, width: p.width}
}

// draw shows a text in place of the one before.
func (s *statusLine) draw(text string) {
	if s.out == nil {
		return
	}
	fmt.Fprintf(s.out, "\r\x1b[2K%s", cut(text, s.width()-1))
	s.shown = true
}

// clear takes the line away, so that others can be written.
func (s *statusLine) clear() {
	if s.shown {
		fmt.Fprint(s.out, "\r\x1b[2K")
		s.shown = false
	}
}

// cut shortens a text to a number of columns.
func cut(text string, columns int) string {
	if columns < 1 || utf8.RuneCountInString(text) <= columns {
		return text
	}
	return string([]rune(text)[:columns-1]) + "…"
}
