package kube

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

// The API server is silent from the first request that it did not answer until it answers one.
func TestSilence(t *testing.T) {
	for name, c := range map[string]struct {
		path   string
		answer func(*http.Request) (*http.Response, error)
		want   time.Duration
	}{
		"An API server that answers is not silent.":                     {"/api/v1/nodes", answered, 0},
		"One that keeps a request waiting is silent since it was sent.": {"/api/v1/nodes", unanswered, 9 * time.Second},
		"One that cannot be reached is silent since the first attempt.": {"/api/v1/nodes", unreachable, 9 * time.Second},
		"One that has nothing to say on a watch is not silent.":         {"/api/v1/nodes?watch=true", unanswered, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &silence{}
				go func() { _, _ = s.wrap(roundTripper(c.answer)).RoundTrip(request(t, c.path)) }()
				time.Sleep(9 * time.Second)
				if got := s.length(); got != c.want {
					t.Errorf("silent for %s, want %s", got, c.want)
				}
				_, _ = s.wrap(roundTripper(answered)).RoundTrip(request(t, "/api/v1/pods"))
				if got := s.length(); got != 0 {
					t.Errorf("it has answered, and is silent for %s", got)
				}
			})
		})
	}
}

func request(t *testing.T, path string) *http.Request {
	return httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
}

func answered(*http.Request) (*http.Response, error) { return &http.Response{Body: http.NoBody}, nil }

func unreachable(*http.Request) (*http.Response, error) { return nil, errors.New("connection refused") }

func unanswered(r *http.Request) (*http.Response, error) {
	select {
	case <-time.After(time.Hour):
	case <-r.Context().Done():
	}
	return nil, errors.New("timeout")
}
