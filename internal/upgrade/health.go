package upgrade

import (
	"context"
	"time"
)

// Health says what bad health is, and what happens then. The zero Health checks nothing.
// See decision 10.
type Health struct {
	// Then is what happens; "" if nothing is checked.
	Then OnBadHealth
	// MaxUnready is how many of the pods that were Ready may now be not Ready, nil if only
	// new nodes are checked.
	MaxUnready *Count
	// After is how long a pod or a node has to be not Ready before it counts.
	After time.Duration
}

// OnBadHealth is what an update does for bad health.
type OnBadHealth string

// What it does.
const (
	BadHealthPauses    OnBadHealth = "pause"    // it is paused until people resume it
	BadHealthCancels   OnBadHealth = "cancel"   // it ends, and restores what it borrowed
	BadHealthRollsBack OnBadHealth = "rollback" // it fails, and is rolled back
)

// Workloads tells how the pods are that controllers make. A workload is such a
// controller, "Deployment shop/web": pods get new names when they move, and it stays.
// That of a ReplicaSet is its Deployment, if it has one.
type Workloads interface {
	// On names the workloads that have pods on the nodes, in order, without pods that
	// have ended or are being deleted. It may come from a watch.
	On(ctx context.Context, nodes []string) ([]string, error)
	// Health returns how the pods of workloads are, on whichever node or on none. A
	// workload without pods may be missing. It may come from a watch.
	Health(ctx context.Context, workloads []string) (map[string]WorkloadHealth, error)
}

// WorkloadHealth is how a workload's pods are, without those that have ended or are
// being deleted.
type WorkloadHealth struct {
	Ready   int
	Unready []UnreadyPod
}

// UnreadyPod is a pod that is not Ready.
type UnreadyPod struct {
	Name string // namespace/name
	Node string // "" if it has none
	// Since is when it was made, or was last Ready if that is later.
	Since time.Time
	// Why is what the scheduler, or the kubelet about one of its containers, says, "" if nothing yet.
	Why string
}

// HealthBaseline is what health is compared with: how things were before.
type HealthBaseline struct {
	At        time.Time
	Workloads []Workload
	// Starting are the instances launched since the update began that have not been
	// usable yet: the others turned NotReady if they are. They are few, the others many.
	Starting []string
}

// Workload is how a workload was that had pods on the group's nodes.
type Workload struct {
	Name    string
	Ready   int
	Unready int
}

// HealthPause is that bad health has paused an update.
type HealthPause struct {
	At  time.Time
	Why string // in words, with what to do
}

// PausedForHealth reports whether bad health has paused it.
func (r Run) PausedForHealth() bool { return r.HealthPause != nil && r.Verdict == nil }

// IsPaused reports whether it is paused, by people, by bad health or because its process leaves it.
func (r Record) IsPaused() bool { return r.Update.MustPause() || r.Run.PausedForHealth() }

// BadHealth begins what is said of an update that bad health has stopped.
const BadHealth = "bad health: "
