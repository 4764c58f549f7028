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

// size is that of the terminal on stderr.
func (p Process) size() (columns, rows int) {
	if file, ok := p.Err.(*os.File); ok {
		columns, rows, err := term.GetSize(int(file.Fd()))
		if err == nil && columns > 0 && rows > 0 {
			return columns, rows
		}
	}
	return 80, 24
}

// width is how many columns a stream has, 0 if it is no terminal.
func (p Process) width(out io.Writer) int {
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
