package kube

import (
	"net/http"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// fence refuses each request behind [upgrade.Fence] that would change something.
func fence(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.Method != http.MethodGet {
			if err := upgrade.Fenced(r.Context()); err != nil {
				return nil, err
			}
		}
		return next.RoundTrip(r)
	})
}
