package engine

import (
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// slack is what is added to grace periods before a pod is taken to be gone or
// a limit to have run out.
const slack = time.Minute

// drainNodes takes each node in flight one step further: evict, cordon, wait
// for load balancers, terminate.
func drainNodes(s *state, p *plan) {
	e := evictor{state: s, plan: p, spent: map[string]int{}}
	for _, d := range s.Run.Drains {
		if m := s.ByID[d.Instance]; m != nil && !m.Lifecycle.IsTerminating() {
			s.drain(p, &e, d, m)
		}
	}
	e.send()
}

func (s *state) drain(p *plan, e *evictor, d upgrade.Drain, m *fleet.Member) {
	if m.Node == nil { // it may be gone by itself
		p.fresh = true
		s.terminate(p, d)
		return
	}
	if !m.Node.Has(upgrade.MarkTaint) {
		p.do(setMarks{m.Node.Name, []upgrade.Mark{upgrade.MarkTaint}}, "NodeTainted", m.Node.Name, "tainted %s, so that its pods do not come back", m.Node.Name)
		return
	}
	if e.short = ""; !touched(d, m) {
		e.short = s.notNow(d, m)
	}
	left := e.visit(d, m)
	if e.short != "" && len(left) == 0 {
		return // it is taken out of flight next
	}
	volumes := s.attached(d)
	if len(left) == 0 && len(volumes) == 0 {
		s.retire(p, d, m)
		return
	}
	limit := s.drainLimit(left)
	p.waitSince(d.Since, "drain/"+d.Instance, limit, "draining %s (%s): %s", d.Name(), d.Zone, holding(left, volumes))
	if s.Elapsed(d.Since) >= limit {
		s.overdue(p, d, left, volumes)
	}
}

// attached returns the volumes attached to the node that pods still have to
// leave: those of a DaemonSet's pod stay with the node, and those of a pod that
// counts as gone are detached only when its node is.
func (s *state) attached(d upgrade.Drain) []upgrade.Volume {
	if !d.Forced.IsZero() {
		return nil
	}
	staying := map[string]bool{}
	for _, pod := range s.Occupancy.Pods[d.Node] {
		for _, claim := range pod.Claims {
			staying[claim] = staying[claim] || !pod.MustMove() || s.leaves(pod, d)
		}
	}
	return slices.DeleteFunc(slices.Clone(s.Occupancy.Volumes[d.Node]), func(v upgrade.Volume) bool { return staying[v.Claim] })
}

// drainLimit is the drain timeout, or the longest accepted grace period and a
// minute if that is more.
func (s *state) drainLimit(left []leftPod) time.Duration {
	limit := s.Update.Policy.DrainTimeout
	for _, l := range left {
		if !l.pod.Deleting.IsZero() {
			limit = max(limit, l.pod.Grace+slack)
		}
	}
	return limit
}

// retire has an empty node cordoned, leaves load balancers time to drop it,
// and has it terminated (steps 6 and 7).
func (s *state) retire(p *plan, d upgrade.Drain, m *fleet.Member) {
	wait := s.Update.Policy.CordonWait
	switch {
	case !m.Node.Has(upgrade.MarkCordon) || !m.Node.Has(upgrade.MarkExclude):
		p.do(setMarks{m.Node.Name, []upgrade.Mark{upgrade.MarkCordon, upgrade.MarkExclude}}, "NodeCordoned", m.Node.Name, "cordoned %s, empty after %s; load balancers have %s to drop it", m.Node.Name, text.Duration(s.Elapsed(d.Since)), text.Duration(wait))
	case d.Cordoned.IsZero():
		p.remember(func(r *upgrade.Run) { r.DrainOf(d.Instance).Cordoned = s.Now })
	case s.Elapsed(d.Cordoned) < wait:
		p.waitSince(d.Cordoned, "cordon/"+d.Instance, wait, "giving load balancers time to drop %s", d.Name())
	default:
		s.terminate(p, d)
	}
}

// terminate ends the instance of a node in flight, and asks again if it is
// still there when reads must have caught up.
func (s *state) terminate(p *plan, d upgrade.Drain) {
	if s.Now.Sub(d.TerminationRequested) < upgrade.ConfirmAfter {
		s.awaitGoing(p, d)
		return
	}
	if s.withPlace(p, d) {
		s.shrink(p, d)
		return
	}
	p.fresh = p.fresh || s.IsLean() // which has asked what is there whether its place stays
	p.do(s.termination(d, false), "NodeTerminated", d.Node, "terminating empty instance %s (%s)", d.Instance, nodeAndZone(d))
}

// nodeAndZone says where a node in flight is. An instance without a node has its zone alone.
func nodeAndZone(d upgrade.Drain) string {
	if d.Node == "" {
		return d.Zone
	}
	return d.Node + ", " + d.Zone
}

// awaitGoing waits for an instance that was asked to go, up to the join limit,
// the time that Auto Scaling has for anything.
func (s *state) awaitGoing(p *plan, d upgrade.Drain) {
	limit := s.Update.Policy.JoinTimeout
	p.fresh = true
	p.lookIn(time.Second)
	waited := p.wait("going/"+d.Instance, limit, "requested termination of instance %s (%s); still present", d.Instance, d.Name())
	switch {
	case waited < limit:
	case d.Surplus || s.Run.Verdict != nil:
		s.giveUpOn(p, d, "Auto Scaling has not terminated instance "+d.Instance)
	default:
		p.fail("Unknown", []string{d.Instance}, "Auto Scaling has not terminated instance %s, which is empty, for %s: look at the group's suspended processes and lifecycle hooks", d.Instance, text.Duration(waited))
	}
}

func (s *state) termination(d upgrade.Drain, shrink bool) terminate {
	return terminate{drain: d, shrink: shrink, leave: func(pod upgrade.Pod) bool { return s.leaves(pod, d) }}
}

// overdue is what happens at the drain limit. A node that nothing was done to yet,
// because too few usable ones would stay, is not emptied by force (promise 2).
func (s *state) overdue(p *plan, d upgrade.Drain, left []leftPod, volumes []upgrade.Volume) {
	begins, advice := s.begins(d), s.advice(left)
	if !begins {
		advice = "Find out what happened to the missing nodes, then retry"
	}
	force := s.Update.Policy.Force && begins && (s.Run.Verdict == nil || s.Run.Verdict.Status == upgrade.Successful)
	switch {
	case force && d.Forced.IsZero():
		p.remember(func(r *upgrade.Run) { r.DrainOf(d.Instance).Forced = s.Now })
		p.warn("DrainForced", "%s could not be drained within %s: %s. Deleting its pods now (force)", d.Name(), text.Duration(s.Elapsed(d.Since)), holding(left, volumes))
	case force:
		s.deletePods(p, left)
	case s.Run.Verdict != nil || d.Surplus && !s.IsScaling():
		s.giveUpOn(p, d, holding(left, volumes))
	case s.Update.Policy.Quarantine:
		s.putAside(p, d, holding(left, volumes)+". "+advice)
	default:
		p.fail(upgrade.PodEvictionFailure, []string{d.Instance}, "node %s could not be drained within %s: %s. %s", d.Name(), text.Duration(s.Elapsed(d.Since)), holding(left, volumes), advice+s.keptSize())
	}
}

// begins reports whether the drain of a node has begun, or may.
func (s *state) begins(d upgrade.Drain) bool {
	m := s.ByID[d.Instance]
	return touched(d, m) || s.notNow(d, m) == ""
}

// deletePods deletes the pods that could not be evicted. One that is asked for
// now, because it is waited for no longer, goes through its budget if that lets it.
func (s *state) deletePods(p *plan, left []leftPod) {
	for _, l := range left {
		if l.pod.Deleting.IsZero() && l.isHeld() {
			p.do(deletePod{l.pod}, "PodDeleted", l.pod.Node, "deleted pod %s from %s past its budgets (force): %s", l.pod.ID(), l.pod.Node, l.why)
		}
	}
}

// giveUpOn leaves a node that cannot be emptied to give back a size. It is
// never terminated for that; another one may go instead.
func (s *state) giveUpOn(p *plan, d upgrade.Drain, why string) {
	s.letGo(p, d)
	p.remember(func(r *upgrade.Run) { r.Undrainable = append(r.Undrainable, d.Instance) })
	p.warn("NodeKept", "%s could not be drained and is kept: %s", d.Name(), why)
}
