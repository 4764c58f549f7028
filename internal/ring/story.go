package ring

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// story is what happened in a world, for people who want to know why it ended badly.
type story struct {
	mu     sync.Mutex
	begun  time.Time
	lines  []string
	broken []string // promises
}

// tell adds a sentence. Who is the process that it is about, or "".
func (s *story) tell(who, format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.add(who, fmt.Sprintf(format, args...))
}

func (s *story) add(who, sentence string) {
	s.lines = append(s.lines, fmt.Sprintf("%9s  %-14s %s", time.Since(s.begun).Round(10*time.Millisecond), who, sentence))
}

// accuse notes that a promise was broken, once for each sentence.
func (s *story) accuse(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sentence := fmt.Sprintf(format, args...)
	for _, said := range s.broken {
		if said == sentence {
			return
		}
	}
	s.broken = append(s.broken, sentence)
	s.add("observer", "BROKEN: "+sentence)
}

func (s *story) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.lines, "\n")
}
