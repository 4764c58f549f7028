package e2e

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/fakeaws"
)

// While AWS refuses every call to Auto Scaling the update waits with words and asks
// less than once a second; when that is over it goes on.
func TestThrottledForLong(t *testing.T) {
	const long = 40 * time.Second
	w := newWorld(t, "--workload", "sample")
	g := w.guarded()
	r := w.watched(func(line string, _ *os.Process) bool {
		if !strings.Contains(line, "NodeDraining") {
			return false
		}
		w.fault(fakeaws.Fault{Name: fakeaws.FaultThrottle, Action: "autoscaling:*", For: fakeaws.Duration(long)})
		return true
	}, upgrade()...)
	r.has(t, 0, "Waiting", "AWS asks to retry later (Throttling", "Successful after")
	refused := 0
	for _, call := range w.journal() {
		if call.Error == "Throttling" {
			refused++
		}
	}
	t.Logf("%d calls were refused in %s", refused, long)
	if most := int(long / time.Second); refused < 3 || refused > most {
		t.Errorf("%d calls were refused in %s, want 3 at least, which the SDK makes before it gives up, and %d at most", refused, long, most)
	}
	w.nodesRun(3, "v1.37.")
	w.isClean()
	g.verdict()
}
