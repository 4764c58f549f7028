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
	// spacing is the least time between two passes over an update, unless the engine asks
	// for the next one at once. After a pass that took more than twice as long, it is half
	// that time.
	spacing = 20 * time.Millisecond
	// atOnceInARow bounds the passes in a row that the engine may ask for at once, and overdone is the
	// least time between two passes beyond it: whatever the engine takes for work then, it is getting
	// nowhere. A group that loses hundreds of empty instances, one size at a time, makes as many.
	atOnceInARow = 2000
	overdone     = time.Second
	// firstPause is the time between a pass that failed and the next one. It doubles with
	// each failure.
	firstPause = 200 * time.Millisecond
	// longestPause is the most time between two passes that fail.
	longestPause = 30 * time.Second
	// pausedInterval is the time between two passes over a paused update, which may stay
	// paused for months, unless something wakes it.
	pausedInterval = 30 * time.Second
)

// paces knows when the next pass over each update may be made, and which changes wake it
// earlier. The zero paces is ready for use.
type paces struct {
	mu sync.Mutex
	of map[string]*pace // by update
}

type pace struct {
	notBefore time.Time
	failures  int // in a row
	atOnce    int // passes in a row that asked for the next one at once
	interest  interest
}

// interest is what an update is waiting for, as of its last pass.
type interest struct {
	nodes      map[string]bool // in flight
	namespaces map[string]bool // with blocked pods
}

// early returns how long it takes until the next pass over an update may be made, 0 if it
// may be made now.
func (p *paces) early(update string) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(0, time.Until(p.at(update).notBefore))
}

// passed notes a pass that took so long, and returns after what time the next one is due.
func (p *paces) passed(update string, result upgrade.Result, took time.Duration) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	pace := p.at(update)
	pace.failures, pace.interest = 0, interestOf(result.Record.Run)
	if wantsNextPass(result) {
		return pace.atOnceAgain()
	}
	pace.atOnce = 0
	pause := max(spacing, took/2)
	pace.notBefore = time.Now().Add(pause)
	if result.Paused {
		return max(pause, pausedInterval)
	}
	return max(pause, result.After)
}

// atOnceAgain returns after what time the next pass is due when the engine asks for it at once.
func (p *pace) atOnceAgain() time.Duration {
	if p.atOnce++; p.atOnce > atOnceInARow {
		p.notBefore = time.Now().Add(overdone)
		return overdone
	}
	p.notBefore = time.Time{}
	return time.Nanosecond // zero would be never
}

// failed notes a pass that could not be made, and returns when to retry: soon after a
// conflict, otherwise after a pause that doubles.
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

// worth returns the updates to which a change matters.
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
		for _, pod := range drain.Blocked {
			namespace, _, _ := strings.Cut(pod.Pod, "/")
			i.namespaces[namespace] = true
		}
	}
	return i
}
