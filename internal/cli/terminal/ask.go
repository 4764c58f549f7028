package terminal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nodelift/nodelift/internal/cli/exit"
)

// Agree asks a person whether to do what was shown, and returns nil
// only after a yes. Where nobody can be asked it says what to give instead.
func Agree(ctx context.Context, p Streams) error {
	if !p.canAsk() {
		return errors.New("nothing was changed: this is not a terminal, so nobody can be asked; add --yes")
	}
	fmt.Fprint(p.Err, "\nGo ahead? [y/N] ")
	select {
	case <-ctx.Done():
		fmt.Fprintln(p.Err)
		return exit.Untouched(ctx, ctx.Err())
	case answer := <-answered(p):
		if !isYes(answer) {
			return errors.New("aborted; nothing was changed")
		}
		return nil
	}
}

// answered reads one line in the background: a read of a terminal cannot be
// interrupted, a wait for it can.
func answered(p Streams) <-chan string {
	line := make(chan string, 1)
	go func() {
		text, _ := bufio.NewReader(p.In).ReadString('\n')
		line <- text
	}()
	return line
}

func isYes(answer string) bool {
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return true
	}
	return false
}
