package kube

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Who has lost the Lease may look and changes nothing.
func TestFence(t *testing.T) {
	sent := 0
	transport := fence(roundTripper(func(*http.Request) (*http.Response, error) {
		sent++
		return &http.Response{}, nil
	}))
	for _, c := range []struct {
		method string
		open   bool
		want   error
	}{
		{http.MethodGet, true, nil}, {http.MethodPatch, true, nil}, {http.MethodGet, false, nil},
		{http.MethodPatch, false, upgrade.ErrFenced}, {http.MethodPost, false, upgrade.ErrFenced}, {http.MethodDelete, false, upgrade.ErrFenced},
	} {
		ctx := upgrade.Fence(t.Context(), func() bool { return c.open })
		request, err := http.NewRequestWithContext(ctx, c.method, "https://api/", nil)
		if err != nil {
			t.Fatal(err)
		}
		sent = 0
		if _, err := transport.RoundTrip(request); !errors.Is(err, c.want) || (sent == 1) != (c.want == nil) {
			t.Errorf("%s, fence open %t: %v, sent %d times", c.method, c.open, err, sent)
		}
	}
}

// A Lease counts as ours until another process may have taken it.
func TestHoldsUntilItMayBeTaken(t *testing.T) {
	a := &attempt{}
	if a.holds() {
		t.Error("it was never ours")
	}
	for age, want := range map[time.Duration]bool{0: true, leaseDuration - time.Second: true, leaseDuration: false} {
		sent := time.Now().Add(-age)
		if a.renewed.Store(&sent); a.holds() != want {
			t.Errorf("renewed %s ago: %t, want %t", age, a.holds(), want)
		}
		// a machine that slept: its monotonic clock has stopped
		wall := sent.Round(0)
		if a.renewed.Store(&wall); a.holds() != want {
			t.Errorf("renewed %s ago by the wall clock: %t, want %t", age, a.holds(), want)
		}
	}
	long := time.Now().Add(-time.Hour)
	a.renewed.Store(&long)
	if _ = a.renewing(func() error { return errors.New("conflict") }); a.holds() {
		t.Error("a renewal that failed counts")
	}
	if _ = a.renewing(func() error { return nil }); !a.holds() {
		t.Error("a renewal does not count")
	}
}
