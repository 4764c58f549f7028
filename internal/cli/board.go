package cli

import (
	"cmp"
	"slices"
	"sync"
)

// board is what the status line says of each group that is worked on. The zero
// board is ready for use.
type board struct {
	mu    sync.Mutex
	lines map[*carrier]string
	order []*carrier // by what people call their groups
}

// status shows how the group stands now, below the others; "" takes it away.
func (c *carrier) status(line string) {
	c.board.mu.Lock()
	defer c.board.mu.Unlock()
	if c.board.lines == nil {
		c.board.lines = map[*carrier]string{}
	}
	if !slices.Contains(c.board.order, c) {
		c.board.order = append(c.board.order, c)
		slices.SortFunc(c.board.order, func(a, b *carrier) int { return cmp.Compare(a.label, b.label) })
	}
	if c.label != "" && line != "" {
		line = c.label + ": " + line
	}
	c.board.lines[c] = line
	var shown []string
	for _, other := range c.board.order {
		if text := c.board.lines[other]; text != "" {
			shown = append(shown, text)
		}
	}
	c.print.status(shown)
}
