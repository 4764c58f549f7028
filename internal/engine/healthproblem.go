package engine

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/text"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// turned are the launched members whose nodes have been usable and are not Ready for
// some time.
func (s *state) turned(least time.Duration) []*fleet.Member {
	return slices.DeleteFunc(s.LaunchedByUpdate(), func(m *fleet.Member) bool {
		return m.Node == nil || m.Node.Ready || slices.Contains(s.Run.HealthBaseline.Starting, m.ID) || s.Elapsed(m.Node.ReadySince) < least
	})
}

// missed are the pods of a workload that are not Ready for some time and stand in the
// way of as many Ready ones as there were. Pods of nodes that are being emptied are on
// the move, and as many as were not Ready before are what they were.
func (s *state) missed(load upgrade.Workload, least time.Duration) []upgrade.UnreadyPod {
	now := s.health[load.Name]
	pods := slices.DeleteFunc(slices.Clone(now.Unready), func(pod upgrade.UnreadyPod) bool {
		return s.Leaving(pod.Node) || s.Elapsed(pod.Since) < least
	})
	slices.SortFunc(pods, func(a, b upgrade.UnreadyPod) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Name, b.Name))
	})
	pods = pods[min(load.Unready, len(pods)):]
	return pods[:max(0, min(load.Ready-now.Ready, len(pods)))]
}

// healthProblem is what is wrong with the health, in words.
type healthProblem struct {
	code  string
	names []string // of pods, or instances
	words string
}

// healthProblem says what has been wrong for at least so long, nil if nothing has.
func (s *state) healthProblem(least time.Duration) *healthProblem {
	// past the join limit the update fails for a new node anyway
	if nodes := s.turned(min(least, s.Update.Policy.JoinTimeout)); len(nodes) > 0 {
		return unreadyNodes(nodes)
	}
	if s.Update.Policy.Health.MaxUnready == nil {
		return nil
	}
	return s.unreadyPods(least)
}

func unreadyNodes(nodes []*fleet.Member) *healthProblem {
	first := nodes[0]
	problem := &healthProblem{code: upgrade.NodeCreationFailure, words: fmt.Sprintf("new node %s (%s) was usable and has not been Ready since %s%s",
		first.Node.Name, first.Zone, clock(first.Node.ReadySince), text.More(len(nodes)-1))}
	for _, m := range nodes {
		problem.names = append(problem.names, m.ID)
	}
	return problem
}

func (s *state) unreadyPods(least time.Duration) *healthProblem {
	problem, total, words := &healthProblem{code: upgrade.InsufficientReplicas}, 0, []string{}
	for _, load := range s.Run.HealthBaseline.Workloads {
		total += load.Ready
		pods := s.missed(load, least)
		for _, pod := range pods {
			problem.names = append(problem.names, pod.Name)
		}
		if len(pods) > 0 {
			words = append(words, load.Name+" ("+podWords(pods)+")")
		}
	}
	most := s.Update.Policy.Health.MaxUnready.Of(total)
	if len(problem.names) <= most {
		return nil
	}
	if n := len(words); n > shown {
		words = append(words[:shown], text.Count(n-shown, "more workload"))
	}
	problem.words = fmt.Sprintf("no longer Ready: %d of %s (at most %d allowed): %s", len(problem.names), text.Count(total, "pod"), most, strings.Join(words, ", "))
	return problem
}

// shown is how many workloads, and pods of each, are named: an Event has little room.
const shown = 2

// podWords names pods with their nodes, and since when they are not Ready.
func podWords(pods []upgrade.UnreadyPod) string {
	var words []string
	for _, pod := range pods[:min(shown, len(pods))] {
		node := "without a node"
		if pod.Node != "" {
			node = "on " + pod.Node
		}
		why := ""
		if pod.Why != "" {
			why = ": " + pod.Why
		}
		words = append(words, fmt.Sprintf("%s %s, not Ready since %s%s", pod.Name, node, clock(pod.Since), why))
	}
	return strings.Join(words, "; ") + text.More(len(pods)-len(words))
}

func clock(t time.Time) string { return t.UTC().Format("15:04:05 MST") }
