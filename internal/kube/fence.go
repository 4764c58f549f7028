package kube

import (
	"net/http"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// fence refuses every request that would change something once [upgrade.Fence] has closed.
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
