package forecast

import (
	"fmt"
	"slices"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// Promises 1, 5 and 7: the sizes, the world after every pass, and the end.

// resizing is called before the sizes are set.
func (o *observer) resizing(size upgrade.Size) {
	if most := o.most.Desired + o.bound(); size.Desired > most {
		o.breaks(5, "the desired size is raised to %d, at most %d may be", size.Desired, most)
	}
	if most := o.most.Max + o.bound(); size.Max > most {
		o.breaks(5, "the maximum size is raised to %d, at most %d may be", size.Max, most)
	}
	hidden := o.hidden()
	if members := len(o.w.cloud.members()); size.Desired < min(members, o.w.cloud.size.Desired) && !hidden {
		o.breaks(4, "the desired size is lowered to %d below %d members: Auto Scaling would choose who goes", size.Desired, members)
	}
}

// passed is called after every pass.
func (o *observer) passed() {
	if !o.disturbed && !o.w.records.update.Policy.Force {
		o.budgets()
	}
	for _, wait := range o.w.records.run.now.Waits {
		if wait.Message == "" {
			o.breaks(7, "the wait %q does not say for what", wait.Key)
		}
	}
}

// budgets holds that those which were met when the update began still are.
func (o *observer) budgets() {
	for _, load := range o.w.cluster.loads {
		for _, b := range load.budgets {
			if o.sound[b.id] && b.Healthy < b.Needed {
				o.breaks(1, "budget %s needs %d healthy pods and has %d", b.id, b.Needed, b.Healthy)
			}
		}
	}
}

// ended is called when the update has ended.
func (o *observer) ended() {
	run := o.w.records.run.now
	if len(run.Owing) > 0 {
		return // said, and paid by the next run
	}
	now := o.w.State()
	if !o.owners(o.w.cloud.size) {
		o.breaks(5, "the sizes are %+v at the end, the owner's are %+v", o.w.cloud.size, o.user)
	}
	if !slices.Equal(now.Suspended, o.before.Suspended) {
		o.breaks(5, "suspended at the end: %v, before: %v", now.Suspended, o.before.Suspended)
	}
	if now.Autoscaler != o.before.Autoscaler {
		o.breaks(5, "Cluster Autoscaler at the end: %s, before: %s", now.Autoscaler, o.before.Autoscaler)
	}
	if len(now.Marks) > 0 {
		o.breaks(5, "marks are left: %v", now.Marks)
	}
	if o.w.records.ledger.now.Owes() {
		o.breaks(5, "the ledger owes and nobody says so: %+v", o.w.records.ledger.now)
	}
	if run.Verdict == nil {
		o.breaks(7, "the update has ended without a verdict")
	}
}

// State is what has to be the same at the end, however the way there was.
type State struct {
	Nodes      []string // zone, image, how many
	Size       upgrade.Size
	Template   string // the image and how the group refers to it
	Suspended  []string
	Autoscaler string
	Marks      []string // of ours
	Pods       []string // by workload, how many are healthy
	Status     upgrade.Status
	Errors     []string // codes
	Owing      bool
}

// State is the world now.
func (w *World) State() State {
	run := w.records.run.now
	s := State{
		Size: w.cloud.size, Suspended: slices.Sorted(slices.Values(w.cloud.suspended)),
		Template:   fmt.Sprintf("%s by %s", w.cloud.template.used().Image, w.cloud.template.refKind()),
		Autoscaler: fmt.Sprintf("%d replicas, held by %v", w.cluster.scaler.replicas, w.cluster.scaler.holders),
		Owing:      len(run.Owing) > 0,
	}
	s.Nodes, s.Marks = w.cluster.inventory()
	for _, load := range w.cluster.loads {
		if load.Kind == DaemonSet {
			continue // as many as there are nodes
		}
		healthy := 0
		for _, p := range w.cluster.podsOf(load) {
			if p.healthy() {
				healthy++
			}
		}
		s.Pods = append(s.Pods, fmt.Sprintf("%s %d", load.Name, healthy))
	}
	if run.Verdict != nil {
		s.Status = run.Verdict.Status
		for _, e := range run.Verdict.Errors {
			s.Errors = append(s.Errors, e.Code)
		}
	}
	return s
}

// refKind is how the group refers to its template.
func (t *template) refKind() string {
	if t.ref.Follows() {
		return t.ref.Version
	}
	return "number"
}

// inventory counts the group's nodes by zone and image and lists our marks. A
// node on its way out takes its marks with it.
func (c *cluster) inventory() (nodes, marks []string) {
	counts := map[string]int{}
	for _, n := range c.nodes {
		if n.instance != nil && !n.instance.going.IsZero() {
			continue
		}
		for _, m := range n.Owned {
			marks = append(marks, n.Name+" "+string(m))
		}
		if n.instance != nil {
			counts[c.w.config.Zones[n.zone]+" "+n.instance.Image]++
		}
	}
	for key, count := range counts {
		nodes = append(nodes, fmt.Sprintf("%s: %d", key, count))
	}
	slices.Sort(nodes)
	return nodes, marks
}
