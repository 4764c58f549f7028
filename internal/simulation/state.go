package simulation

import (
	"fmt"
	"slices"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// State is what has to be the same at the end, whatever happened on the way.
type State struct {
	Nodes      []string // zone, image, how many
	WarmPool   []string // images of its instances
	Size       upgrade.Size
	Min        int
	Template   string // the image and how the group refers to it
	Suspended  []string
	Autoscaler string
	Marks      []string // that Nodelift put on nodes
	Pods       []string // by workload, how many are healthy
	Status     upgrade.Status
	Errors     []string // codes
	HasDebts   bool
}

// State returns the present state of the world.
func (w *World) State() State {
	run := w.records.run.now
	s := State{
		Size: w.cloud.size, Min: w.cloud.min, Suspended: slices.Sorted(slices.Values(w.cloud.suspended)),
		Template:   w.cloud.template.inWords(),
		Autoscaler: fmt.Sprintf("%d replicas, held by %v", w.cluster.autoscaler.replicas, w.cluster.autoscaler.holders),
		HasDebts:   len(run.Owed) > 0,
	}
	s.Nodes, s.Marks = w.cluster.inventory()
	s.WarmPool = slices.Sorted(slices.Values(w.WarmInstances()))
	s.Pods = w.cluster.healthyPods()
	if run.Verdict != nil {
		s.Status = run.Verdict.Status
		for _, e := range run.Verdict.Errors {
			s.Errors = append(s.Errors, e.Code)
		}
	}
	return s
}

// healthyPods counts the healthy pods of each workload, except DaemonSets, which have
// one for each node.
func (c *cluster) healthyPods() []string {
	var counts []string
	for _, load := range c.workloads {
		if load.Kind == DaemonSet {
			continue
		}
		healthy := 0
		for _, p := range c.podsOf(load) {
			if p.healthy() {
				healthy++
			}
		}
		counts = append(counts, fmt.Sprintf("%s %d", load.Name, healthy))
	}
	return counts
}

// inWords is the image that the group launches and how it refers to it.
func (t *template) inWords() string {
	version := t.current()
	image := version.Image
	if version.Parameter != "" {
		image += " of the parameter"
	}
	return image + " by " + t.refKind()
}

// refKind says how the group refers to its template: $Latest, $Default or a number.
func (t *template) refKind() string {
	if t.ref.Follows() {
		return t.ref.Version
	}
	return "number"
}

// inventory counts the group's nodes by zone and image and lists Nodelift's marks.
// Nodes of terminating instances are left out.
func (c *cluster) inventory() (nodes, marks []string) {
	counts := map[string]int{}
	for _, n := range c.nodes {
		if n.instance != nil && (n.instance.isTerminating() || n.instance.Lifecycle == warmTerminating) {
			continue
		}
		for _, m := range n.Owned {
			marks = append(marks, n.Name+" "+string(m))
		}
		if n.instance != nil && !n.instance.isOutOfService() && !n.instance.Lifecycle.InWarmPool() {
			counts[c.w.config.Zones[n.zone]+" "+n.instance.Image]++
		}
	}
	for key, count := range counts {
		nodes = append(nodes, fmt.Sprintf("%s: %d", key, count))
	}
	slices.Sort(nodes)
	return nodes, marks
}
