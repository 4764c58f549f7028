package engine

import (
	"slices"
	"strings"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// What keeps a scaling from letting nodes go.

// dropNeedless lets go of nodes in flight that need not go any more, because somebody
// has changed a size: those that were chosen last.
func dropNeedless(s *state, p *plan) {
	for _, d := range slices.Backward(s.run.Drains) {
		if s.tooMany() < 0 && d.Instance != s.ledger.Sizes.ShrinkInstance {
			s.letGo(p, d)
			p.events = append(p.events, p.event("DrainStopped", d.Node, "%s is not drained any more: the owner wants %s", d.Name(), count(s.wanted(), "node")))
			return
		}
	}
}

// roomLeft lets no further node go while pods have no room on those that are left:
// people may have asked for too few.
func roomLeft(s *state, p *plan) {
	pods := s.unschedulableForCapacity()
	if len(pods) == 0 || s.tooMany() <= 0 {
		return
	}
	limit := s.update.Policy.DrainTimeout
	waited := p.wait("room", limit, "no further node goes before the pods have room on those that are left: %s%s", pendingWords(pods[0]), more(len(pods)-1))
	if len(s.run.Drains) > 0 {
		drainNodes(s, p)
	}
	if p.block(); waited >= limit && len(s.run.Drains) == 0 {
		p.fail(upgrade.PodEvictionFailure, nil, "%s%s, for %s: %s is too few. %s", pendingWords(pods[0]), more(len(pods)-1), brief(waited),
			count(s.run.Scaling.To.Desired, "node"), s.comeTo())
	}
}

// healthLeft lets no further node go while pods or new nodes are not Ready.
func healthLeft(s *state, p *plan) {
	if s.tooMany() <= 0 || !s.settles(p) {
		return
	}
	if len(s.run.Drains) > 0 {
		drainNodes(s, p)
	}
	p.block()
}

// cannotShrink ends a scaling in which no node is left that may go.
func cannotShrink(s *state, p *plan) {
	if !s.settled() || len(s.run.Drains) > 0 || s.tooMany() <= 0 {
		return
	}
	everyone := func(*member) bool { return true }
	if s.nextSurplus(everyone) != nil {
		p.fail(upgrade.NodeCreationFailure, nil, "%d usable nodes have to stay before another one goes, for %s; %d of %d instances are there%s.%s %s",
			s.giveBackFloor(), brief(s.update.Policy.JoinTimeout), len(s.where(everyone)), s.ledger.Sizes.Expected.Desired, s.unready(), s.activity(), s.comeTo())
		return
	}
	var held, ids, protected []string
	for _, m := range s.where(everyone) {
		switch q, pod := s.run.QuarantinedNode(m.ID), s.strands(m); {
		case pod != "":
			held, ids = append(held, m.name()+" is the last node of zone "+m.Zone+", to which a volume of pod "+pod+" is bound: the pod would have no node to go to (move the volume, or use --force)"), append(ids, m.ID)
		case m.Protected:
			protected = append(protected, m.name())
		case q != nil:
			held, ids = append(held, m.name()+": "+q.Why), append(ids, m.ID)
		case slices.Contains(s.run.Undrainable, m.ID):
			held, ids = append(held, m.name()+": "+s.heldOn(m)), append(ids, m.ID)
		}
	}
	if len(held) > 0 {
		p.fail(upgrade.PodEvictionFailure, ids, "%s cannot be drained, and no other is left that may go. %s. %s", count(len(held), "node"), strings.Join(held, "; "), s.comeTo())
		return
	}
	p.fail(upgrade.Conflict, nil, "only nodes are left whose instances are protected from scale in (%s): take the protection off those that may go, and start again. %s", strings.Join(protected, ", "), s.comeTo())
}

// spared reports whether a scaling leaves a member alone: its owner has protected it
// from that, or a pod of it would have nowhere to go, or it was put aside and there are
// others, or it was tried again.
func (s *state) spared(m *member) bool {
	if !s.scales() || m.Protected || s.strands(m) != "" {
		return s.scales()
	}
	aside := s.run.QuarantinedNode(m.ID)
	others := func(o *member) bool {
		return !o.inFlight && !o.Protected && s.run.QuarantinedNode(o.ID) == nil && !slices.Contains(s.run.Undrainable, o.ID)
	}
	return aside != nil && (aside.Retried || len(s.run.Drains) > 0 || len(s.where(others)) > 0)
}

// strands names a pod that would have no node to go to if a member went, because its
// volumes are bound to zones without another node; "" for none. With force it goes.
func (s *state) strands(m *member) string {
	if m.node == nil || s.update.Policy.Force {
		return ""
	}
	elsewhere := func(zone string) bool { return s.hasOther(zone, m) }
	for _, pod := range byID(s.occupancy.Pods[m.node.Name]) {
		if pod.MustMove() && slices.Contains(pod.Zones, m.Zone) && !slices.ContainsFunc(pod.Zones, elsewhere) {
			return pod.ID()
		}
	}
	return ""
}

// hasOther reports whether a zone has a node beside a member that stays, of this group
// or of another one.
func (s *state) hasOther(zone string, than *member) bool {
	stays := func(m *member) bool { return m != than && m.Zone == zone && m.usable && !m.inFlight }
	strange := func(n upgrade.Node) bool {
		return n.Zone() == zone && n.Ready && s.byID[n.Instance()] == nil && !n.Has(upgrade.MarkCordon) && !n.Has(upgrade.MarkTaint)
	}
	return len(s.where(stays)) > 0 || slices.ContainsFunc(s.nodes, strange)
}
