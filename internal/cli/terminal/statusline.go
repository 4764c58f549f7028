package terminal

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// StatusLine is one line or several at the bottom of a terminal, drawn again and again.
// Its zero value draws nothing, which is right for pipes.
type StatusLine struct {
	out   io.Writer // nil: not a terminal
	size  func() (columns, rows int)
	shown []string // what is on the screen
}

func NewStatusLine(p Streams) *StatusLine {
	if !p.CanRedraw() {
		return &StatusLine{}
	}
	return &StatusLine{out: p.Err, size: p.size}
}

// Draws reports whether it draws anything.
func (s *StatusLine) Draws() bool { return s.out != nil }

// Draw replaces the lines that are shown. Each is written over the old one before the rest
// of that is cleared, so nothing flickers.
func (s *StatusLine) Draw(lines []string) {
	if s.out == nil || len(lines) == 0 {
		s.Clear()
		return
	}
	columns, rows := s.size()
	if len(lines) == 1 {
		lines = folded(lines[0], columns-1)
	}
	lines = slices.Clone(lines[:min(len(lines), max(rows-1, 1))])
	for i := range lines {
		lines[i] = cut(lines[i], columns-1)
	}
	if slices.Equal(lines, s.shown) {
		return
	}
	fmt.Fprint(s.out, s.home()+strings.Join(lines, "\x1b[K\n")+"\x1b[J")
	s.shown = lines
}

// Clear removes the lines, so that others can be written.
func (s *StatusLine) Clear() {
	if len(s.shown) > 0 {
		fmt.Fprint(s.out, s.home()+"\x1b[J")
		s.shown = nil
	}
}

// home moves the cursor to the beginning of what is shown.
func (s *StatusLine) home() string {
	if above := len(s.shown) - 1; above > 0 {
		return fmt.Sprintf("\r\x1b[%dA", above)
	}
	return "\r"
}

// mostRows is how many rows one status may take.
const mostRows = 3

// folded is a status over several rows. On a narrow terminal, what the update is waiting
// for would be cut off otherwise.
func folded(text string, columns int) []string {
	if columns < Narrowest {
		return []string{text}
	}
	rows := Broken(text, columns, 2)
	if len(rows) <= mostRows {
		return rows
	}
	for i, more := range rows[mostRows:] {
		rows[mostRows+i] = strings.TrimLeft(more, " ")
	}
	return append(rows[:mostRows-1:mostRows-1], strings.Join(rows[mostRows-1:], " "))
}

// cut shortens a text to a number of columns. What stands in parentheses at its
// end, which is how long a wait lasts, stays.
func cut(text string, columns int) string {
	runes := []rune(text)
	if columns < 1 || len(runes) <= columns {
		return text
	}
	var end []rune
	if i := strings.LastIndex(text, " ("); i >= 0 && strings.HasSuffix(text, ")") {
		end = []rune(text[i:])
	}
	if len(end) > columns/2 {
		end = nil
	}
	return string(runes[:columns-1-len(end)]) + "…" + string(end)
}
