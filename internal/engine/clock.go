package engine

import (
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// maxGaps bounds the gaps that a run remembers. Older ones are merged, which
// counts less time and so errs on the side of waiting.
const maxGaps = 32

// noteGap returns the run as of now, with the time since the last pass as a gap
// if that was longer than two intervals, or if the update stands still: what it
// waits for is not tried then.
func noteGap(run upgrade.Run, now time.Time, still bool) upgrade.Run {
	last := len(run.Gaps) - 1
	switch {
	case run.LastPass.IsZero() || !still && now.Sub(run.LastPass) <= 2*upgrade.Interval:
	case last >= 0 && run.Gaps[last].To.Equal(run.LastPass):
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
