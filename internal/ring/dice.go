package ring

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"sync"
	"time"
)

// dice make all choices of a world. A choice depends on the seed, on what it is about, and on how
// often that was asked.
type dice struct {
	seed uint64

	mu    sync.Mutex
	asked map[string]int
}

func newDice(seed uint64) *dice { return &dice{seed: seed, asked: map[string]int{}} }

// about returns the choices about something.
func (d *dice) about(format string, args ...any) *choice {
	what := fmt.Sprintf(format, args...)
	d.mu.Lock()
	d.asked[what]++
	nth := d.asked[what]
	d.mu.Unlock()
	return d.fixed("%s %d", what, nth)
}

// fixed returns the choices about something that stay the same however often they are asked for.
func (d *dice) fixed(format string, args ...any) *choice {
	sum := fnv.New64a()
	_, _ = fmt.Fprintf(sum, format, args...)
	return &choice{rand.New(rand.NewPCG(d.seed, sum.Sum64()))}
}

// choice are the choices about one thing.
type choice struct{ *rand.Rand }

// happens is true with some probability.
func (c *choice) happens(chance float64) bool { return c.Float64() < chance }

// between is a time from least to most; short times are likelier.
func (c *choice) between(least, most time.Duration) time.Duration {
	x := c.Float64()
	return least + time.Duration(x*x*float64(most-least))
}
