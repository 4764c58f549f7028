package engine

import (
	"fmt"
	"slices"
	"time"

	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// upgradeNodes drains outdated nodes, up to maxUnavailable at once, and has
// them terminated (steps 5 to 8).
func upgradeNodes(s *state, p *plan) {
	if s.Run.Phase != upgrade.Upgrading {
		return
	}
	p.firstOf(s, keepTemplate, landDrains, leaveApart, recheckDrains, notJoining, keepSurge, soak, startDrains, drainNodes)
}

// keepTemplate ends an update whose group was pointed at another template by
// somebody else: new nodes would be of that one, and there is no end to it.
func keepTemplate(s *state, p *plan) {
	if s.Group.Template.Is(s.Run.Resolved.Template) {
		return
	}
	waited := p.wait("template", upgrade.ConfirmAfter, "AWS reports version %s of launch template %s instead of %d; reading again before treating that as somebody's change",
		s.Group.Template.Version, s.Group.Template.ID, s.Run.Resolved.Template.Number)
	if p.block(); waited < upgrade.ConfirmAfter {
		return
	}
	p.fail(upgrade.Conflict, []string{s.Group.Template.ID}, "somebody switched the group to version %s of launch template %s during the update, which had set version %d. Find out who (Terraform, CloudFormation?), then retry",
		s.Group.Template.Version, s.Group.Template.ID, s.Run.Resolved.Template.Number)
}

// landDrains forgets the nodes in flight whose instances are going.
func landDrains(s *state, p *plan) {
	for _, d := range s.Run.Drains {
		if !s.gone(d.Instance) {
			s.noteJoined(p, d)
			continue
		}
		p.remember(func(r *upgrade.Run) { r.RemoveDrain(d.Instance); land(r, d, s.Now, s.ByID[d.Instance] != nil) })
		how := fmt.Sprintf("terminated %s (%s)", d.Name(), d.Zone)
		if d.TerminationRequested.IsZero() {
			how = fmt.Sprintf("%s (%s) was removed by AWS or somebody else", d.Name(), d.Zone)
		}
		e := p.event("NodeGone", d.Node, "%s, %s after its drain started (%s evicted)", how, text.Duration(s.Elapsed(d.Since)), text.Count(d.Evicted, "pod"))
		p.events = append(p.events, e)
	}
}

// leaveApart takes nodes out of flight that somebody has set apart meanwhile.
func leaveApart(s *state, p *plan) {
	for _, d := range s.Run.Drains {
		if m := s.ByID[d.Instance]; m != nil && m.Lifecycle.StandbyOrDetaching() {
			s.letGo(p, d)
			p.events = append(p.events, p.event("DrainStopped", d.Node, "stopped draining %s: it is in Standby or detaching (%s)", m.Name(), m.Lifecycle))
		}
	}
}

// letGo takes a node out of flight, and a size off its way that was to go with it.
func (s *state) letGo(p *plan, d upgrade.Drain) {
	p.remember(func(r *upgrade.Run) { r.RemoveDrain(d.Instance) })
	if sizes := s.Ledger.Sizes; sizes != nil && sizes.ShrinkInstance == d.Instance {
		p.owe(func(l *upgrade.Ledger) { l.Sizes.Pending, l.Sizes.ShrinkInstance = nil, "" })
	}
}

// recheckDrains takes a node out of flight that nothing was done to yet, when
// what held when it was written down holds no more: a night may lie between that
// and the first eviction. One that waits for its pods already stays in flight
// and holds them, or its limit would begin anew each time.
func recheckDrains(s *state, p *plan) {
	for _, d := range s.Run.Drains {
		m := s.ByID[d.Instance]
		if m == nil || m.Lifecycle.IsTerminating() || touched(d, m) {
			continue
		}
		if why := s.notNow(d, m); why != "" && (!s.waitsForPods(d) || !d.Surplus && !m.Outdated) {
			p.remember(func(r *upgrade.Run) { r.RemoveDrain(d.Instance) })
			p.events = append(p.events, p.event("DrainStopped", d.Node, "not draining %s now: %s", m.Name(), why))
			return
		}
	}
}

// waitsForPods reports whether pods of a node in flight are held or ending.
func (s *state) waitsForPods(d upgrade.Drain) bool {
	ending := func(pod upgrade.Pod) bool { return pod.MustMove() && !pod.Deleting.IsZero() }
	return len(d.Blocked) > 0 || slices.ContainsFunc(s.Occupancy.Pods[d.Node], ending)
}

// touched reports whether anything was done to a node in flight.
func touched(d upgrade.Drain, m *fleet.Member) bool {
	return d.Evicted > 0 || !d.Forced.IsZero() || !d.TerminationRequested.IsZero() || !d.Cordoned.IsZero() ||
		m.Node != nil && slices.Contains(m.Node.Owned, upgrade.MarkCordon)
}

// notNow says why the drain of a node in flight may not begin, or "".
func (s *state) notNow(d upgrade.Drain, m *fleet.Member) string {
	usable, coming := s.Staying()
	switch {
	case s.Run.Verdict == nil && !d.Surplus && !m.Outdated:
		return "it is not outdated"
	case !d.Surplus && m.Usable && usable < s.UsableRequiredToDrain():
		return fmt.Sprintf("draining it would leave %s; at least %d are required", text.Count(usable, "usable node"), s.UsableRequiredToDrain())
	case d.Surplus && (m.Usable && usable < s.UsableRequiredToShrink() || s.MayJoin(m) && usable+coming < s.UsableRequiredToShrink()):
		return fmt.Sprintf("draining it would leave %s; at least %d are required", text.Count(usable, "usable node"), s.UsableRequiredToShrink())
	}
	return ""
}

// gone reports whether an instance in flight is going. One that is missing in an
// answer counts as gone if it was a node and was asked to go, or is missing for a
// while: a stale answer may not have a new instance yet, and the call that asked
// may have come to nothing.
func (s *state) gone(instance string) bool {
	if m := s.ByID[instance]; m != nil {
		return m.Lifecycle.IsTerminating()
	}
	d := s.Run.DrainOf(instance)
	return d == nil || d.Node != "" && !d.TerminationRequested.IsZero() || s.Elapsed(s.since("missing/"+instance)) >= upgrade.ConfirmAfter
}

// noteJoined notes the node of an instance that was put in flight before it had
// one, and waits for one that is missing.
func (s *state) noteJoined(p *plan, d upgrade.Drain) {
	m := s.ByID[d.Instance]
	switch {
	case m == nil:
		p.wait("missing/"+d.Instance, upgrade.ConfirmAfter, "Auto Scaling no longer lists instance %s; reading again", d.Instance)
	case m.Node != nil && d.Node == "":
		p.remember(func(r *upgrade.Run) { r.DrainOf(d.Instance).Node = m.Node.Name })
	}
}

// land counts a node that is gone, and remembers it for a while if it was seen going
// or asked to: otherwise somebody may have detached it.
func land(r *upgrade.Run, d upgrade.Drain, now time.Time, seen bool) {
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

// startDrains puts outdated nodes in flight, in their order, as long as enough
// usable ones stay (promise 2). Those that are not usable go first: that takes no
// capacity away, and may free what others wait for. Silent ones go beside as many as may be in flight: what those wait for
// may be on them.
func startDrains(s *state, p *plan) {
	free := min(s.MaxUnavailable()-s.NodesInFlight(), s.MayStartDrains())
	if s.gathers(p) || len(s.Drainable()) > 0 && s.settles(p) {
		return
	}
	waiting := s.DrainOrder(s.Drainable())
	staying := len(s.Where(func(m *fleet.Member) bool { return m.Usable && !m.InFlight }))
	for _, m := range waiting {
		if s.IsSilent(m) {
			p.startDrain(m, false)
			continue
		}
		if free <= 0 {
			return
		}
		if m.Usable {
			staying--
		}
		if floor := s.UsableRequiredToDrain(); staying < floor {
			s.awaitCapacity(p, staying, floor)
			return
		}
		free--
		p.startDrain(m, false)
	}
}

// gathering is for how long starts of drains are gathered, for each node in
// flight: 2 s with a hundred, and no time worth speaking of with a few.
const gathering = 20 * time.Millisecond

// gathers reports whether it is too early to start drains. In a large group a
// place among those in flight is free all the time, and each start takes a fresh
// read of the cloud: they are gathered, so that a large group is not read more
// often than a small one.
func (s *state) gathers(p *plan) bool {
	age := s.Now.Sub(s.Group.Read)
	left := time.Duration(s.NodesInFlight())*gathering - age
	if age < upgrade.Freshness || left <= 0 {
		return false
	}
	p.lookIn(left)
	return true
}

// startDrain puts a node in flight. It is written down before the first
// eviction.
func (p *plan) startDrain(m *fleet.Member, surplus bool) {
	d := upgrade.Drain{Instance: m.ID, Zone: m.Zone, Since: p.state.Now, Surplus: surplus}
	if m.Node != nil {
		d.Node = m.Node.Name
	}
	p.remember(func(r *upgrade.Run) {
		r.Drains = append(r.Drains, d)
		r.RetryQuarantined(m.ID)
		r.Waits = slices.DeleteFunc(slices.Clone(r.Waits), func(w upgrade.Wait) bool { return w.Key == capacityWait || w.Key == healthWait })
	})
	p.fresh = true
	why := "outdated"
	switch {
	case !m.Outdated && !surplus:
		why = "never joined; being replaced"
	case surplus:
		why = fmt.Sprintf("the group's desired size is %d", p.state.OwnersDesired())
	}
	p.events = append(p.events, p.event("NodeDraining", d.Node, "draining %s (%s): %s", d.Name(), d.Zone, why))
}

// capacityWait is the key of the wait for usable nodes. It ends when a drain begins.
const capacityWait = "capacity"

// awaitCapacity waits until enough usable nodes would stay, up to the join
// limit. What is in flight goes on meanwhile.
func (s *state) awaitCapacity(p *plan, staying, floor int) {
	limit := s.Update.Policy.JoinTimeout
	waited := p.wait(capacityWait, limit, "the next drain would leave %s; at least %d are required%s", text.Count(staying, "usable node"), floor, s.NamesUnready())
	s.lookAtMinReady(p)
	if waited >= limit && len(s.Run.Drains) == 0 && !p.intends() {
		p.fail(upgrade.NodeCreationFailure, nil, "the next drain would leave %s; at least %d are required, for %s%s.%s", text.Count(staying, "usable node"), floor, text.Duration(limit), s.NamesUnready(), s.activity())
	}
}

// awaitReplacements waits, up to the join limit, for what comes in place of the
// last nodes that went.
func (s *state) awaitReplacements(p *plan) {
	usable := len(s.Where(func(m *fleet.Member) bool { return m.Usable }))
	missing := s.OwnersDesired() - len(s.Where(func(*fleet.Member) bool { return true }))
	if usable >= s.OwnersUsable() || missing <= 0 && !slices.ContainsFunc(s.UpToDate(), s.IsJoining) {
		return
	}
	limit := s.Update.Policy.JoinTimeout
	waited := p.wait(capacityWait, limit, "%d of %d usable nodes are up; waiting for the last replacements%s", usable, s.OwnersUsable(), s.NamesUnready())
	if p.block(); waited >= limit {
		p.fail(upgrade.NodeCreationFailure, nil, "%d of %d usable nodes are up after %s%s.%s", usable, s.OwnersUsable(), text.Duration(limit), s.NamesUnready(), s.activity())
	}
}
