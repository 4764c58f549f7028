package upgrade

import (
	"cmp"
	"slices"
	"time"
)

// MustMove reports whether a pod has to leave before its node goes. Pods of
// DaemonSets and mirror pods go with their node; finished pods have nothing to
// lose.
func (p Pod) MustMove() bool { return !p.Stays && !p.Finished }

// Occupancy is what runs on some nodes.
type Occupancy struct {
	Pods    map[string][]Pod    // by node name
	Volumes map[string][]Volume // attached, by node name
	Budgets map[string]Budget   // by namespace/name
}

// Volume is a VolumeAttachment.
type Volume struct {
	Name  string // of the persistent volume
	Claim string // namespace/name, "" if unbound
}

// Pod is a pod on a node.
type Pod struct {
	Namespace string
	Name      string
	UID       string
	Node      string
	Owner     string // Kind/name of its controller, "" for a bare pod
	Created   time.Time
	Ready     bool
	Pending   bool // phase Pending: no budget protects it
	Finished  bool // Succeeded or Failed
	Stays     bool // a DaemonSet's or a mirror pod: goes with its node
	// Deleting is when it has to be gone (deletion plus grace), zero if nobody
	// has deleted it.
	Deleting   time.Time
	Grace      time.Duration
	Finalizers []string
	// NamespaceTerminating: its namespace is being deleted, which refuses evictions.
	NamespaceTerminating bool
	// Tolerates is the toleration that lets it onto a node that carries our
	// taint, in words, or "".
	Tolerates string
	// Keep is the annotation that asks for the pod not to be evicted, as KEY=VALUE, or "".
	Keep      string
	LocalData bool     // emptyDir or hostPath data that is lost with the pod
	Claims    []string // persistent volume claims, namespace/name
	Zones     []string // zones its volumes are bound to
	// LocalVolumes are those of its volumes that exist on this node alone.
	LocalVolumes []string
	Budgets      []string // budgets that select it, namespace/name
	// Unschedulable is what the scheduler says about a pod that it has found no
	// node for, "" for every other.
	Unschedulable string
}

// ID is namespace/name.
func (p Pod) ID() string { return p.Namespace + "/" + p.Name }

// SortedByID returns pods sorted by namespace and name.
func SortedByID(pods []Pod) []Pod {
	return slices.SortedFunc(slices.Values(pods), func(a, b Pod) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
}

// Budget is a PodDisruptionBudget as its status says.
type Budget struct {
	Namespace string
	Name      string
	Allowed   int  // disruptions allowed now
	Healthy   int  // healthy pods now
	Needed    int  // healthy pods needed
	Expected  int  // pods counted
	Stale     bool // the status is of an older generation: evictions are refused
	// AlwaysAllow is unhealthyPodEvictionPolicy AlwaysAllow: unready pods may
	// always be evicted.
	AlwaysAllow bool
}

// ID is namespace/name.
func (b Budget) ID() string { return b.Namespace + "/" + b.Name }

// Outcome is what became of one eviction.
type Outcome string

// The outcomes.
const (
	Accepted  Outcome = "Accepted"  // it is terminating
	Gone      Outcome = "Gone"      // it, or the pod with this UID, is gone
	Refused   Outcome = "Refused"   // 429: a budget allows no disruption now
	Ambiguous Outcome = "Ambiguous" // 500: more than one budget selects it
	Closing   Outcome = "Closing"   // 403: its namespace is terminating
	Denied    Outcome = "Denied"    // a webhook or a missing right says no
	Unknown   Outcome = "Unknown"   // no answer, or one that says nothing
)

// Answer is what the eviction API says about one pod.
type Answer struct {
	Outcome Outcome
	Budget  string // that refused, namespace/name, if the answer tells
	Message string // the API server's words, for everything but Accepted and Gone
}
