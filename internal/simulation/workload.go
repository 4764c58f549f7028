package simulation

import (
	"fmt"
	"time"
)

// Kind is who owns a workload's pods.
type Kind string

// The kinds of workload.
const (
	Deployment  Kind = "Deployment"
	StatefulSet Kind = "StatefulSet"
	DaemonSet   Kind = "DaemonSet"
	Job         Kind = "Job"
	Bare        Kind = "" // nobody: its pods don't come back
)

// Spread is how a workload's pods are spread over zones.
type Spread int

// The spreads: soft prefers even zones, hard waits for them.
const (
	Anywhere Spread = iota
	SpreadSoft
	SpreadHard
)

// Workload describes pods that are alike.
type Workload struct {
	Kind      Kind
	Namespace string // "" is default
	Name      string
	Replicas  int // not for a DaemonSet
	CPU       int // request in thousandths
	Spread    Spread
	Budgets   []Budget
	Start     time.Duration // from a node to Ready; 0: as Delays say
	Stop      time.Duration // from the signal to the end; 0: as Delays say
	Grace     time.Duration // 0: 30 s
	Runs      time.Duration // how long a Job's pod runs; 0: it does not end
	Volume    bool          // every pod has a volume, bound to its first zone
	// LocalVolume: its volumes are disks of their nodes and bound to these.
	LocalVolume bool
	LocalData   bool
	HostPort    int // of the node, that every pod takes; 0: none
	// Keep is the annotation that asks not to evict its pods, in words.
	Keep string
	// WebhookRefuses is for how long after the beginning a webhook refuses to let its
	// pods be evicted.
	WebhookRefuses time.Duration
	// NeverReady pods run, but do not become Ready.
	NeverReady bool
	Finalizers []string
	Tolerates  string // the toleration of our taint, in words
	// NamespaceTerminating: its namespace is being deleted.
	NamespaceTerminating bool
	// Controller: its pods are those of Nodelift's own controller.
	Controller bool
}

// EveryTaint is the toleration of a pod that goes anywhere, also where a cordon
// keeps others off.
const EveryTaint = "every taint"

// Budget is a PodDisruptionBudget over one workload. One of the two rules is
// set; a pointer, because 0 is a rule.
type Budget struct {
	Name           string
	MinAvailable   *int
	MaxUnavailable *int
	AlwaysAllow    bool
}

// workload is a workload that lives.
type workload struct {
	Workload
	owner       string // Kind/name
	budgets     []*budget
	podCount    int   // that are there and not being deleted
	podsPerZone []int // of those, how many are in which zone
	podsMade    int   // ever, for their names
}

func (c *cluster) newWorkload(spec Workload) *workload {
	d := c.w.config.Delays
	spec.Namespace = orElse(spec.Namespace, "default")
	spec.Grace = orElse(spec.Grace, 30*time.Second)
	spec.Start = orElse(spec.Start, d.Start)
	spec.Stop = orElse(spec.Stop, d.Stop)
	load := &workload{Workload: spec, podsPerZone: make([]int, len(c.w.config.Zones))}
	if spec.Kind != Bare {
		load.owner = fmt.Sprintf("%s/%s", spec.Kind, spec.Name)
	}
	for _, rule := range spec.Budgets {
		load.budgets = append(load.budgets, newBudget(spec, rule))
	}
	return load
}

// orElse returns the value, or another one in place of zero.
func orElse[T comparable](value, other T) T {
	var zero T
	if value == zero {
		return other
	}
	return value
}

// replaces reports whether the controller replaces a pod of this workload, and
// whether it does so while the old one is still terminating. A StatefulSet's pod
// comes back under its name, which has to be free.
func (l *workload) replaces() (any, early bool) {
	switch l.Kind {
	case Deployment, Job:
		return true, true
	case StatefulSet:
		return true, false
	default: // a DaemonSet's pods live and go with their nodes
		return false, false
	}
}
