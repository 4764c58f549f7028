package upgrade

import (
	"slices"
	"time"
)

// Drain is a node in flight: from the first eviction until its instance goes.
type Drain struct {
	Instance string
	Node     string
	Zone     string
	Since    time.Time
	// Surplus: it is drained to restore a size, not because it is outdated.
	Surplus bool
	// Cordoned is when the node was cordoned, zero before. Load balancers have time from then.
	Cordoned time.Time
	// Forced is when pods were first deleted past the drain limit, zero before.
	Forced time.Time
	// TerminationRequested is when its termination was last requested, zero before. It is requested
	// again only when reads must have caught up.
	TerminationRequested time.Time
	// Evicted counts accepted evictions.
	Evicted int
	// GraceEnds is when the grace periods of all pods evicted so far are over, zero before the first
	// eviction. The drain limit counts from there: pods that leave one after the other, each within
	// its grace period, are progress. Pods that were made after the drain started do not count: they
	// came back to the node, and might do so for ever.
	GraceEnds time.Time
	// Blocked are the pods that could not be evicted at the first try.
	Blocked []BlockedPod
}

// BlockedPod is a pod whose eviction was refused or not tried.
type BlockedPod struct {
	Pod   string // namespace/name
	UID   string
	Since time.Time
	Tries int       // refused evictions
	Next  time.Time // when to try again
	// Why in words, with the budget's numbers.
	Why    string
	Budget string
}

// DrainOf returns the drain of an instance, nil if it is not in flight.
func (r *Run) DrainOf(instance string) *Drain {
	i := slices.IndexFunc(r.Drains, func(d Drain) bool { return d.Instance == instance })
	if i < 0 {
		return nil
	}
	return &r.Drains[i]
}

// RemoveDrain takes an instance out of flight. One that is not in flight is not an error.
func (r *Run) RemoveDrain(instance string) {
	for i, d := range r.Drains {
		if d.Instance == instance {
			r.Drains = append(r.Drains[:i], r.Drains[i+1:]...)
			return
		}
	}
}

// Name is the name of the node, or the instance id while there is no node.
func (d Drain) Name() string {
	if d.Node == "" {
		return d.Instance
	}
	return d.Node
}

// Quarantined is an outdated node that could not be drained within the limit. The update continues with
// the other nodes and tries it once more at the end. It keeps its taint.
type Quarantined struct {
	Instance string
	Node     string
	Why      string // why it could not be drained
	Retried  bool
}

// QuarantinedNode returns what is noted of an instance in quarantine, nil if it is not in quarantine.
func (r *Run) QuarantinedNode(instance string) *Quarantined {
	i := slices.IndexFunc(r.Quarantined, func(q Quarantined) bool { return q.Instance == instance })
	if i < 0 {
		return nil
	}
	return &r.Quarantined[i]
}

// RetryQuarantined notes that a quarantined node is tried again.
func (r *Run) RetryQuarantined(instance string) {
	if r.QuarantinedNode(instance) != nil {
		r.Quarantined = slices.Clone(r.Quarantined)
		r.QuarantinedNode(instance).Retried = true
	}
}

// TerminatedInstance is an instance that was seen terminating.
type TerminatedInstance struct {
	Instance string
	At       time.Time
}
