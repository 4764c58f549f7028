package engine

import (
	"cmp"
	"maps"
	"reflect"
	"slices"

	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// run is the run with what a pass has to tell people, and what it has learned. To lose that does no
// harm: the next pass learns it again.
func (s *state) run(p *plan.Plan, at *executor) upgrade.Run {
	run := s.Run
	if at.created.Number+at.copied.Number != 0 {
		resolved := *run.Resolved
		resolved.Template, resolved.Copy = cmp.Or(at.created, resolved.Template), cmp.Or(at.copied, resolved.Copy)
		run.Resolved = &resolved
	}
	if len(at.resumed)+len(at.suspended) > 0 {
		run.ResumeRequested = union(without(run.ResumeRequested, at.suspended), at.resumed)
	}
	s.noteWaits(&run, p)
	if s.Lacks(plan.GroupRead, plan.NodesRead, plan.PodsRead) { // nothing was done to nodes in flight
		return run
	}
	run.Counts = s.counts(at)
	run.Drains = slices.Clone(run.Drains)
	for i := range run.Drains {
		s.noteDrain(&run.Drains[i], p, at)
	}
	return run
}

// without is a without what is in b.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(x string) bool { return slices.Contains(b, x) })
}

// union is a with what only b has.
func union(a, b []string) []string {
	all := slices.Clone(a)
	for _, x := range b {
		if !slices.Contains(all, x) {
			all = append(all, x)
		}
	}
	return all
}

// noteDrain notes what a pass has done to a node in flight, and what keeps its pods.
func (s *state) noteDrain(d *upgrade.Drain, p *plan.Plan, at *executor) {
	before := s.inFlight(*d)
	if blocked, visited := p.Blocked[d.Instance]; visited {
		d.Blocked = blocked
	}
	for _, pod := range at.evicted {
		if pod.Node == before.Node || pod.Node == s.podsOf(before.Drain) {
			d.Evicted++
			if pod.Created.Before(d.Since) { // one that came back is no progress
				d.GraceEnds = upgrade.Later(d.GraceEnds, s.Now.Add(pod.Grace))
			}
		}
	}
	d.Blocked = s.round().Note(before, d.Blocked, at.answers)
	if slices.Contains(at.cordoned, d.Node) { // perhaps again, if the node was lost meanwhile
		d.Cordoned = at.Now()
	}
	if slices.Contains(at.terminated, d.Instance) {
		d.TerminationRequested = s.Now
	}
}

// noteWaits notes the waits of a pass with their timers. In a pass that acted, not all rules may have
// been asked; then earlier waits stay, except those for calls that were made now. Calls that fail come
// first: people look at the first wait, and it may be the reason for the others.
func (s *state) noteWaits(run *upgrade.Run, p *plan.Plan) {
	run.Waits, run.Timers, run.FailedCalls = slices.Clone(p.Waits), slices.Clone(p.Timers), slices.Clone(p.FailedCalls)
	if len(p.Steps) > 0 && !p.AskedAll || len(s.Unread) > 0 {
		s.keepWaits(run, p)
	}
	slices.SortStableFunc(run.Waits, func(a, b upgrade.Wait) int {
		return -fleet.CompareBool(plan.IsCall(a.Key), plan.IsCall(b.Key))
	})
}

func (s *state) keepWaits(run *upgrade.Run, p *plan.Plan) {
	made := func(c upgrade.FailedCall) bool {
		return plan.IsRead(c) || slices.ContainsFunc(p.Steps, func(st plan.Step) bool { return st.Event.Reason == c.Reason })
	}
	var ended []upgrade.WaitKey
	for _, c := range s.Run.FailedCalls {
		again := func(o upgrade.FailedCall) bool { return plan.Call(o) == plan.Call(c) }
		switch {
		case made(c):
			ended = append(ended, plan.Call(c))
		case !slices.ContainsFunc(run.FailedCalls, again):
			run.FailedCalls = append(run.FailedCalls, c)
		}
	}
	for _, w := range s.Run.Waits {
		if plan.IsOfGroup(w.Key) {
			continue
		}
		again := func(o upgrade.Wait) bool { return o.Key == w.Key }
		if !slices.ContainsFunc(run.Waits, again) && !slices.Contains(ended, w.Key) {
			run.Waits = append(run.Waits, w)
		}
	}
	for _, t := range s.Run.Timers {
		if !plan.IsOfGroup(t.Key) && !slices.ContainsFunc(run.Timers, func(o upgrade.Timer) bool { return o.Key == t.Key }) {
			run.Timers = append(run.Timers, t)
		}
	}
}

func (s *state) counts(at *executor) upgrade.Counts {
	c := s.Run.Counts
	c.Refusals = maps.Clone(c.Refusals)
	for _, pod := range at.evicted {
		if d := s.drainOn(pod.Node); d != nil && d.Surplus && !s.IsScaling() {
			c.MovedAgain++
		} else {
			c.Evicted++
		}
	}
	c.Deleted += len(at.deleted)
	for _, answer := range at.answers {
		if answer.Outcome == upgrade.Refused {
			if c.Refusals == nil {
				c.Refusals = map[string]int{}
			}
			c.Refusals[answer.Budget]++
		}
	}
	gone := c.ScaledDown
	if s.IsScaling() { // it removes others
		gone = 0
	}
	c.Launched = max(c.Launched, len(s.LaunchedByUpdate())+gone)
	return c
}

func (s *state) drainOn(node string) *upgrade.Drain {
	i := slices.IndexFunc(s.Run.Drains, func(d upgrade.Drain) bool { return s.podsOf(d) == node })
	if i < 0 {
		return nil
	}
	return &s.Run.Drains[i]
}

// isNews reports whether a run differs from what was saved, in more than the time
// of the last pass, or whether that is half an interval old: two intervals
// without a pass count as a gap.
func isNews(saved, run upgrade.Run) bool {
	if isOverdue(saved, run) {
		return true
	}
	saved.LastPass = run.LastPass
	return !reflect.DeepEqual(saved, run)
}

// isOverdue reports whether the end of a pass has to be saved, so that it is not taken for a gap.
func isOverdue(saved, run upgrade.Run) bool {
	return run.LastPass.Sub(saved.LastPass) >= upgrade.Interval/2
}

// progress counts nodes, nil if they could not be read.
func (s *state) progress() *upgrade.Progress {
	if s.Lacks(plan.GroupRead, plan.NodesRead) {
		return nil
	}
	g := &upgrade.Progress{InFlight: len(s.Run.Drains)}
	for _, m := range s.Where(func(*fleet.Member) bool { return true }) {
		g.Nodes++
		if m.Outdated {
			g.Outdated++
		} else {
			g.UpToDate++
		}
		if m.Usable {
			g.Usable++
		}
	}
	return g
}
