package cli

import (
	"io"
	"os"

	"golang.org/x/term"
)

// Process is what a command gets from the process that it runs in.
type Process struct {
	Args    []string // without the program's name
	In      io.Reader
	Out     io.Writer // data
	Err     io.Writer // talk
	Version string    // of the program
}

// canAsk reports whether a person can be asked: both ends are a terminal.
func (p Process) canAsk() bool { return isTerminal(p.In) && isTerminal(p.Err) }

// canRedraw reports whether a line on stderr can be drawn again.
func (p Process) canRedraw() bool { return isTerminal(p.Err) }

// width is the number of columns of the terminal on stderr.
func (p Process) width() int {
	const usual = 80
	file, ok := p.Err.(*os.File)
	if !ok {
		return usual
	}
	columns, _, err := term.GetSize(int(file.Fd()))
	if err != nil || columns < 1 {
		return usual
	}
	return columns
}

func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
