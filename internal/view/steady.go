package view

import (
	"sync"
	"time"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

// Steady draws the status line of an update again and again. The time that a wait has lasted never runs
// backwards in it: that no pass is made is noticed only after 10 s, and then the time stands still until
// it is right again. The zero Steady is ready for use.
type Steady struct {
	mu sync.Mutex
	// since is when the wait began that was shown last, and worked how long it was said to last.
	since  time.Time
	worked time.Duration
}

// Line is [StatusLine].
func (s *Steady) Line(u v1alpha1.NodeGroupUpdate, g v1alpha1.NodeGroup, now time.Time) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return statusLine(u, g, now, func(since time.Time) time.Duration {
		if !since.Equal(s.since) {
			s.since, s.worked = since, 0
		}
		s.worked = max(s.worked, worked(u, since, now))
		return s.worked
	})
}
