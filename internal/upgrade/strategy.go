package upgrade

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Strategy is in which way an update replaces nodes (design, section 1).
type Strategy string

// The strategies. None is DEFAULT.
const (
	// Default adds nodes first and gives their places back at the end, as EKS.
	Default Strategy = "DEFAULT"
	// Minimal never adds a node: it drains up to maxUnavailable nodes, has them
	// terminated and waits for what comes in their place.
	Minimal Strategy = "MINIMAL"
	// Lean is Default that never adds more nodes than are outdated still: the last
	// ones are terminated together with their place, so that each instance is
	// launched once and nothing is left to scale down.
	Lean Strategy = "LEAN"
)

// NodeOrder is in which order outdated nodes are drained. Those that are not
// usable go first in every order.
type NodeOrder string

// The orders. None is Random.
const (
	Random     NodeOrder = "Random"     // at random, evenly over the zones
	Oldest     NodeOrder = "Oldest"     // by the launch of their instances
	ZoneByZone NodeOrder = "Zone"       // one zone after the other, by name
	FewestPods NodeOrder = "FewestPods" // by the pods that have to move
)

// Strategies returns all of them.
func Strategies() []Strategy { return []Strategy{Default, Minimal, Lean} }

// NodeOrders returns all of them.
func NodeOrders() []NodeOrder { return []NodeOrder{Random, Oldest, ZoneByZone, FewestPods} }

// Check says in words what of a policy cannot be, or does not go together.
func (p Policy) Check() error {
	switch {
	case !slices.Contains(Strategies(), p.Strategy):
		return fmt.Errorf("strategy %s is not one that this version of Nodelift carries out: use DEFAULT, MINIMAL or LEAN", p.Strategy)
	case !slices.Contains(NodeOrders(), p.NodeOrder):
		return fmt.Errorf("node order %s is not one that this version of Nodelift knows: use Random, Oldest, Zone or FewestPods", p.NodeOrder)
	case p.Strategy == Lean && p.NodeOrder == ZoneByZone:
		return errors.New("strategy LEAN takes its nodes evenly from the zones: it cannot go in the node order Zone. Leave the order out, or use DEFAULT")
	}
	return p.checkValues()
}

// checkValues says in words which value cannot be. No flag and no schema lets one
// through, but a resource may be older than the schema. The zero Autoscaler is that
// of a policy of which nothing else is known.
func (p Policy) checkValues() error {
	for _, t := range []struct {
		name  string
		value time.Duration
	}{
		{"drainTimeout", p.DrainTimeout}, {"joinTimeout", p.JoinTimeout}, {"cordonWait", p.CordonWait},
		{"minReady", p.MinReady}, {"soak", p.Soak}, {"canary.soak", p.CanarySoak}, {"badHealthAfter", p.Health.After},
	} {
		if t.value < 0 {
			return fmt.Errorf("%s is %s: no time is less than none", t.name, t.value)
		}
	}
	switch {
	case !slices.Contains([]AutoscalerMode{"", AutoscalerSuspend, AutoscalerAnnotate, AutoscalerIgnore}, p.Autoscaler):
		return fmt.Errorf("autoscaler %s is not suspend, annotate or ignore", p.Autoscaler)
	case p.Canary < 0 || p.Canary > 100:
		return fmt.Errorf("canary.nodes is %d: it is a number of nodes from 1 to 100", p.Canary)
	}
	return nil
}

func (s *state) minimal() bool { return s.run.Strategy == Minimal }

func (s *state) lean() bool { return s.run.Strategy == Lean }

// ordered puts outdated nodes in the order in which they are drained. LEAN keeps
// the zones even in every order: what goes last does not come back. Nodes with pods
// of our own controller go last in every order, so that it moves once, to a node
// that stays, and as late as it can.
func (s *state) ordered(outdated []*member) []*member {
	order := s.update.Policy.NodeOrder
	s.shuffled(outdated)
	slices.SortStableFunc(outdated, func(a, b *member) int {
		switch order {
		case Oldest:
			return a.Launched.Compare(b.Launched)
		case ZoneByZone:
			return cmp.Compare(a.Zone, b.Zone)
		case FewestPods:
			return cmp.Compare(s.load(a), s.load(b))
		}
		return 0
	})
	if s.lean() || order == Random || order == "" {
		evenly(outdated)
	}
	slices.SortStableFunc(outdated, func(a, b *member) int {
		return cmp.Or(compareBool(a.usable, b.usable), compareBool(a.hostsController(), b.hostsController()))
	})
	return outdated
}

// wanted is the desired size that the owner wants: what the ledger says while
// sizes are borrowed, which MINIMAL never does.
func (s *state) wanted() int {
	if d := s.ledger.Sizes; d != nil {
		return d.Owner.Desired
	}
	return s.group.Size.Desired
}

// surge is how many nodes are added now.
func (s *state) surge() int {
	if s.minimal() {
		return 0
	}
	if s.lean() { // what was asked to go may be shown for a while, and is not left
		asked := s.asked(nil)
		return s.surgeFor(s.where(func(m *member) bool { return m.outdated && !asked[m.ID] }))
	}
	return s.surgeFor(s.outdated())
}

// surgeFor is one node for each zone with outdated nodes, or as many as may be in
// flight if that is more.
func (s *state) surgeFor(outdated []*member) int {
	return max(len(zones(outdated)), min(s.maxUnavailable(), len(outdated)))
}

// bound is the most that may be added (EKS), to reach a zone that Auto Scaling
// does not choose by itself.
func (s *state) bound() int {
	if s.lean() && !s.stranded() {
		return s.surge()
	}
	return max(2*len(s.group.Zones), s.maxUnavailable())
}

// stranded reports whether a rollback cannot go on with what LEAN adds, as a zone that
// needs a new node has none. Nobody has chosen its strategy (decision 6), so it adds
// what DEFAULT would.
func (s *state) stranded() bool {
	return s.update.Rollback != nil && s.added() >= s.surge() && slices.ContainsFunc(s.zonesWithoutReplacement(), s.needs)
}

// taintIn returns the taint of the outdated nodes of each zone that are not in
// flight. Pods that are evicted have to find a place: where there are no new nodes
// for them yet, that is on other outdated ones, in need.
func (s *state) taintIn() func(zone string) Mark {
	uncovered := s.uncovered()
	return func(zone string) Mark {
		if s.minimal() || s.lean() && slices.Contains(uncovered, zone) {
			return MarkPrefer
		}
		return MarkTaint
	}
}

// withPlace reports whether a node in flight is terminated together with its
// place: to give back a size, or because LEAN needs no node in its stead.
func (s *state) withPlace(p *plan, d Drain) bool {
	sizes := s.ledger.Sizes
	switch {
	case d.Surplus || sizes != nil && sizes.ShrinkInstance == d.Instance:
		return true
	case !s.lean() || sizes == nil:
		return false
	}
	asked := s.asked(p)
	stay := s.where(func(m *member) bool { return m.ID != d.Instance && !asked[m.ID] })
	left := slices.DeleteFunc(slices.Clone(stay), func(m *member) bool { return !m.outdated })
	return s.added() > s.surgeFor(left) && !s.lacks(d.Zone, stay)
}

// asked are the instances that are asked to go, before or in a plan.
func (s *state) asked(p *plan) map[string]bool {
	asked := map[string]bool{}
	for _, d := range s.run.Drains {
		asked[d.Instance] = !d.TerminationRequested.IsZero()
	}
	if p == nil {
		return asked
	}
	for _, st := range p.steps {
		if t, ok := st.action.(terminate); ok {
			asked[t.drain.Instance] = true
		}
	}
	return asked
}

// lacks reports whether the zones would end uneven if a node of this one went with
// its place, and another one that came instead would be launched there, as Auto
// Scaling launches in the emptiest zone. stay are the nodes that stay then.
func (s *state) lacks(zone string, stay []*member) bool {
	if len(s.group.Zones) == 0 {
		return false
	}
	all, fresh := zones(stay), map[string]int{}
	for _, m := range stay {
		if !m.outdated {
			fresh[m.Zone]++
		}
	}
	for range s.ledger.Sizes.Expected.Desired - 1 - len(stay) { // still to be launched
		next := extreme(s.group.Zones, all, -1)
		all[next]++
		fresh[next]++
	}
	alone := !slices.ContainsFunc(s.group.Zones, func(other string) bool { return other != zone && all[other] <= all[zone] })
	return alone && s.endsUneven(zone, fresh)
}

// endsUneven reports whether a zone has too few nodes, when what is too much has been
// given back from the fullest zones.
func (s *state) endsUneven(zone string, fresh map[string]int) bool {
	total := 0
	for _, count := range fresh {
		total += count
	}
	for ; total > s.ledger.Sizes.Owner.Desired; total-- {
		fresh[extreme(s.group.Zones, fresh, 1)]--
	}
	return fresh[zone] < fresh[extreme(s.group.Zones, fresh, 1)]-1
}

// extreme is the first zone with most members, sign 1, or with fewest, sign -1.
func extreme(zones []string, count map[string]int, sign int) string {
	return slices.MaxFunc(zones, func(a, b string) int { return sign * cmp.Compare(count[a], count[b]) })
}
