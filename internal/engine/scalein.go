package engine

import (
	"slices"
	"strings"

	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// What keeps a scaling from letting nodes go.

// dropNeedless lets go of nodes in flight that need not go any more, because somebody
// has changed a size: those that were chosen last.
func dropNeedless(s *state, p *plan) {
	for _, d := range slices.Backward(s.Run.Drains) {
		if s.StillToRemove() < 0 && d.Instance != s.Ledger.Sizes.ShrinkInstance {
			s.letGo(p, d)
			p.events = append(p.events, p.event("DrainStopped", d.Node, "stopped draining %s: the group's desired size is %d", d.Name(), s.OwnersDesired()))
			return
		}
	}
}

// roomLeft lets no further node go while pods have no room on those that are left:
// people may have asked for too few.
func roomLeft(s *state, p *plan) {
	pods := s.unschedulableForCapacity()
	if len(pods) == 0 || s.StillToRemove() <= 0 {
		return
	}
	limit := s.Update.Policy.DrainTimeout
	waited := p.wait("room", limit, "removing no further node until the pods fit on the nodes that stay: %s%s", pendingWords(pods[0]), text.More(len(pods)-1))
	if len(s.Run.Drains) > 0 {
		drainNodes(s, p)
	}
	if p.block(); waited >= limit && len(s.Run.Drains) == 0 {
		p.fail(upgrade.PodEvictionFailure, nil, "%s%s, for %s: %s is too few. %s", pendingWords(pods[0]), text.More(len(pods)-1), text.Duration(waited),
			text.Count(s.Run.Scaling.To.Desired, "node"), s.comeTo())
	}
}

// healthLeft lets no further node go while pods or new nodes are not Ready.
func healthLeft(s *state, p *plan) {
	if s.StillToRemove() <= 0 || !s.settles(p) {
		return
	}
	if len(s.Run.Drains) > 0 {
		drainNodes(s, p)
	}
	p.block()
}

// cannotShrink ends a scaling in which no node is left that may go.
func cannotShrink(s *state, p *plan) {
	if !s.settled() || len(s.Run.Drains) > 0 || s.StillToRemove() <= 0 {
		return
	}
	everyone := func(*fleet.Member) bool { return true }
	if s.NextToRemove(everyone, s.obstructed) != nil {
		p.fail(upgrade.NodeCreationFailure, nil, "at least %d usable nodes must stay, and there were too few for %s; %d of %d instances are there%s.%s %s",
			s.UsableRequiredToShrink(), text.Duration(s.Update.Policy.JoinTimeout), len(s.Where(everyone)), s.Ledger.Sizes.Expected.Desired, s.NamesUnready(), s.activity(), s.comeTo())
		return
	}
	var held, ids, protected []string
	for _, m := range s.Where(everyone) {
		switch q, pod := s.Run.QuarantinedNode(m.ID), s.StrandedPod(m); {
		case pod != "":
			held, ids = append(held, m.Name()+" is the last node of zone "+m.Zone+", to which a volume of pod "+pod+" is bound: the pod would have no node to go to (move the volume, or use --force)"), append(ids, m.ID)
		case m.Protected:
			protected = append(protected, m.Name())
		case q != nil:
			held, ids = append(held, m.Name()+": "+q.Why), append(ids, m.ID)
		case slices.Contains(s.Run.Undrainable, m.ID):
			held, ids = append(held, m.Name()+": "+s.heldOn(m)), append(ids, m.ID)
		}
	}
	if len(held) > 0 {
		p.fail(upgrade.PodEvictionFailure, ids, "%s cannot be drained, and no other is left that may go. %s. %s", text.Count(len(held), "node"), strings.Join(held, "; "), s.comeTo())
		return
	}
	p.fail(upgrade.Conflict, nil, "only nodes are left whose instances are protected from scale in (%s): remove the protection from those that may go, and retry. %s", strings.Join(protected, ", "), s.comeTo())
}
