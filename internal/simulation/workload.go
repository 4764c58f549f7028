package simulation

import (
	"cmp"
	"fmt"
	"time"
)

// Kind is the kind of controller that owns the pods of a workload.
type Kind string

// The kinds of workload.
const (
	Deployment  Kind = "Deployment"
	StatefulSet Kind = "StatefulSet"
	DaemonSet   Kind = "DaemonSet"
	Job         Kind = "Job"
	Bare        Kind = "" // none: its pods are not replaced
)

// Spread says how the pods of a workload are spread over zones.
type Spread int

// The spreads. SpreadSoft prefers even zones; SpreadHard leaves a pod Pending rather
// than make them uneven.
const (
	Anywhere Spread = iota
	SpreadSoft
	SpreadHard
)

// Workload describes a controller and its pods.
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
	// LocalVolume is set if its volumes are disks of nodes.
	LocalVolume bool
	LocalData   bool
	HostPort    int // of the node, that every pod takes; 0: none
	// Keep is the annotation by which its pods ask not to be evicted, if they do.
	Keep string
	// WebhookRefuses is how long after the beginning a webhook refuses to let its pods
	// be evicted.
	WebhookRefuses time.Duration
	// NeverReady is set if its pods run and never become Ready.
	NeverReady bool
	Finalizers []string
	Tolerates  string // the toleration of Nodelift's taint, in words
	// NamespaceTerminating is set if its namespace is being deleted.
	NamespaceTerminating bool
	// Controller is set if its pods are those of Nodelift's own controller.
	Controller bool
}

// EveryTaint is the toleration of a pod that may run on any node, even a cordoned one.
const EveryTaint = "every taint"

// Budget is a PodDisruptionBudget over one workload. One of MinAvailable and
// MaxUnavailable is set.
type Budget struct {
	Name           string
	MinAvailable   *int
	MaxUnavailable *int
	AlwaysAllow    bool
}

// workload is a workload in a running world.
type workload struct {
	Workload
	owner       string // Kind/name
	budgets     []*budget
	podCount    int   // that are there and not being deleted
	podsPerZone []int // of those, how many are in which zone
	evicted     int   // by accepted evictions
	podsMade    int   // ever, for their names
}

func (c *cluster) newWorkload(spec Workload) *workload {
	d := c.w.config.Delays
	spec.Namespace = cmp.Or(spec.Namespace, "default")
	spec.Grace = cmp.Or(spec.Grace, 30*time.Second)
	spec.Start = cmp.Or(spec.Start, d.Start)
	spec.Stop = cmp.Or(spec.Stop, d.Stop)
	load := &workload{Workload: spec, podsPerZone: make([]int, len(c.w.config.Zones))}
	if spec.Kind != Bare {
		load.owner = fmt.Sprintf("%s/%s", spec.Kind, spec.Name)
	}
	for _, rule := range spec.Budgets {
		load.budgets = append(load.budgets, newBudget(spec, rule))
	}
	return load
}

// replaces reports whether the controller replaces a pod of this workload, and whether
// it does so while the old one is still terminating. A StatefulSet waits, because the
// new pod has the name of the old one.
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
