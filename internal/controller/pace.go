package controller

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

const (
	// spacing lies between two passes over an update at least, and half as long as
	// a pass took, unless the engine asks for the next at once.
	spacing = 20 * time.Millisecond
	// firstPause lies between a pass that failed and the next.
	firstPause = 200 * time.Millisecond
	// longestPause is how long passes that fail are apart at most.
	longestPause = 30 * time.Second
	// stillPause lies between two passes over an update that stands still, which
	// may last for months, unless something wakes it.
	stillPause = 30 * time.Second
)

// paces knows when each update may be passed over again, and what it is worth
// being woken for before that. The zero paces is ready for use.
type paces struct {
	mu sync.Mutex
	of map[string]*pace // by update
}

type pace struct {
	notBefore time.Time
	failures  int // in a row
	interest  interest
}

// interest is what an update waits for, as of its last pass.
type interest struct {
	nodes      map[string]bool // in flight
	namespaces map[string]bool // with pods that are held
}

// early says for how long it is too early for a pass, 0 if it is not.
func (p *paces) early(update string) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(0, time.Until(p.at(update).notBefore))
}

// passed notes a pass, which took so long, and says when to make the next one
// at the latest.
func (p *paces) passed(update string, result upgrade.Result, took time.Duration) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	pace := p.at(update)
	pace.failures, pace.interest = 0, interestOf(result.Record.Run)
	if inHurry(result) {
		pace.notBefore = time.Time{}
		return time.Nanosecond // zero would be never
	}
	pause := max(spacing, took/2)
	pace.notBefore = time.Now().Add(pause)
	if result.Paused {
		return max(pause, stillPause)
	}
	return max(pause, result.After)
}

// failed notes a pass that could not be made and says when to try again: soon
// after a conflict, else after a pause that doubles.
func (p *paces) failed(update string, err error) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	pace := p.at(update)
	pause := firstPause
	if !errors.Is(err, upgrade.ErrConflict) {
		pause = min(firstPause<<min(pace.failures, 10), longestPause)
		pace.failures++
	}
	pace.notBefore = time.Now().Add(pause)
	return pause
}

// forget drops an update that has ended.
func (p *paces) forget(update string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.of, update)
}

// worth lists the updates that something matters to.
func (p *paces) worth(matters func(interest) bool) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var names []string
	for name, pace := range p.of {
		if matters(pace.interest) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (p *paces) at(update string) *pace {
	if p.of == nil {
		p.of = map[string]*pace{}
	}
	if p.of[update] == nil {
		p.of[update] = &pace{}
	}
	return p.of[update]
}

func interestOf(run upgrade.Run) interest {
	i := interest{nodes: map[string]bool{}, namespaces: map[string]bool{}}
	for _, drain := range run.Drains {
		i.nodes[drain.Node] = true
		for _, held := range drain.Blocked {
			namespace, _, _ := strings.Cut(held.Pod, "/")
			i.namespaces[namespace] = true
		}
	}
	return i
}
