package run

import (
	"strings"
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/cli/exit"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// A command that ends before the work begins says so: it is not done.
func TestEndedBeforeTheWorkBegins(t *testing.T) {
	for _, several := range []bool{false, true} {
		o := &Request{Cluster: "prod", Choice: Choice{Several: several, Name: "workers"}, Target: upgrade.Target{Version: "1.37"}, Given: map[string]string{}}
		u := &upgrading{o: o}
		u.groups = []*groupUpgrade{{run: u, o: o}}
		wanted, end := exit.Staying(t.Context(), time.Nanosecond)
		defer end()
		<-wanted.Done()
		err := u.outcome(wanted, u.groups)
		if exit.Code(err) != exit.Timeout || !strings.Contains(err.Error(), "to continue, run:\n  nodelift upgrade nodegroup") {
			t.Errorf("several %v: code %d, %v", several, exit.Code(err), err)
		}
	}
}
