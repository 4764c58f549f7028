package upgrade

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Policy is how an update works.
type Policy struct {
	Strategy       Strategy
	NodeOrder      NodeOrder
	MaxUnavailable Count
	Force          bool // pods are deleted after the drain limit
	// Quarantine: a node that is not empty at the drain limit is quarantined, and tried once
	// more at the end.
	Quarantine   bool
	DrainTimeout time.Duration
	JoinTimeout  time.Duration
	CordonWait   time.Duration // for load balancers, between cordon and termination
	MinReady     time.Duration // how long a new node has to be Ready to be usable
	Autoscaler   AutoscalerMode
	// RespectSafeToEvict: a drain waits for pods that ask not to be evicted until they have
	// finished, at most until the drain limit.
	RespectSafeToEvict bool
	// Adopt: the group is upgraded though another tool has made it.
	Adopt bool
	// Canary is how many nodes are replaced first and then run for CanarySoak, 0 for
	// none. New nodes run for Soak between two batches of MaxUnavailable.
	Canary     int
	CanarySoak time.Duration
	Soak       time.Duration
	// RollbackOnFailure: an update that fails is rolled back.
	RollbackOnFailure bool
	Health            Health
}

// DefaultPolicy returns EKS's defaults, and ours for what EKS does not have.
func DefaultPolicy() Policy {
	return Policy{
		Strategy:       Default,
		NodeOrder:      Random,
		MaxUnavailable: Count{Value: 1},
		DrainTimeout:   15 * time.Minute,
		JoinTimeout:    15 * time.Minute,
		CordonWait:     60 * time.Second,
		MinReady:       10 * time.Second,
		Autoscaler:     AutoscalerAnnotate,
		Health:         Health{After: 10 * time.Minute},
	}
}

// UnavailableOf returns how many of a group's nodes may be in flight at the same time:
// MaxUnavailable of them, at least 1 and at most 100 (EKS).
func (p Policy) UnavailableOf(nodes int) int {
	b := UnavailableNodes()
	return min(max(p.MaxUnavailable.Of(nodes), b.Least), b.Most)
}

// Strategy is how an update replaces nodes (design, section 1).
type Strategy string

// The strategies. None is DEFAULT.
const (
	// Default adds nodes first and restores the size at the end, as EKS does.
	Default Strategy = "DEFAULT"
	// Minimal never adds a node: it drains up to maxUnavailable nodes, terminates them and
	// waits for their replacements.
	Minimal Strategy = "MINIMAL"
	// Lean is Default, but never adds more nodes than are still outdated: the last ones are
	// terminated together with a lower desired size, so every instance is launched once and
	// nothing is left to scale down.
	Lean Strategy = "LEAN"
)

// NodeOrder is the order in which outdated nodes are drained. Those that are not usable
// come first in every order.
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

// Check returns an error that says which setting is not possible, or contradicts another.
func (p Policy) Check() error {
	switch {
	case !slices.Contains(Strategies(), p.Strategy):
		return fmt.Errorf("strategy %s is not one that this version of Nodelift carries out: use DEFAULT, MINIMAL or LEAN", p.Strategy)
	case !slices.Contains(NodeOrders(), p.NodeOrder):
		return fmt.Errorf("node order %s is not one that this version of Nodelift knows: use Random, Oldest, Zone or FewestPods", p.NodeOrder)
	case p.Strategy == Lean && p.NodeOrder == ZoneByZone:
		return errors.New("strategy LEAN takes nodes evenly from the zones, so the node order cannot be Zone. Leave the order out, or use DEFAULT")
	}
	return p.checkValues()
}

// checkValues says which value is not possible. Flags and the schema refuse such values,
// but a resource may be older than the schema. Autoscaler may be "".
func (p Policy) checkValues() error {
	for _, t := range []struct {
		name  string
		value time.Duration
	}{
		{"drainTimeout", p.DrainTimeout}, {"joinTimeout", p.JoinTimeout}, {"cordonWait", p.CordonWait},
		{"minReady", p.MinReady}, {"soak", p.Soak}, {"canary.soak", p.CanarySoak}, {"badHealthAfter", p.Health.After},
	} {
		if t.value < 0 {
			return fmt.Errorf("%s is %s: it must not be negative", t.name, t.value)
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
