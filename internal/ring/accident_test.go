package ring

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

// Worlds in which one thing goes wrong, at a moment that was chosen.
func TestAccidents(t *testing.T) {
	for name, of := range map[string]settings{
		"a process dies while its termination with a smaller size is on its way, and is succeeded at once": {
			strategy: v1alpha1.StrategyLean, terminate: 2 * time.Minute, directed: dyingTermination(8 * time.Second),
		},
		"the termination is carried out, and describes do not show it yet": {
			strategy: v1alpha1.StrategyLean, terminate: 2 * time.Minute, roughness: roughness{stale: 15 * time.Second}, directed: dyingTermination(0),
		},
		"a process dies like this in the scale down": {
			strategy: v1alpha1.StrategyDefault, terminate: 2 * time.Minute, directed: dyingTermination(8 * time.Second),
		},
		"a process dies while a larger size is on its way": {
			strategy: v1alpha1.StrategyLean, terminate: 2 * time.Minute, directed: dying("DesiredCapacity=", 3, 8*time.Second),
		},
		"a process dies while the template is on its way": {
			strategy: v1alpha1.StrategyLean, terminate: 2 * time.Minute, directed: dying("LaunchTemplate", 2, 8*time.Second),
		},
		"a process dies every two seconds": {
			strategy: v1alpha1.StrategyDefault, terminate: 30 * time.Second, directed: dyingAgainAndAgain(2*time.Second, 100),
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, err := newWorld(of)
				if err != nil {
					t.Fatal(err)
				}
				w.play()
				if len(w.processes) < 2 {
					t.Error("nobody has died")
				}
				for _, promise := range w.story.broken {
					t.Error(promise)
				}
				if t.Failed() || testing.Verbose() {
					t.Logf("\n%s", w.story)
				}
			})
		})
	}
}

// dyingTermination lets processes die right after they have sent a termination with a smaller size.
func dyingTermination(travels time.Duration) func(*call, *fate) {
	return dying("ShouldDecrementDesiredCapacity=true", 3, travels)
}

// dying lets some processes die right after they have sent a request. The request travels for a time.
func dying(request string, processes int, travels time.Duration) func(*call, *fate) {
	return func(c *call, f *fate) {
		if strings.Contains(string(c.body), request) && c.changes && processes > 0 {
			processes--
			f.dies, f.there = afterSending, travels
		}
	}
}

// dyingAgainAndAgain lets each process die after a time, whatever it is about to send.
func dyingAgainAndAgain(after time.Duration, times int) func(*call, *fate) {
	var last time.Time
	return func(_ *call, f *fate) {
		switch {
		case last.IsZero():
			last = time.Now()
		case time.Since(last) >= after && times > 0:
			times--
			last = time.Now()
			f.dies = beforeSending
		}
	}
}
