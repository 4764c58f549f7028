package cli

import "sync"

// board is what the status line says of each group that is worked on. The zero
// board is ready for use.
type board struct {
	mu    sync.Mutex
	lines map[*groupUpgrade]string
}

// status shows how the group stands now, below the others; "" takes it away.
func (g *groupUpgrade) status(line string) {
	g.board.mu.Lock()
	defer g.board.mu.Unlock()
	if g.board.lines == nil {
		g.board.lines = map[*groupUpgrade]string{}
	}
	if g.label != "" && line != "" {
		line = g.label + ": " + line
	}
	g.board.lines[g] = line
	var shown []string
	for _, other := range g.groups {
		if text := g.board.lines[other]; text != "" {
			shown = append(shown, text)
		}
	}
	g.print.status(shown)
}
