package engine

import (
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// maxGaps bounds the gaps that a run remembers. Older ones are merged, which
// counts less time and so errs on the side of waiting.
const maxGaps = 32

// noteGap returns the run as of the start of a pass, with the time since the end of the last pass as
// a gap if that was longer than two intervals. While the update is paused all time is a gap, because
// what it waits for is not tried. The time that a pass takes is none, however long it is.
func noteGap(run upgrade.Run, now time.Time, paused bool) upgrade.Run {
	last := len(run.Gaps) - 1
	switch {
	case run.LastPass.IsZero() || !paused && now.Sub(run.LastPass) <= 2*upgrade.Interval:
	case last >= 0 && run.LastPass.Sub(run.Gaps[last].To) <= upgrade.Interval: // the pass between them
		run.Gaps = slices.Clone(run.Gaps)
		run.Gaps[last].To = now
	default:
		run.Gaps = append(run.Gaps[:len(run.Gaps):len(run.Gaps)], upgrade.Gap{From: run.LastPass, To: now})
	}
	if len(run.Gaps) > maxGaps {
		merged := upgrade.Gap{From: run.Gaps[0].From, To: run.Gaps[1].To}
		run.Gaps = append([]upgrade.Gap{merged}, run.Gaps[2:]...)
	}
	run.LastPass = now
	return run
}
