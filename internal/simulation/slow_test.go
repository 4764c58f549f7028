package simulation_test

import (
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/simulation"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// TestSlowCalls plays upgrades in which calls take seconds. Limits run out as if they took no time,
// and what has to be done is done.
func TestSlowCalls(t *testing.T) {
	for name, c := range map[string]struct {
		calls    map[string]time.Duration
		workload func(*simulation.Workload)
		want     upgrade.Status
		within   time.Duration
	}{
		"A webhook that times out after 10 s does not stop the clock of the drain limit.": {
			calls:    map[string]time.Duration{"Pods.Evict": 10 * time.Second},
			workload: func(l *simulation.Workload) { l.WebhookRefuses = 1000 * time.Hour },
			want:     upgrade.Failed, within: 30 * time.Minute,
		},
		"With describes of 11 s the upgrade still makes its calls.": {
			calls: map[string]time.Duration{"Groups.Group": 11 * time.Second},
			want:  upgrade.Successful, within: 2 * time.Hour,
		},
		"With reads of pods and nodes of 8 s each, too.": {
			calls: map[string]time.Duration{"Nodes.Nodes": 8 * time.Second, "Pods.Occupancy": 8 * time.Second},
			want:  upgrade.Successful, within: 2 * time.Hour,
		},
		"With slow records, too.": {
			calls: map[string]time.Duration{"Records.SaveRun": 7 * time.Second, "Records.SaveLedger": 7 * time.Second, "Records.Load": 7 * time.Second},
			want:  upgrade.Successful, within: 3 * time.Hour,
		},
		"With calls that change something and take 12 s, too.": {
			calls: map[string]time.Duration{"Groups.Resize": 12 * time.Second, "Nodes.Mark": 12 * time.Second, "Groups.Terminate": 12 * time.Second},
			want:  upgrade.Successful, within: 2 * time.Hour,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := simulation.Sample(3)
			config.CallTakes = c.calls
			if c.workload != nil {
				c.workload(&config.Workloads[0])
			}
			w := simulation.New(config)
			out, err := simulation.Run(t.Context(), w, 12*time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			verdict := out.Result.Record.Run.Verdict
			if verdict.Status != c.want || out.Took > c.within {
				t.Errorf("%s after %s, want %s within %s", verdict.Status, out.Took, c.want, c.within)
			}
		})
	}
}
