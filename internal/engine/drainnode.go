package engine

import (
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/engine/drain"
	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// drainNodes takes each node in flight one step further: evict, cordon, wait
// for load balancers, terminate. It comes last, so that every rule that may have something to wait for
// beside drains was asked before.
func drainNodes(s *state, p *plan.Plan) plan.Decision {
	p.AskedAll = true
	round := s.round()
	for _, d := range s.Run.Drains {
		if m := s.ByID[d.Instance]; m != nil && !m.Lifecycle.IsTerminating() {
			s.drainNode(p, round, d, m)
		}
	}
	if pods := round.Evictions(); len(pods) > 0 {
		// Each eviction has an event of its own, by its answer.
		p.Steps = append(p.Steps, plan.Step{Action: plan.Evict{Pods: pods}})
	}
	return p.Decided()
}

// round is one round of drains over what was observed.
func (s *state) round() *drain.Round {
	return &drain.Round{Now: s.Now, Policy: s.Update.Policy, Budgets: s.Occupancy.Budgets, Unschedulable: s.unschedulable, NoRoom: s.addsNone(), InFlight: len(s.Run.Drains)}
}

// addsNone says of MINIMAL what a pod without a node cannot hope for.
func (s *state) addsNone() string {
	if !s.IsMinimal() {
		return ""
	}
	fewer := ""
	if s.MaxUnavailable() > 1 {
		fewer = "drain fewer at once, "
	}
	return ", and MINIMAL adds none: make room, " + fewer + "or use DEFAULT, which does"
}

// inFlight is a node in flight with what runs on it.
func (s *state) inFlight(d upgrade.Drain) drain.Node {
	return drain.Node{Drain: d, Pods: s.Occupancy.Pods[s.podsOf(d)], Volumes: s.Occupancy.Volumes[s.podsOf(d)], Silent: s.countsAsDead(s.ByID[d.Instance])}
}

func (s *state) drainNode(p *plan.Plan, round *drain.Round, d upgrade.Drain, m *fleet.Member) {
	if m.Node == nil {
		s.drainWithoutNode(p, round, d, m)
		return
	}
	if !m.Node.Has(upgrade.MarkTaint) {
		p.Do(plan.SetMarks{Node: m.Node.Name, Marks: []upgrade.Mark{upgrade.MarkTaint}}, "NodeTainted", m.Node.Name, "tainted %s, so that its pods do not come back", m.Node.Name)
		return
	}
	visit := s.visit(p, round, d, m)
	switch {
	case visit.NotNow != "" && len(visit.Left) == 0: // it is taken out of flight next
	case visit.IsEmpty():
		s.retire(p, d, m)
	default:
		s.awaitEmpty(p, round, d, visit)
	}
}

// visit decides about the pods of a node in flight.
func (s *state) visit(p *plan.Plan, round *drain.Round, d upgrade.Drain, m *fleet.Member) drain.Visit {
	node := s.inFlight(d)
	if !isTouched(d, m) {
		node.NotNow = s.notNow(d, m)
	}
	visit := round.Visit(node)
	p.Blocked[d.Instance] = visit.Blocked
	p.LookIn(visit.Look)
	return visit
}

// awaitEmpty waits until a node is empty, up to the drain limit, which counts from the end of the
// grace periods of its evicted pods.
func (s *state) awaitEmpty(p *plan.Plan, round *drain.Round, d upgrade.Drain, visit drain.Visit) {
	limit := visit.Limit(s.Update.Policy.DrainTimeout)
	waited := p.WaitSince(upgrade.Later(d.Since, d.GraceEnds), plan.Drain(d.Instance), limit, "draining %s (%s): %s", d.Name(), d.Zone, visit.Reason())
	if waited >= limit {
		s.drainOverdue(p, round, d, visit)
	}
}

// drainOverdue is what happens at the drain limit. A node that nothing was done to yet, because too
// few usable ones would stay, is not emptied by force (promise 2).
func (s *state) drainOverdue(p *plan.Plan, round *drain.Round, d upgrade.Drain, visit drain.Visit) {
	m := s.ByID[d.Instance]
	begins, advice := isTouched(d, m) || s.notNow(d, m) == "", round.Advice(visit)
	if !begins {
		advice = "Find out what happened to the missing nodes, then retry"
	}
	force := s.Update.Policy.Force && begins && s.EndsWell()
	took := text.Duration(s.Elapsed(d.Since))
	switch {
	case force && d.Forced.IsZero():
		p.Remember(func(r *upgrade.Run) { r.DrainOf(d.Instance).Forced = s.Now })
		p.Warn("DrainForced", "%s could not be drained within %s: %s. Deleting its pods now (force)", d.Name(), took, visit.Reason())
	case force:
		deletePods(p, visit)
	case s.Run.Verdict != nil || d.Surplus && !s.IsScaling():
		s.giveUpOn(p, d, visit.Reason())
	case s.Update.Policy.Quarantine:
		s.quarantine(p, d, visit.Reason()+". "+advice)
	default:
		p.Fail(upgrade.PodEvictionFailure, []string{d.Instance}, "node %s could not be drained within %s: %s. %s", d.Name(), took, visit.Reason(), advice+s.keptSize())
	}
}

// deletePods deletes the pods that could not be evicted. One that is asked for now, because it is
// waited for no longer, goes through its budget if that lets it.
func deletePods(p *plan.Plan, visit drain.Visit) {
	for _, pod := range visit.Left {
		if pod.Deleting.IsZero() && pod.IsBlocked() {
			p.Do(plan.DeletePod{Pod: pod.Pod}, "PodDeleted", pod.Node, "deleted pod %s from %s past its budgets (force): %s", pod.ID(), pod.Node, pod.Why)
		}
	}
}

// retire has an empty node cordoned, leaves load balancers time to drop it,
// and has it terminated (steps 6 and 7).
func (s *state) retire(p *plan.Plan, d upgrade.Drain, m *fleet.Member) {
	wait := s.Update.Policy.CordonWait
	switch {
	case !m.Node.Has(upgrade.MarkCordon) || !m.Node.Has(upgrade.MarkExclude):
		p.Do(plan.SetMarks{Node: m.Node.Name, Marks: []upgrade.Mark{upgrade.MarkCordon, upgrade.MarkExclude}}, "NodeCordoned", m.Node.Name, "cordoned %s, empty after %s; load balancers have %s to drop it", m.Node.Name, text.Duration(s.Elapsed(d.Since)), text.Duration(wait))
	case d.Cordoned.IsZero():
		p.Remember(func(r *upgrade.Run) { r.DrainOf(d.Instance).Cordoned = s.Now })
	case s.Elapsed(d.Cordoned) < wait:
		p.WaitSince(d.Cordoned, plan.Cordon(d.Instance), wait, "giving load balancers time to drop %s", d.Name())
	case s.MayRunUnlisted(m):
		s.awaitLost(p, m)
	default:
		s.terminate(p, d)
	}
}

// terminate has the instance of a node in flight terminated, and asks again if it is still there when
// reads must have caught up.
func (s *state) terminate(p *plan.Plan, d upgrade.Drain) {
	if s.Now.Sub(d.TerminationRequested) < upgrade.ConfirmAfter {
		s.awaitGoing(p, d)
		return
	}
	termination := plan.Terminate{Drain: d, Silent: s.countsAsDead(s.ByID[d.Instance])}
	termination.Drain.Node = s.podsOf(d)
	if s.goesWithPlace(p, d) {
		s.ShrinkBy(p, termination, nodeAndZone(d))
		return
	}
	p.Needs.Fresh = p.Needs.Fresh || s.IsLean() // which has asked what is there whether its place stays
	p.Do(termination, terminated, d.Node, "terminating empty instance %s (%s)", d.Instance, nodeAndZone(d))
}

// nodeAndZone says where a node in flight is. An instance without a node has its zone alone.
func nodeAndZone(d upgrade.Drain) string {
	if d.Node == "" {
		return d.Zone
	}
	return d.Node + ", " + d.Zone
}

// goesWithPlace reports whether a node in flight is terminated together with its place: to restore a
// size, or because LEAN needs no replacement for it.
func (s *state) goesWithPlace(p *plan.Plan, d upgrade.Drain) bool {
	sizes := s.Ledger.Sizes
	switch {
	case d.Surplus || sizes != nil && sizes.ShrinkInstance == d.Instance:
		return true
	case !s.IsLean() || sizes == nil:
		return false
	}
	requested := s.terminationsRequested(p)
	var stay, outdated []*fleet.Member
	for _, m := range s.Where(func(m *fleet.Member) bool { return m.ID != d.Instance && !requested[m.ID] }) {
		stay = append(stay, m)
		if m.Outdated {
			outdated = append(outdated, m)
		}
	}
	return s.Added() > s.SurgeFor(outdated) && !s.LeavesZoneShort(d.Zone, stay)
}

// terminationsRequested are the instances whose termination was requested, before or in a plan.
func (s *state) terminationsRequested(p *plan.Plan) map[string]bool {
	requested := s.TerminationsRequested()
	for _, st := range p.Steps {
		if t, ok := st.Action.(plan.Terminate); ok {
			requested[t.Drain.Instance] = true
		}
	}
	return requested
}

// awaitGoing waits for an instance whose termination was requested, up to the join limit, the time
// that Auto Scaling has for anything. If the request failed, that is what it waits for: whether it still
// does is not known before it is made again.
func (s *state) awaitGoing(p *plan.Plan, d upgrade.Drain) {
	limit := s.Update.Policy.JoinTimeout
	p.Needs.Fresh = true
	p.LookIn(time.Second)
	why := "Auto Scaling has not terminated instance " + d.Instance
	call, fails := s.failedTermination()
	if fails {
		p.CallFailed(call)
		why = call.Message
	}
	waited := p.WaitFor(plan.Going(d.Instance), limit, "requested termination of instance %s (%s); still present", d.Instance, d.Name())
	switch {
	case waited < limit:
	case d.Surplus || s.Run.Verdict != nil:
		s.giveUpOn(p, d, why)
	case fails: // giveUp ends the update, with its words
	default:
		p.Fail("Unknown", []string{d.Instance}, "Auto Scaling has not terminated instance %s, which is empty, for %s: look at the group's suspended processes and lifecycle hooks", d.Instance, text.Duration(waited))
	}
}

// failedTermination is the request to terminate instances that failed when it was last made.
func (s *state) failedTermination() (upgrade.FailedCall, bool) {
	i := slices.IndexFunc(s.Run.FailedCalls, func(c upgrade.FailedCall) bool { return c.Reason == terminated })
	if i < 0 {
		return upgrade.FailedCall{}, false
	}
	return s.Run.FailedCalls[i], true
}

// terminated is the reason of the event of a termination, by which its call is known when it fails.
const terminated = "NodeTerminated"
