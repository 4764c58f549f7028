package upgrade

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// watchesHealth reports whether bad health stops the update now. A rollback it does
// not stop: that goes back to what was healthy, and finds what is not.
func (s *state) watchesHealth() bool {
	return s.update.Policy.Health.Then != "" && s.update.Rollback == nil && s.run.Verdict == nil && !s.groupGone
}

// readHealth reads how the workloads are that had pods on the group's nodes or, for the
// first time, have some.
func (s *state) readHealth(ctx context.Context, w World, _ bool) error {
	if !s.watchesHealth() || s.still() || s.update.Policy.Health.MaxUnready == nil {
		return nil
	}
	names, err := s.workloads(ctx, w.Workloads)
	if err == nil {
		s.health, err = w.Workloads.Health(ctx, names)
	}
	if err != nil {
		return fmt.Errorf("read how the workloads are: %w", err)
	}
	return nil
}

func (s *state) workloads(ctx context.Context, w Workloads) ([]string, error) {
	var names []string
	if s.run.Health != nil {
		for _, load := range s.run.Health.Workloads {
			names = append(names, load.Name)
		}
		return names, nil
	}
	for _, m := range s.members {
		if m.node != nil {
			names = append(names, m.node.Name)
		}
	}
	return w.On(ctx, names)
}

// goOn lets an update go on that has stopped for bad health, when people have said so:
// from then on the health of that moment is what bad health is told by.
func goOn(s *state, p *plan) {
	if s.run.Stopped() && s.update.AcceptedStops >= s.run.Stops {
		p.remember(func(r *Run) { r.Stop, r.Health = nil, nil })
		p.say("HealthAccepted", "the update goes on: the present health is what bad health is told by from now on")
	}
}

// watchHealth measures the health before anything is done, and stops an update under
// which it turns bad.
func watchHealth(s *state, p *plan) {
	base := s.run.Health
	switch {
	case !s.watchesHealth():
	case base == nil:
		p.remember(func(r *Run) { r.Health = s.measure() })
	case !slices.Equal(s.starting(), base.Starting):
		p.remember(func(r *Run) {
			health := *base
			health.Starting = s.starting()
			r.Health = &health
		})
	default:
		s.stopIfBad(p)
	}
}

// measure is the health as it is now.
func (s *state) measure() *Healthy {
	base := &Healthy{At: s.now}
	for name, now := range s.health {
		base.Workloads = append(base.Workloads, Workload{Name: name, Ready: now.Ready, Unready: len(now.Unready)})
	}
	slices.SortFunc(base.Workloads, func(a, b Workload) int { return cmp.Compare(a.Name, b.Name) })
	for _, m := range s.launched() {
		if !m.usable {
			base.Starting = append(base.Starting, m.ID)
		}
	}
	return base
}

// launched are the members that were launched since the update began.
func (s *state) launched() []*member {
	return s.where(func(m *member) bool { return !m.outdated && m.Launched.After(s.run.Started) })
}

// firstSight is how long after its making a node that nobody has seen before may have
// been missed: an engine looks every few seconds, but clocks differ.
const firstSight = time.Minute

// starting are those of the launched members that have not been usable yet.
func (s *state) starting() []string {
	var starting []string
	for _, m := range s.launched() {
		unseen := m.node == nil || m.Lifecycle != InService || s.loaded.LastPass.Sub(m.node.Created) < firstSight
		if !m.usable && (unseen || slices.Contains(s.run.Health.Starting, m.ID)) {
			starting = append(starting, m.ID)
		}
	}
	return starting
}

// turned are the launched members whose nodes have been usable and are not Ready for
// some time.
func (s *state) turned(least time.Duration) []*member {
	return slices.DeleteFunc(s.launched(), func(m *member) bool {
		return m.node == nil || m.node.Ready || slices.Contains(s.run.Health.Starting, m.ID) || s.elapsed(m.node.ReadySince) < least
	})
}

// missed are the pods of a workload that are not Ready for some time and stand in the
// way of as many Ready ones as there were. Pods of nodes that are being emptied are on
// the move, and as many as were not Ready before are what they were.
func (s *state) missed(load Workload, least time.Duration) []UnreadyPod {
	now := s.health[load.Name]
	pods := slices.DeleteFunc(slices.Clone(now.Unready), func(pod UnreadyPod) bool {
		return s.leaving(pod.Node) || s.elapsed(pod.Since) < least
	})
	slices.SortFunc(pods, func(a, b UnreadyPod) int { return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Name, b.Name)) })
	pods = pods[min(load.Unready, len(pods)):]
	return pods[:max(0, min(load.Ready-now.Ready, len(pods)))]
}

// leaving reports whether a node is in flight or going.
func (s *state) leaving(node string) bool {
	return slices.ContainsFunc(s.members, func(m member) bool {
		return m.node != nil && m.node.Name == node && (m.inFlight || m.Lifecycle.Going())
	})
}

// ill is what is wrong with the health, in words.
type ill struct {
	code  string
	names []string // of pods, or instances
	words string
}

// illness says what is wrong for some time at least, nil for nothing.
func (s *state) illness(least time.Duration) *ill {
	if nodes := s.turned(min(least, s.update.Policy.JoinTimeout)); len(nodes) > 0 { // past which the update fails anyway
		first := nodes[0]
		sick := &ill{code: NodeCreationFailure, words: fmt.Sprintf("node %s in %s, which is new and had been usable, is not Ready since %s%s",
			first.node.Name, first.Zone, clock(first.node.ReadySince), more(len(nodes)-1))}
		for _, m := range nodes {
			sick.names = append(sick.names, m.ID)
		}
		return sick
	}
	if s.update.Policy.Health.MaxUnready == nil {
		return nil
	}
	sick, total, words := &ill{code: InsufficientReplicas}, 0, []string{}
	for _, load := range s.run.Health.Workloads {
		total += load.Ready
		if pods := s.missed(load, least); len(pods) > 0 {
			words = append(words, load.Name+" ("+podWords(pods)+")")
			for _, pod := range pods {
				sick.names = append(sick.names, pod.Name)
			}
		}
	}
	most := s.update.Policy.Health.MaxUnready.Of(total)
	if len(sick.names) <= most {
		return nil
	}
	if n := len(words); n > 3 {
		words = append(words[:3], fmt.Sprintf("%d more workloads", n-3))
	}
	sick.words = fmt.Sprintf("not Ready any more: %d of %s (at most %d may be): %s", len(sick.names), count(total, "pod"), most, strings.Join(words, ", "))
	return sick
}

// podWords names up to three pods with their nodes, and since when they are not Ready.
func podWords(pods []UnreadyPod) string {
	var words []string
	for _, pod := range pods[:min(3, len(pods))] {
		node := "without a node"
		if pod.Node != "" {
			node = "on " + pod.Node
		}
		words = append(words, fmt.Sprintf("%s %s, not Ready since %s", pod.Name, node, clock(pod.Since)))
	}
	return strings.Join(words, "; ") + more(len(pods)-len(words))
}

func clock(t time.Time) string { return t.UTC().Format("15:04:05 MST") }
