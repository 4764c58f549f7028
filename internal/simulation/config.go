package simulation

import (
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Config describes a world at its beginning.
type Config struct {
	Seed  uint64
	Zones []string
	Nodes int // members of the group, spread evenly over the zones
	// OtherNodes is the number of nodes of the cluster that are not of the group.
	OtherNodes int
	Min, Max   int // sizes of the group; its desired size is Nodes

	Images  []Image // the first is what the nodes run
	Follows string  // "$Latest" or "$Default" if the group names no number
	// Parameter: the launch template takes its image from a parameter, which names the first image.
	Parameter bool
	// Suspended are the scaling processes that the owner has suspended.
	Suspended []string
	Labelled  bool // nodes carry the image label from the start, as on EKS
	Taints    []string
	Protected bool // new instances are protected from scale in
	// Renamed: nodes have other names than their instances have host names.
	Renamed bool

	Machine    Machine
	Workloads  []Workload
	Autoscaler Autoscaler
	WarmPool   *WarmPool // nil if the group has none
	Update     upgrade.Update

	Delays   Delays
	Jitter   float64 // every delay varies by this share of itself
	OneByOne bool    // Auto Scaling launches one instance at a time
	// Interval is how old the description of the group may be unless a fresh one is
	// requested. For Lag after a change even a fresh one may not show the change.
	Interval time.Duration
	Lag      time.Duration
	// CallTakes is how long the calls of a method take, 0 for one that is not named. The call takes
	// effect when it is made, and the world goes on until its answer arrives.
	CallTakes map[string]time.Duration
	// Flaky is the share of calls that fail or kill the process.
	Flaky float64
}

// Machine is the capacity of one node.
type Machine struct {
	CPU  int // in thousandths
	Pods int
}

// Image is a machine image and how its nodes behave.
type Image struct {
	upgrade.Image
	Joins Joins
	// Gone: EC2 does not describe it, and neither launches it nor accepts a template version with it. Its
	// instances run on.
	Gone bool
	// KeepsPodsUnready: pods on its nodes run and never become Ready.
	KeepsPodsUnready bool
	// EndsAfter is how long after their launch its instances end, because a health check or a launch hook
	// that nobody completes has Auto Scaling replace them; 0 is never.
	EndsAfter time.Duration
}

// Joins says how the nodes of an image join the cluster.
type Joins int

// The ways to join.
const (
	JoinsReady Joins = iota
	JoinsNotReady
	NeverJoins
)

// Autoscaler is the configuration of Cluster Autoscaler.
type Autoscaler struct {
	Replicas int           // 0: the cluster has none
	Unneeded time.Duration // an empty node is removed after this time; 0: never
	Grows    bool          // a node is added for pods that have no room
}

// Delays are how long things take.
type Delays struct {
	React      time.Duration // until Auto Scaling acts on a difference from the desired size
	Boot       time.Duration // from launch to InService
	Join       time.Duration // from InService to a node, not Ready yet
	Ready      time.Duration // from there to Ready
	StartUp    time.Duration // from there until it loses its start-up taint; 0: it has none
	Hook       time.Duration // in Terminating:Wait; 0: there is no hook
	HookLaunch time.Duration // in Pending:Wait, while the node joins; 0: there is no hook
	Shutdown   time.Duration // from shutting down to gone
	NodeGone   time.Duration // from there until the node goes
	Retry      time.Duration // from a failed launch to the next try
	Rebalance  time.Duration // until uneven zones are evened out

	Recreate time.Duration // until a controller replaces a pod
	Schedule time.Duration // until the scheduler looks at a pod
	Start    time.Duration // from the binding of a pod to Ready, unless its workload says otherwise
	Stop     time.Duration // from the signal to the end of a pod, unless its workload says otherwise
	Detach   time.Duration // from the end of a pod to its volume's release
	NotReady time.Duration // from a kubelet's last heartbeat to NotReady
	Evict    time.Duration // from NotReady until its pods are deleted
	Restart  time.Duration // from the death of a process to the start of the next
}

// UsualDelays returns the delays of an ordinary cluster on an ordinary day.
func UsualDelays() Delays {
	return Delays{
		React: 2 * time.Second, Boot: 20 * time.Second, Join: 15 * time.Second, Ready: 10 * time.Second,
		Shutdown: 25 * time.Second, NodeGone: 5 * time.Second,
		Retry: 30 * time.Second, Rebalance: time.Minute,
		Recreate: 100 * time.Millisecond, Schedule: 100 * time.Millisecond,
		Start: 5 * time.Second, Stop: 2 * time.Second, Detach: 3 * time.Second,
		NotReady: 40 * time.Second, Evict: 5 * time.Minute,
		Restart: 4 * time.Second,
	}
}
