package cli

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A controller is ready while it sees the cluster and is announced, and alive while it
// tries.
func TestProbes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &probes{}
		is := func(alive bool, why string) {
			t.Helper()
			if err := p.alive(); (err == nil) != alive {
				t.Errorf("alive: %v", err)
			}
			switch err := p.ready(); {
			case err == nil && why != "", err != nil && (why == "" || !strings.Contains(err.Error(), why)):
				t.Errorf("ready: %v, want %q", err, why)
			}
		}
		is(true, "has not seen the whole cluster")
		time.Sleep(time.Hour) // a large cluster behind a slow network
		is(true, "has not seen the whole cluster")
		p.sync()
		is(true, "not announced yet")
		p.announced(nil)
		is(true, "")
		time.Sleep(freshFor)
		p.announced(errors.New("the API server is down"))
		is(true, "")
		time.Sleep(time.Second)
		is(true, "the API server is down")
		p.announced(nil)
		is(true, "")
		time.Sleep(stuckAfter + time.Second) // nothing is tried any more
		is(false, "not announced")
		p.announced(nil)
		p.stop()
		is(true, "it ends")
	})
}
