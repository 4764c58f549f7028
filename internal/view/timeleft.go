package view

import (
	"time"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

// The phases of an update, in their order, as they stand in its status.
const (
	phaseUpgrade   = "Upgrade"
	phaseScaleDown = "ScaleDown"
	phaseDone      = "Done"
)

// TimeLeft estimates how much longer an update will take: the number of nodes that are
// left, times the time that each took so far, less the time that the next one has taken
// already. It is not known before the first node is gone, nor while the last one takes
// longer than the others.
func TimeLeft(u v1alpha1.NodeGroupUpdate, g v1alpha1.NodeGroup, now time.Time) (time.Duration, bool) {
	counts, baseline := u.Status.Counts, u.Status.Baseline
	if u.Spec.Scaling != nil {
		return scalingLeft(u, g, now)
	}
	if counts == nil || baseline == nil || counts.Replaced == 0 || u.Status.Verdict != nil {
		return 0, false
	}
	began, ended := phaseSpan(u, phaseUpgrade, now)
	if began.IsZero() {
		return 0, false
	}
	last := lastGone(u, now)
	pace := worked(u, began, earlier(last, ended)) / time.Duration(counts.Replaced)
	outdated := max(baseline.Outdated-counts.Replaced, 0)
	toGo := time.Duration(outdated + surplus(g))
	if u.Status.Strategy == string(v1alpha1.StrategyLean) { // its last nodes are terminated together with a lower desired size
		toGo = time.Duration(max(outdated, surplus(g)))
	}
	left := max(pace*toGo-worked(u, last, now), pace*(toGo-1))
	return left, left > 0
}

// lastGone is when the last node disappeared, now if none has.
func lastGone(u v1alpha1.NodeGroupUpdate, now time.Time) time.Time {
	last := now
	for _, landed := range u.Status.Landed {
		if landed.At != nil {
			last = landed.At.Time
		}
	}
	return last
}

// surplus is how many more instances the group has than the owner's desired size.
func surplus(g v1alpha1.NodeGroup) int32 {
	if g.Status.Scaling == nil || g.Status.Ledger == nil || g.Status.Ledger.Sizes == nil {
		return 0
	}
	return max(g.Status.Scaling.DesiredSize-g.Status.Ledger.Sizes.User.Desired, 0)
}

// phaseSpan is when a phase began and when the next one did, or now. Both are zero for a
// phase that has not begun.
func phaseSpan(u v1alpha1.NodeGroupUpdate, phase string, now time.Time) (began, ended time.Time) {
	for i, p := range u.Status.Phases {
		if p.Phase != phase || p.Began == nil {
			continue
		}
		if i+1 < len(u.Status.Phases) && u.Status.Phases[i+1].Began != nil {
			return p.Began.Time, u.Status.Phases[i+1].Began.Time
		}
		return p.Began.Time, now
	}
	return time.Time{}, time.Time{}
}

// worked is the part of a time in which somebody was working on the update.
func worked(u v1alpha1.NodeGroupUpdate, from, to time.Time) time.Duration {
	return max(to.Sub(from)-idle(u, from, to), 0)
}

// idle is the part of a time in which nobody was working on the update.
func idle(u v1alpha1.NodeGroupUpdate, from, to time.Time) time.Duration {
	var sum time.Duration
	for _, gap := range u.Status.Gaps {
		if gap.From == nil || gap.To == nil {
			continue
		}
		begin, end := later(gap.From.Time, from), earlier(gap.To.Time, to)
		sum += max(end.Sub(begin), 0)
	}
	if gap, open := openGap(u, to); open {
		sum += min(gap, to.Sub(from))
	}
	return sum
}

// gapBegins is the time after the last pass from which nobody counts as working on an
// update: two intervals of the engine.
const gapBegins = 10 * time.Second

// openGap is for how long nobody has been working on an update that has not ended.
func openGap(u v1alpha1.NodeGroupUpdate, now time.Time) (time.Duration, bool) {
	if u.Ended() || u.Status.LastPass == nil {
		return 0, false
	}
	gap := now.Sub(u.Status.LastPass.Time)
	return gap, gap > gapBegins
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
