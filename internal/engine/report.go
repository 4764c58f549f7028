package engine

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// report is the run with what a pass has to tell people. To lose it does no
// harm.
func (s *state) report(p *plan, at *executor) upgrade.Run {
	run := s.Run
	if at.created.Number != 0 {
		resolved := *run.Resolved
		resolved.Template = at.created
		run.Resolved = &resolved
	}
	run.Waits = s.waits(p)
	run.Counts = s.counts(at)
	run.Drains = slices.Clone(run.Drains)
	for i := range run.Drains {
		d := &run.Drains[i]
		if held, visited := p.held[d.Instance]; visited {
			d.Blocked = held
		}
		s.noteAnswers(d, at)
		if d.Cordoned.IsZero() && slices.Contains(at.cordoned, d.Node) {
			d.Cordoned = at.Now()
		}
		if slices.Contains(at.asked, d.Instance) {
			d.TerminationRequested = s.Now
		}
	}
	return run
}

// waits are those of a pass, calls that fail first: people look at the first one, and
// the others may only wait for that.
func (s *state) waits(p *plan) []upgrade.Wait {
	waits := s.waited(p)
	slices.SortStableFunc(waits, func(a, b upgrade.Wait) int {
		return -fleet.CompareBool(strings.HasPrefix(a.Key, callPrefix), strings.HasPrefix(b.Key, callPrefix))
	})
	return waits
}

// waited keeps the waits of a pass that only waited. One that acted may not have
// come to all rules: what was waited for before stays, but for calls that were
// made now.
func (s *state) waited(p *plan) []upgrade.Wait {
	waits := slices.Clone(p.waits)
	if len(p.steps) == 0 {
		return waits
	}
	for _, old := range s.Run.Waits {
		again := func(w upgrade.Wait) bool { return w.Key == old.Key }
		made := func(st step) bool {
			return old.Key == callPrefix+"Unknown/"+st.event.Reason || old.Key == callPrefix+upgrade.AccessDenied+"/"+st.event.Reason
		}
		if !slices.ContainsFunc(waits, again) && !slices.ContainsFunc(p.steps, made) {
			waits = append(waits, old)
		}
	}
	return waits
}

// withoutTerminated is the run without waits for nodes that are not in flight any more.
func withoutTerminated(r upgrade.Run) upgrade.Run {
	r.Waits = slices.DeleteFunc(slices.Clone(r.Waits), func(w upgrade.Wait) bool {
		kind, instance, _ := strings.Cut(w.Key, "/")
		inFlight := func(d upgrade.Drain) bool { return d.Instance == instance }
		return slices.Contains([]string{"drain", "cordon", "going", "missing"}, kind) && !slices.ContainsFunc(r.Drains, inFlight)
	})
	return r
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
	fresh := s.Where(func(m *fleet.Member) bool { return !m.Outdated && m.Launched.After(s.Run.Started) })
	gone := c.ScaledDown
	if s.IsScaling() { // it shrinks by others
		gone = 0
	}
	c.Launched = max(c.Launched, len(fresh)+gone)
	return c
}

func (s *state) drainOn(node string) *upgrade.Drain {
	i := slices.IndexFunc(s.Run.Drains, func(d upgrade.Drain) bool { return d.Node == node })
	if i < 0 {
		return nil
	}
	return &s.Run.Drains[i]
}

// noteAnswers notes what the eviction API said about the pods of a node.
func (s *state) noteAnswers(d *upgrade.Drain, at *executor) {
	for _, pod := range at.evicted {
		if pod.Node == d.Node {
			d.Evicted++
		}
	}
	for _, pod := range fleet.SortedByID(s.Occupancy.Pods[d.Node]) {
		answer, asked := at.answers[pod.UID]
		if !asked || answer.Outcome == upgrade.Accepted || answer.Outcome == upgrade.Gone || len(d.Blocked) >= heldANode {
			continue
		}
		held, before := heldBefore(*s.drainOn(pod.Node), pod)
		if !before {
			held = upgrade.BlockedPod{Pod: pod.ID(), UID: pod.UID, Since: s.Now}
		}
		held.Tries++
		held.Next = s.Now.Add(backOff(held.Tries))
		held.Why, held.Budget = refusalWords(answer), answer.Budget
		d.Blocked = append(d.Blocked, held)
	}
}

// backOff is how long to wait after so many refusals.
func backOff(tries int) time.Duration {
	return min(firstRetry<<min(tries-1, 10), lastRetry)
}

// news reports whether a run differs from what was saved, in more than the time
// of the last pass, or whether that is half an interval old: two intervals
// without a pass count as a gap.
func news(saved, run upgrade.Run) bool {
	if run.LastPass.Sub(saved.LastPass) >= upgrade.Interval/2 {
		return true
	}
	saved.LastPass = run.LastPass
	return !reflect.DeepEqual(saved, run)
}

// progress counts nodes.
func (s *state) progress() upgrade.Progress {
	g := upgrade.Progress{InFlight: len(s.Run.Drains)}
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
