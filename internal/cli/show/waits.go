package show

import (
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
	"github.com/nodelift/nodelift/internal/view"
)

// A wait is told of when it has lasted for a while, and again now and then.
const (
	waitTold  = 10 * time.Second
	waitAgain = 5 * time.Minute
)

// Waits turns what an update waits for into events, so that somebody who has no
// status line learns of it. The zero waits is ready for use.
type Waits struct{ told map[upgrade.WaitKey]time.Time }

func (w *Waits) News(run upgrade.Run, now time.Time) []view.Event {
	var events []view.Event
	told := map[upgrade.WaitKey]time.Time{} // those that are over are forgotten
	for _, wait := range run.Waits {
		lasts := run.Elapsed(wait.Since, now)
		last, before := w.told[wait.Key]
		if before {
			told[wait.Key] = last
		}
		if lasts < waitTold || before && now.Sub(last) < waitAgain {
			continue
		}
		told[wait.Key] = now
		events = append(events, view.Event{Time: now, Reason: "Waiting", Message: view.Waiting(wait.Message, lasts, wait.Limit)})
	}
	w.told = told
	return events
}
