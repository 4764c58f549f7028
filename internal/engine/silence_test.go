package engine

import (
	"time"

	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// silent stops the kubelets of members, for a time that is enough to take one of them for dead.
func silent(ids ...string) func(*state) {
	return func(s *state) {
		for _, id := range ids {
			change(id, kubeletSilent)(s)
		}
	}
}

func allSilent(s *state) { silent("old-a", "new-a", "old-b", "new-b", "old-c", "new-c")(s) }

// silentFor is how long the update has waited for silent nodes already.
func silentFor(d time.Duration) func(*state) {
	return func(s *state) {
		s.Run.Timers = append(s.Run.Timers, upgrade.Timer{Key: plan.Silence, Since: noon.Add(-d)})
	}
}

const (
	nothingHappens = ". They may still run their pods, so nothing is drained or terminated (Kubernetes, too, evicts less or nothing while most nodes are silent). Check what is between the nodes and the API server (private endpoint, security groups, network ACLs, DNS) and the log of a kubelet"
	sixOfSix       = "wait: 6 of 6 nodes are silent, the first since 11:54:00 UTC" + nothingHappens
)

func silenceDecisions() map[string]decision {
	return map[string]decision{
		"While all nodes are silent nothing is drained.": {
			given: []func(*state){allSilent},
			want:  []string{sixOfSix},
		},
		"While all nodes are silent one that seems to be empty is not terminated.": {
			given: []func(*state){allSilent, inFlight("old-a", 10*time.Minute), runs("old-a", "web-1", deletedAgo(2*time.Minute))},
			want:  []string{sixOfSix},
		},
		"While most nodes of a zone are silent nothing is drained in any zone.": {
			given: []func(*state){silent("old-b", "new-b")},
			want:  []string{"wait: 2 of 2 nodes in b are silent, the first since 11:54:00 UTC" + nothingHappens},
		},
		"Nodes that have been silent for seconds count among those that are silent together.": {
			given: []func(*state){silent("old-b"), change("new-b", func(m *fleet.Member) { m.Node.Ready, m.Node.Heartbeat = false, noon.Add(-45*time.Second) })},
			want:  []string{"wait: 2 of 2 nodes in b are silent, the first since 11:54:00 UTC" + nothingHappens},
		},
		"When most nodes have been silent for the join limit the update fails.": {
			given: []func(*state){allSilent, silentFor(15 * time.Minute)},
			want: []string{
				"ClusterUnreachable: 6 of 6 nodes are silent, the first since 11:54:00 UTC, for 15m. They may still run their pods, so nothing is drained or terminated. Check what is between the nodes and the API server (private endpoint, security groups, network ACLs, DNS) and the log of a kubelet, then retry",
				sixOfSix,
			},
		},
		"When they report again the update continues, and the time counts against no limit.": {
			given: []func(*state){silentFor(8 * time.Minute)},
			want:  []string{"NodesReport: most nodes report again; continuing"},
		},
		"Of two silent nodes one is drained first.": {
			given: []func(*state){silent("old-a", "old-b"), func(s *state) { s.Update.Policy.MaxUnavailable = upgrade.Count{Value: 3} }},
			want:  []string{"NodeDraining: draining node-old-a (a): outdated", "NodeDraining: draining node-old-c (c): outdated"},
		},
		"A silent node waits until another silent one is gone.": {
			given: []func(*state){silent("old-a", "old-b"), inFlight("old-a", time.Minute), runs("old-a", "web-1", deletedAgo(0))},
			want:  []string{"wait: draining node-old-a (a): pod default/web-1: it is terminating, within its grace period of 30s"},
		},
		"A silent node counts towards maxUnavailable.": {
			given: []func(*state){silent("old-a"), inFlight("old-a", time.Minute), runs("old-a", "web-1", deletedAgo(0))},
			want:  []string{"wait: draining node-old-a (a): pod default/web-1: it is terminating, within its grace period of 30s"},
		},
		"A silent node is not drained before a soak.": {
			given: []func(*state){silent("old-a"), soakSince(noon.Add(-time.Minute))},
			want:  []string{"wait: 1 node replaced; the new nodes run for 5m before the next drain"},
		},
		"In the scale down no silent node is removed while most are silent.": {
			given: []func(*state){verdict(upgrade.Successful), withoutMembers("old-a", "old-b", "old-c"), sizes(4), func(s *state) { add(s, "new-2b", "b", newImage) }, silent("new-a", "new-b", "new-2b", "new-c")},
			want:  []string{"wait: 4 of 4 nodes are silent, the first since 11:54:00 UTC" + nothingHappens},
		},
		"In the scale down a silent node that seems to be empty is kept at the limit.": {
			given: []func(*state){verdict(upgrade.Successful), withoutMembers("old-a", "old-b", "old-c"), sizes(4), func(s *state) { add(s, "new-2b", "b", newImage) }, silent("new-a", "new-b", "new-2b", "new-c"), inFlight("new-2b", 14*time.Minute, surplusDrain), silentFor(15 * time.Minute)},
			want: []string{
				"NodeKept: node-new-2b could not be drained and is kept: 4 of 4 nodes are silent, the first since 11:54:00 UTC",
				"wait: 4 of 4 nodes are silent, the first since 11:54:00 UTC" + nothingHappens,
			},
		},
		"An update that failed because nodes are silent does not wait for them again.": {
			given: []func(*state){allSilent, verdict(upgrade.Failed), withoutMarks, sizes(6), func(s *state) {
				s.Run.Verdict.Errors = []upgrade.Error{{Code: upgrade.Unreachable}}
				s.Ledger = upgrade.Ledger{Sizes: s.Ledger.Sizes}
				s.Run.SizesNotRestored = true
			}},
			want: []string{
				"UpdateEnded: the update ended: Failed after 10m",
				"NotRestored: the sizes are desired 6, maximum 6 instead of the owner's desired 3, maximum 3: 6 of 6 nodes are silent, the first since 11:54:00 UTC, and may still run their pods",
			},
		},
	}
}

// capacityDecisions are about how many usable nodes there have to be.
func capacityDecisions() map[string]decision {
	onlyNew := withoutMembers("old-a", "old-b", "old-c")
	comesUp := change("old-b", func(m *fleet.Member) { m.Node.ReadySince = noon.Add(-4 * time.Second) })
	return map[string]decision{
		"The group is not measured while a node comes up.": {
			given: []func(*state){unmeasured, comesUp},
			want:  []string{"wait: 2 of 3 nodes are usable; waiting for the others before the update begins: node-old-b (b) is not usable yet: its node has been Ready for less than the required 10s"},
		},
		"The group is not measured while an instance is missing.": {
			given: []func(*state){unmeasured, withoutMembers("old-b")},
			want:  []string{"wait: 2 of 3 nodes are usable; waiting for the others before the update begins: 1 instance not launched yet"},
		},
		"A node that died long ago is not waited for.": {
			given: []func(*state){unmeasured, change("old-b", func(m *fleet.Member) {
				m.Node.Ready, m.Node.ReadySince, m.Launched = false, noon.Add(-time.Hour), noon.Add(-9*time.Hour)
			})},
			want: []string{"TargetResolved: the target is image ami-new; 3 of 3 nodes are outdated"},
		},
		"At the limit the update begins with what is there.": {
			given: []func(*state){unmeasured, comesUp, func(s *state) {
				s.Run.Timers = []upgrade.Timer{{Key: plan.Settle, Since: noon.Add(-15 * time.Minute)}}
			}},
			want: []string{
				"NodesNotUsable: beginning with 2 of 3 usable nodes: node-old-b (b) is not usable yet: its node has been Ready for less than the required 10s",
				"TargetResolved: the target is image ami-new; 3 of 3 nodes are outdated",
			},
		},
		"As many nodes have to stay as have been usable since the start.": {
			given: []func(*state){sizes(9), func(s *state) { s.Ledger.Sizes.Owner.Desired, s.Run.MostUsable = 6, 6 }},
			want:  []string{"wait: the next drain would leave 5 usable nodes; at least 6 are required"},
		},
		"An upgrade is not successful before as many nodes are usable as have to be.": {
			given: []func(*state){onlyNew, sizes(3), change("new-b", func(m *fleet.Member) { m.Node.Ready, m.Node.ReadySince = false, noon })},
			want:  []string{"wait: 2 of 3 usable nodes are up; waiting for the others: node-new-b (b) is not usable: its node is not Ready"},
		},
		"An upgrade does not wait for a node that somebody has cordoned.": {
			given: []func(*state){onlyNew, sizes(3), change("new-b", func(m *fleet.Member) { m.Node.Marks = []upgrade.Mark{upgrade.MarkCordon} })},
			want:  []string{"UpgradeSucceeded: all nodes run image ami-new; restoring sizes, processes, autoscaler and marks"},
		},
	}
}

// unmeasured is an upgrade of three outdated nodes that was not measured yet.
func unmeasured(s *state) {
	withoutMembers("new-a", "new-b", "new-c")(s)
	s.Resolved, s.Run.Resolved, s.Run.Baseline, s.Run.Phase = s.Run.Resolved, nil, nil, upgrade.Setup
	s.Ledger = upgrade.Ledger{}
	s.Group.Size = upgrade.Size{Max: 3, Desired: 3}
}
