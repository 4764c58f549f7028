package engine

import (
	"fmt"
	"testing"

	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// BenchmarkDecide joins and decides one pass in the middle of the upgrade phase, and one
// of the scale down, which looks at all pods.
func BenchmarkDecide(b *testing.B) {
	for name, large := range map[string]func(int) *state{"upgrade": halfwayGroup, "scaledown": scaleDownGroup} {
		for _, nodes := range []int{10, 100, 1_000, 10_000} {
			b.Run(fmt.Sprintf("%s/nodes=%d", name, nodes), func(b *testing.B) {
				s := large(nodes)
				all := make([]upgrade.Node, 0, nodes)
				for _, m := range s.Members {
					all = append(all, *m.Node)
				}
				for b.Loop() {
					s.Join(all)
					if p := decide(s); p.Decision == plan.Nothing && len(p.Waits) == 0 {
						b.Fatal("the plan is empty")
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(nodes), "ns/node")
			})
		}
	}
}

// halfwayGroup is a group of which half of the nodes are outdated. Some are in flight,
// with ten pods each.
func halfwayGroup(nodes int) *state {
	return given(withoutMembers("old-a", "old-b", "old-c", "new-a", "new-b", "new-c"), func(s *state) {
		for i := range nodes {
			image := oldImage
			if i%2 == 0 {
				image = newImage
			}
			add(s, fmt.Sprintf("i-%d", i), s.Group.Zones[i%3], image)
		}
		s.Update.Policy.MaxUnavailable = upgrade.Count{Value: 10, Percent: true}
		s.Ledger.Sizes.Owner, s.Run.Baseline = both(nodes/2), &upgrade.Baseline{Nodes: nodes / 2, Outdated: nodes / 2, Usable: nodes / 2}
		for i := 1; i < nodes && len(s.Run.Drains) < s.Update.Policy.MaxUnavailable.Of(nodes/2); i += 2 {
			id := fmt.Sprintf("i-%d", i)
			inFlight(id, 0)(s)
			for pod := range 10 {
				runs(id, fmt.Sprintf("pod-%d-%d", i, pod), withBudgets("web"))(s)
			}
		}
	})
}

// scaleDownGroup is a group of new nodes with ten pods each, more than its desired size.
func scaleDownGroup(nodes int) *state {
	return given(verdict(upgrade.Successful), withoutMembers("old-a", "old-b", "old-c", "new-a", "new-b", "new-c"), sizes(nodes), func(s *state) {
		s.Ledger.Sizes.Owner = both(nodes * 9 / 10)
		for i := range nodes {
			id := fmt.Sprintf("i-%d", i)
			add(s, id, s.Group.Zones[i%3], newImage)
			for pod := range 10 {
				runs(id, fmt.Sprintf("pod-%d-%d", i, pod), withBudgets("web"))(s)
			}
		}
	})
}
