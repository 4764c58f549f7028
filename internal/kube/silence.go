package kube

import (
	"net/http"
	"sync"
	"time"
)

// silence notices when the API server does not answer: neither a request that waits for its answer nor
// one that could not be delivered. The zero silence is ready for use.
type silence struct {
	mu sync.Mutex
	// since is when the first request was sent of those after the last answer, zero if there is none.
	since time.Time
}

// wrap watches every request that passes through a transport, but for watches: they may have nothing
// to say for minutes.
func (s *silence) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if isWatch(r) {
			return next.RoundTrip(r)
		}
		s.sent()
		answer, err := next.RoundTrip(r)
		if err == nil {
			s.answered()
		}
		return answer, err
	})
}

func (s *silence) sent() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.since.IsZero() {
		s.since = time.Now()
	}
}

func (s *silence) answered() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.since = time.Time{}
}

func (s *silence) length() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.since.IsZero() {
		return 0
	}
	return time.Since(s.since)
}

// Silence returns for how long the API server has not answered, 0 if it has answered since the last
// request was sent. While a Lease is held, requests are sent every 2 s.
func (c *Cluster) Silence() time.Duration { return c.silence.length() }
