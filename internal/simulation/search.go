package simulation

import (
	"context"
	"fmt"
	"hash/fnv"
	"runtime"
	"slices"
	"sync"
	"time"
)

// Search plays a world with every list of choices, as far as the deviations allow, and stops
// each world where its situation was met before with as many deviations left.
//
// A list is played from the beginning: the engine is deterministic, and a small world takes
// some milliseconds, so no world has to be copied. Lists with fewer choices come first, and
// so with more deviations left: what follows an ordinary situation is played once, and
// a world with a fault only until it is in an ordinary situation again.
type Search struct {
	Config Config
	Most   Deviations
	// Choices is how many choices a list has at most, whatever their kinds.
	Choices int
	// Share plays only every nth of the lists with more than one choice, 0 or 1 all. Another
	// First plays others of them.
	Share, First int
	// Wanted checks the end of a world. It may be nil.
	Wanted func(*World) error
}

// Findings is what a search has found.
type Findings struct {
	Situations int           // different ones
	Edges      int           // passes from one to another
	Worlds     int           // that were played
	Left       int           // lists that were not played, because of Share or because time was up
	Depth      int           // the most passes from the beginning to an end
	Longest    time.Duration // the longest time from a situation to its end
	Broken     []Broken
}

// Broken is a promise that was broken, and the choices that replay it.
type Broken struct {
	Choices Choices
	Err     error
}

// most is how many broken promises end a search.
const mostBroken = 3

// Run searches until everything is played or the context is done.
func (s Search) Run(ctx context.Context) Findings {
	search := searching{Search: s, known: map[Situation]*situationSeen{}}
	lists := []Choices{nil}
	for length := 0; len(lists) > 0 && ctx.Err() == nil && !search.isOver(); length++ {
		lists = search.playAll(ctx, lists, length < s.Choices)
	}
	search.found.Situations = len(search.known)
	search.checkTimes()
	return search.found
}

// Replay plays one list of choices to its end and returns the world.
func (s Search) Replay(ctx context.Context, choices Choices) (*World, error) {
	search := searching{Search: s, known: map[Situation]*situationSeen{}}
	w, t := search.world(choices)
	err := t.run(ctx)
	if left := slices.Concat(w.choices.impossible, w.choices.script); err == nil && len(left) > 0 {
		err = fmt.Errorf("there are no such choices in this world: %s", left)
	}
	return w, err
}

// searching is a search under way.
type searching struct {
	Search
	mu    sync.Mutex
	known map[Situation]*situationSeen
	found Findings
}

func (s *searching) isOver() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.found.Broken) >= mostBroken
}

// playAll plays lists of choices, as many at a time as there are processors, and returns the
// longer ones that come up.
func (s *searching) playAll(ctx context.Context, lists []Choices, more bool) []Choices {
	var workers sync.WaitGroup
	var next []Choices
	todo := make(chan Choices)
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for choices := range todo {
				longer := s.play(ctx, choices)
				s.mu.Lock()
				if more {
					next = append(next, longer...)
				}
				s.mu.Unlock()
			}
		})
	}
	for i, choices := range lists {
		if ctx.Err() != nil || s.isOver() {
			s.left(len(lists) - i)
			break
		}
		if s.isLeftOut(choices) {
			s.left(1)
			continue
		}
		todo <- choices
	}
	close(todo)
	workers.Wait()
	slices.SortFunc(next, func(a, b Choices) int { return slices.CompareFunc(a, b, Choice.compare) })
	return next
}

func (s *searching) left(lists int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.found.Left += lists
}

// isLeftOut reports whether a list is not of the share that is played. Which are is always
// the same.
func (s *searching) isLeftOut(choices Choices) bool {
	if s.Share <= 1 || len(choices) < 2 {
		return false
	}
	h := fnv.New32a()
	h.Write([]byte(choices.String()))
	return int(h.Sum32())%s.Share != s.First%s.Share
}

// play plays one list of choices and returns those with one choice more.
func (s *searching) play(ctx context.Context, choices Choices) []Choices {
	w, t := s.world(choices)
	err := t.run(ctx)
	if ctx.Err() != nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.found.Worlds++
	s.found.Edges += t.edges
	if err != nil {
		s.found.Broken = append(s.found.Broken, Broken{choices, err})
		return nil
	}
	s.found.Depth = max(s.found.Depth, t.passes)
	longer := make([]Choices, len(w.choices.offers))
	for i, offer := range w.choices.offers {
		longer[i] = append(choices[:len(choices):len(choices)], offer)
	}
	return longer
}

// checkTimes checks how long it takes from each situation to the end.
func (s *searching) checkTimes() {
	for _, seen := range s.known {
		took, err := seen.timeToEnd()
		s.found.Longest = max(s.found.Longest, took)
		if err == nil && took > seen.limit {
			err = fmt.Errorf("the update ends only after %s, and %s is the limit", took, seen.limit)
		}
		if err != nil && len(s.found.Broken) < mostBroken {
			s.found.Broken = append(s.found.Broken, Broken{seen.by.choices, err})
		}
	}
}
