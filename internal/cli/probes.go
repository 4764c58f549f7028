package cli

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	// freshFor is how long an announcement counts.
	freshFor = 15 * time.Second
	// stuckAfter is how long the process may be without an attempt to announce itself before
	// it counts as dead. Each attempt ends by itself, with success or not.
	stuckAfter = time.Minute
)

// probes are what /healthz and /readyz answer from. The zero probes are those of a
// process that has just started.
type probes struct {
	mu      sync.Mutex
	synced  bool
	stopped bool
	tried   time.Time // last attempt to announce the process
	told    time.Time // last attempt that succeeded
	trouble error     // of the last attempt
}

// sync notes that the caches have read the whole cluster.
func (p *probes) sync() { p.note(func() { p.synced, p.tried = true, time.Now() }) }

// stop notes that the process is ending.
func (p *probes) stop() { p.note(func() { p.stopped = true }) }

// announced notes whether an attempt to announce the process succeeded.
func (p *probes) announced(err error) {
	p.note(func() {
		p.tried, p.trouble = time.Now(), err
		if err == nil {
			p.told = p.tried
		}
	})
}

func (p *probes) note(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

// alive is an error if the process hangs.
func (p *probes) alive() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if silent := time.Since(p.tried); p.synced && silent > stuckAfter {
		return fmt.Errorf("nothing was done for %s", silent.Truncate(time.Second))
	}
	return nil
}

// ready is an error if the process does not work on updates, or is not announced.
func (p *probes) ready() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.stopped:
		return errors.New("it ends")
	case !p.synced:
		return errors.New("it has not seen the whole cluster yet")
	case time.Since(p.told) <= freshFor:
		return nil
	case p.trouble != nil:
		return fmt.Errorf("it is not announced: %w", p.trouble)
	}
	return errors.New("it is not announced yet")
}

// serve answers probes until the process ends, and returns the address that it listens on.
func (p *probes) serve(address string) (string, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return "", fmt.Errorf("serve the probes: %w; --health-address names another address", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", answer(p.alive))
	mux.HandleFunc("GET /readyz", answer(p.ready))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }()
	return listener.Addr().String(), nil
}

func answer(how func() error) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if err := how(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	}
}
