package engine

import (
	"fmt"
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// What is decided about the nodes in flight before any of them is drained further: some are gone,
// and some must not be drained any more.

// forgetGone takes nodes out of flight whose instances are on their way out.
func forgetGone(s *state, p *plan.Plan) plan.Decision {
	for _, d := range s.Run.Drains {
		if !s.IsGone(d.Instance) {
			s.noteJoined(p, d)
			continue
		}
		how := fmt.Sprintf("terminated %s (%s)", d.Name(), d.Zone)
		if d.TerminationRequested.IsZero() {
			how = fmt.Sprintf("%s (%s) was removed by AWS or somebody else", d.Name(), d.Zone)
		}
		p.SayOf("NodeGone", d.Node, "%s, %s after its drain started (%s evicted)", how, text.Duration(s.Elapsed(d.Since)), text.Count(d.Evicted, "pod"))
		p.Remember(func(r *upgrade.Run) {
			r.RemoveDrain(d.Instance)
			countGone(r, d, s.Now, s.ByID[d.Instance] != nil)
		})
	}
	return p.Decided()
}

// noteJoined notes the node of an instance that was put in flight without one or has joined under
// another name since, and waits for an instance that is missing.
func (s *state) noteJoined(p *plan.Plan, d upgrade.Drain) {
	m := s.ByID[d.Instance]
	switch {
	case m == nil:
		p.WaitFor(plan.Missing(d.Instance), upgrade.ConfirmAfter, "Auto Scaling no longer lists instance %s; reading again", d.Instance)
	case m.Node != nil && d.Node != m.Node.Name:
		p.Remember(func(r *upgrade.Run) { r.DrainOf(d.Instance).Node = m.Node.Name })
	}
}

// countGone counts a node that is gone, and remembers it for a while if it was seen terminating or
// its termination was requested: otherwise somebody may have detached it.
func countGone(r *upgrade.Run, d upgrade.Drain, now time.Time, seen bool) {
	r.RecentlyTerminated = slices.DeleteFunc(slices.Clone(r.RecentlyTerminated), func(l upgrade.TerminatedInstance) bool { return now.Sub(l.At) > fleet.TerminatedFor })
	if seen || !d.TerminationRequested.IsZero() {
		r.RecentlyTerminated = append(r.RecentlyTerminated, upgrade.TerminatedInstance{Instance: d.Instance, At: now})
	}
	if d.Surplus {
		r.Counts.ScaledDown++
	} else {
		r.Counts.Replaced++
	}
}

// stopApart stops the drains of nodes that somebody has put in Standby or is detaching.
func stopApart(s *state, p *plan.Plan) plan.Decision {
	for _, d := range s.Run.Drains {
		if m := s.ByID[d.Instance]; m != nil && m.Lifecycle.StandbyOrDetaching() {
			s.stopDrain(p, d)
			p.SayOf("DrainStopped", d.Node, "stopped draining %s: it is in Standby or detaching (%s)", m.Name(), m.Lifecycle)
		}
	}
	return p.Decided()
}

// stopDrain takes a node out of flight. A size that was to be lowered with it stays.
func (s *state) stopDrain(p *plan.Plan, d upgrade.Drain) {
	p.Remember(func(r *upgrade.Run) { r.RemoveDrain(d.Instance) })
	s.KeepPlaceOf(p, d.Instance)
}

// recheckDrains takes a node out of flight that nothing was done to yet, when it may not be drained
// any more: a night may lie between the decision and the first eviction. One that already waits for
// its pods stays in flight and keeps them waiting, or its limit would start again each time.
func recheckDrains(s *state, p *plan.Plan) plan.Decision {
	for _, d := range s.Run.Drains {
		m := s.ByID[d.Instance]
		if m == nil || m.Lifecycle.IsTerminating() || isTouched(d, m) {
			continue
		}
		if why := s.notNow(d, m); why != "" && (!s.waitsForPods(d) || !d.Surplus && !m.Outdated) {
			p.SayOf("DrainStopped", d.Node, "not draining %s now: %s", m.Name(), why)
			return p.Remember(func(r *upgrade.Run) { r.RemoveDrain(d.Instance) })
		}
	}
	return plan.Nothing
}

// waitsForPods reports whether pods of a node in flight are blocked or ending.
func (s *state) waitsForPods(d upgrade.Drain) bool {
	ending := func(pod upgrade.Pod) bool { return pod.MustMove() && !pod.Deleting.IsZero() }
	return len(d.Blocked) > 0 || slices.ContainsFunc(s.Occupancy.Pods[s.podsOf(d)], ending)
}

// isTouched reports whether anything was done to a node in flight.
func isTouched(d upgrade.Drain, m *fleet.Member) bool {
	return d.Evicted > 0 || !d.Forced.IsZero() || !d.TerminationRequested.IsZero() || !d.Cordoned.IsZero() ||
		m.Node != nil && slices.Contains(m.Node.Owned, upgrade.MarkCordon)
}

// notNow says why the drain of a node in flight may not go on, or "".
func (s *state) notNow(d upgrade.Drain, m *fleet.Member) string {
	usable, coming := s.Staying()
	required := s.UsableRequiredToDrain
	if d.Surplus {
		required = s.UsableRequiredToShrink
	}
	tooFew := func() bool {
		if d.Surplus && s.MayJoin(m) && usable+coming < required() {
			return true
		}
		return m.Usable && usable < required()
	}
	switch {
	case s.Run.Verdict == nil && !d.Surplus && !m.Outdated:
		return "it is not outdated"
	case tooFew():
		return fmt.Sprintf("draining it would leave %s; at least %d are required", text.Count(usable, "usable node"), required())
	}
	return ""
}
