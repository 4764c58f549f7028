package engine

import (
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/engine/debts"
	"github.com/nodelift/nodelift/internal/engine/plan"
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

// noteReadAgain returns the run with the time as a gap in which something could not be read that is
// read again now, if that was longer than two intervals: what the update waited for was not tried.
func noteReadAgain(run upgrade.Run, now time.Time) upgrade.Run {
	from := now
	for _, c := range run.FailedCalls {
		if stopsNodes(run, c) && c.Since.Before(from) {
			from = c.Since
		}
	}
	if now.Sub(from) <= 2*upgrade.Interval {
		return run
	}
	before := slices.DeleteFunc(slices.Clone(run.Gaps), func(g upgrade.Gap) bool { return !g.From.Before(from) })
	if last := len(before) - 1; last >= 0 && before[last].To.After(from) {
		from = before[last].To
	}
	run.Gaps = append(before, upgrade.Gap{From: from, To: now})
	return run
}

// stopsNodes reports whether a failed call is a read without which no node is drained: each read before
// the verdict, and after it those that restoring the sizes needs.
func stopsNodes(run upgrade.Run, c upgrade.FailedCall) bool {
	return plan.IsRead(c) && (run.Verdict == nil || slices.Contains(debts.SizesReads(), c.Reason))
}
