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
	if !p.CanAsk() {
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

// Ask asks a person for a word, at a terminal.
func Ask(p Streams, question string) (string, error) {
	fmt.Fprint(p.Err, question)
	answer := strings.TrimSpace(<-answered(p))
	if answer == "" {
		return "", errors.New("no answer was given")
	}
	return answer, nil
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
