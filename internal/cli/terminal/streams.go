package terminal

import (
	"io"
	"os"

	"golang.org/x/term"
)

// Streams are the streams of a process. Any of them may be a terminal.
type Streams struct {
	In  io.Reader
	Out io.Writer // data
	Err io.Writer // what only people want to know
}

// CanAsk reports whether a person can be asked: both ends are a terminal.
func (s Streams) CanAsk() bool { return isTerminal(s.In) && isTerminal(s.Err) }

// CanRedraw reports whether a line on stderr can be drawn again.
func (s Streams) CanRedraw() bool { return isTerminal(s.Err) }

// size is that of the terminal on stderr.
func (s Streams) size() (columns, rows int) {
	if file, ok := s.Err.(*os.File); ok {
		columns, rows, err := term.GetSize(int(file.Fd()))
		if err == nil && columns > 0 && rows > 0 {
			return columns, rows
		}
	}
	return 80, 24
}

// Width is how many columns a stream has, 0 if it is no terminal.
func (s Streams) Width(out io.Writer) int {
	file, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return 0
	}
	columns, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return 0
	}
	return columns
}

func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
