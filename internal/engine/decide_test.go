package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nodelift/nodelift/internal/engine/drain"
	"github.com/nodelift/nodelift/internal/engine/fleet"
	"github.com/nodelift/nodelift/internal/engine/plan"
	"github.com/nodelift/nodelift/internal/upgrade"
)

var noon = time.Date(2026, time.September, 21, 12, 0, 0, 0, time.UTC)

const (
	oldImage = "ami-old"
	newImage = "ami-new"
)

// given is a group in the upgrade phase with an outdated and a usable new node in each of
// three zones. The changes of a case are made to it.
func given(changes ...func(*state)) *state {
	s := &state{}
	s.Autoscaler = upgrade.AutoscalerState{{Name: "kube-system/cluster-autoscaler", SuspendedBy: []string{"ng"}}}
	s.Drains = surplus{s}
	s.Fleet = fleet.Fleet{
		Now: noon,
		Update: upgrade.Update{
			Name: "update", UID: "uid", Group: "group", NodeGroup: "ng", Policy: upgrade.DefaultPolicy(),
		},
		Group: upgrade.Group{
			Name: "group", Min: 1, Size: upgrade.Size{Max: 6, Desired: 6}, Zones: []string{"a", "b", "c"},
			Template: upgrade.TemplateRef{ID: "lt", Version: "2"}, Suspended: []string{upgrade.ProcessAZRebalance},
		},
		Ledger: upgrade.Ledger{
			Sizes:     &upgrade.Sizes{Owner: upgrade.Size{Max: 3, Desired: 3}, Expected: upgrade.Size{Max: 6, Desired: 6}},
			Template:  &upgrade.TemplateDebt{Before: upgrade.TemplateRef{ID: "lt", Version: "1"}, Pinned: upgrade.TemplateVersion{ID: "lt", Number: 1}},
			Processes: []string{upgrade.ProcessAZRebalance}, Autoscaler: true, Marks: true,
		},
		Run: upgrade.Run{
			Phase: upgrade.Upgrading, Started: noon.Add(-10 * time.Minute),
			Resolved: &upgrade.Resolved{Image: upgrade.Image{ID: newImage}, Template: upgrade.TemplateVersion{ID: "lt", Number: 2, Image: newImage}},
			Baseline: &upgrade.Baseline{Nodes: 3, Outdated: 3, Usable: 3},
			LastPass: noon, AutoscalerSuspended: true,
			Phases: []upgrade.PhaseTime{{Phase: upgrade.Setup, Began: noon.Add(-10 * time.Minute)}, {Phase: upgrade.ScaleUp, Began: noon.Add(-9 * time.Minute)}},
		},
		Occupancy: upgrade.Occupancy{Pods: map[string][]upgrade.Pod{}, Volumes: map[string][]upgrade.Volume{}, Budgets: map[string]upgrade.Budget{}},
	}
	s.Update.Policy.Autoscaler = upgrade.AutoscalerSuspend
	for _, zone := range s.Group.Zones {
		add(s, "old-"+zone, zone, oldImage)
		add(s, "new-"+zone, zone, newImage)
	}
	for _, change := range changes {
		change(s)
	}
	s.record = upgrade.Record{Update: s.Update, Run: s.Run, Ledger: s.Ledger}
	nodes := s.Nodes
	for _, m := range s.Members {
		s.Group.Instances = append(s.Group.Instances, m.Instance)
		if m.Node != nil {
			nodes = append(nodes, *m.Node)
		}
	}
	s.Join(nodes)
	return s
}

// add adds a usable member. An outdated one has Nodelift's taint.
func add(s *state, id, zone, image string) {
	n := &upgrade.Node{
		Name: "node-" + id, Provider: "aws:///" + zone + "/" + id, Image: image,
		Ready: true, ReadySince: noon.Add(-5 * time.Minute), Heartbeat: noon,
	}
	if image == oldImage {
		n.Marks, n.Owned = []upgrade.Mark{upgrade.MarkTaint}, []upgrade.Mark{upgrade.MarkTaint}
	}
	s.Members = append(s.Members, fleet.Member{Node: n, Instance: upgrade.Instance{
		ID: id, Zone: zone, Lifecycle: upgrade.InService, Image: image, Launched: noon.Add(-6 * time.Minute),
	}})
}

// change changes one member.
func change(id string, f func(*fleet.Member)) func(*state) {
	return func(s *state) {
		f(&s.Members[slices.IndexFunc(s.Members, func(m fleet.Member) bool { return m.ID == id })])
	}
}

// runsController puts a pod of Nodelift's controller on a member.
func runsController(m *fleet.Member) { m.Node.Controller = true }

func withoutMembers(ids ...string) func(*state) {
	return func(s *state) {
		s.Members = slices.DeleteFunc(s.Members, func(m fleet.Member) bool { return slices.Contains(ids, m.ID) })
	}
}

// shrinkSeenHalf is a node that was to be terminated with a lower desired size. It is
// terminating, and the desired size has been the same for long enough to be confirmed.
func shrinkSeenHalf(s *state) {
	sizes(4)(s)
	d := s.Ledger.Sizes
	d.Pending, d.ShrinkInstance = &upgrade.Size{Max: 4, Desired: 3}, "new-a"
	d.Unexpected, d.UnexpectedSince = &upgrade.Size{Max: 4, Desired: 4}, noon.Add(-upgrade.ConfirmAfter)
	change("new-a", func(m *fleet.Member) { m.Lifecycle = upgrade.ShuttingDown })(s)
}

func phase(p upgrade.Phase) func(*state) { return func(s *state) { s.Run.Phase = p } }

// pausedAfterVerdict is an update that somebody pauses while it restores, with or without marks left.
func pausedAfterVerdict(marks bool) func(*state) {
	return func(s *state) {
		s.Run.Verdict, s.Update.PauseRequested = &upgrade.Verdict{Status: upgrade.Cancelled, At: noon}, true
		s.Ledger.Marks = marks
	}
}

// rollsBackTo is the setup of a rollback to version 1, of a group that is reported to use another or
// that one already.
func rollsBackTo(reported string) func(*state) {
	return func(s *state) {
		s.Run.Phase, s.Update.Rollback = upgrade.Setup, &upgrade.Rollback{Of: "to-137"}
		s.Run.Resolved.Template = upgrade.TemplateVersion{ID: "lt", Number: 1, Image: oldImage}
		s.Group.Template.Version = reported
	}
}

// sizes sets what the group reports and what the ledger expects.
func sizes(desired int) func(*state) {
	return func(s *state) {
		s.Group.Size = upgrade.Size{Max: desired, Desired: desired}
		s.Ledger.Sizes.Expected = s.Group.Size
	}
}

// inFlight puts a node in flight, for as long as since.
func inFlight(id string, since time.Duration, changes ...func(*upgrade.Drain)) func(*state) {
	return func(s *state) {
		d := upgrade.Drain{Instance: id, Node: "node-" + id, Zone: id[len(id)-1:], Since: noon.Add(-since)}
		for _, f := range changes {
			f(&d)
		}
		s.Run.Drains = append(s.Run.Drains, d)
	}
}

// runs puts a pod on a node.
func runs(id, pod string, changes ...func(*upgrade.Pod)) func(*state) {
	return func(s *state) {
		p := upgrade.Pod{Namespace: "default", Name: pod, UID: "uid-" + pod, Node: "node-" + id, Ready: true, Created: noon.Add(-time.Hour), Grace: 30 * time.Second}
		for _, f := range changes {
			f(&p)
		}
		s.Occupancy.Pods["node-"+id] = append(s.Occupancy.Pods["node-"+id], p)
	}
}

// pending is a pod that the scheduler has found no node for.
func pending(pod, why string, changes ...func(*upgrade.Pod)) func(*state) {
	return func(s *state) {
		p := upgrade.Pod{Namespace: "default", Name: pod, UID: "uid-" + pod, Created: noon.Add(-5 * time.Minute), Pending: true, Unschedulable: why}
		for _, f := range changes {
			f(&p)
		}
		s.unschedulable = append(s.unschedulable, p)
	}
}

func withBudget(name string, allowed int) func(*state) {
	return func(s *state) {
		s.Occupancy.Budgets["default/"+name] = upgrade.Budget{Namespace: "default", Name: name, Allowed: allowed, Healthy: 2, Needed: 2, Expected: 3}
	}
}

func withBudgets(budgets ...string) func(*upgrade.Pod) {
	return func(p *upgrade.Pod) {
		for _, b := range budgets {
			p.Budgets = append(p.Budgets, "default/"+b)
		}
	}
}

func deletedAgo(ago time.Duration) func(*upgrade.Pod) {
	return func(p *upgrade.Pod) { p.Deleting = noon.Add(p.Grace - ago) }
}

func verdict(status upgrade.Status) func(*state) {
	return func(s *state) {
		s.Run.Phase, s.Run.Verdict = upgrade.ScaleDown, &upgrade.Verdict{Status: status, At: noon}
		s.Ledger.Template = nil
	}
}

// endsFollowingLatest is the end of an update whose group used $Latest, which is now this
// version.
func endsFollowingLatest(latest int64) func(*state) {
	return func(s *state) {
		verdict(upgrade.Successful)(s)
		s.Ledger.Template = &upgrade.TemplateDebt{Before: upgrade.TemplateRef{ID: "lt", Version: "$Latest"}, Pinned: upgrade.TemplateVersion{ID: "lt", Number: 1}}
		s.Before = upgrade.TemplateVersion{ID: "lt", Number: latest}
		for i := range s.Members { // no marks have to be removed
			s.Members[i].Node.Marks, s.Members[i].Node.Owned = nil, nil
		}
	}
}

// soakSince is after a batch of one node, with a soak that began at a time.
func soakSince(since time.Time) func(*state) {
	return func(s *state) {
		s.Update.Policy.Soak = 5 * time.Minute
		s.Run.Counts.Replaced, s.Run.SoakSince = 1, since
	}
}

// quarantined quarantines a node that perhaps was drained once more.
func quarantined(id string, retried bool) func(*state) {
	return func(s *state) {
		s.Run.Quarantined = append(s.Run.Quarantined, upgrade.Quarantined{Instance: id, Node: "node-" + id, Why: "its pod stays", Retried: retried})
	}
}

// summary lists the events, steps and waits of a plan, one line each.
func summary(p *plan.Plan) []string {
	var lines []string
	for _, e := range p.Events {
		lines = append(lines, e.Reason+": "+e.Message)
	}
	for _, st := range p.Steps {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("do %T %s", st.Action, st.Event.Node)))
	}
	for _, w := range p.Waits {
		lines = append(lines, "wait: "+w.Message)
	}
	return lines
}

func TestDecide(t *testing.T) {
	for name, c := range decisions() {
		t.Run(name, func(t *testing.T) {
			p := decide(given(c.given...))
			if diff := cmp.Diff(c.want, summary(p)); diff != "" {
				t.Errorf("the plan differs (-want +got):\n%s", diff)
			}
		})
	}
}

// A node that became Ready after the group was read makes a fresh read necessary, so that
// it is not waited for longer than needed.
func TestAReadOlderThanANewNodeIsMadeAgain(t *testing.T) {
	read := noon.Add(-upgrade.Freshness / 2)
	for name, c := range map[string]struct {
		ready time.Time
		want  bool
	}{
		"A node that became Ready after the read needs another read.":     {noon.Add(-upgrade.Freshness / 4), true},
		"A node that became Ready in the same second needs another read.": {read.Truncate(time.Second), true},
		"A node that was Ready before the read needs none.":               {read.Add(-2 * time.Second), false},
	} {
		t.Run(name, func(t *testing.T) {
			s := given(phase(upgrade.ScaleUp), change("new-b", func(m *fleet.Member) { m.Lifecycle, m.Node.ReadySince = upgrade.Pending, c.ready }))
			s.Group.Read = read
			s.Update.Policy.MinReady = 0
			if got := needsFreshRead(s, decide(s)); got != c.want {
				t.Errorf("needs a fresh read: got %t, want %t", got, c.want)
			}
		})
	}
}

type decision struct {
	given []func(*state)
	want  []string
}

func decisions() map[string]decision {
	all := map[string]decision{}
	for _, some := range []map[string]decision{startDecisions(), drainDecisions(), podDecisions(), endDecisions(), silenceDecisions(), capacityDecisions(), warmPoolDecisions()} {
		for name, d := range some {
			all[name] = d
		}
	}
	return all
}

func startDecisions() map[string]decision {
	return map[string]decision{
		"A group whose $Latest is the target and that has no outdated nodes succeeds at once.": {
			given: []func(*state){phase(upgrade.Setup), withoutMembers("old-a", "old-b", "old-c"), func(s *state) {
				s.Group.Template.Version, s.Present = "$Latest", s.Run.Resolved.Template
				s.Ledger = upgrade.Ledger{}
			}},
			want: []string{"UpgradeSucceeded: all nodes run image ami-new; restoring sizes, processes, autoscaler and marks"},
		},
		"Cluster Autoscaler is suspended before anything else.": {
			given: []func(*state){phase(upgrade.Setup), func(s *state) {
				s.Autoscaler, s.Run.AutoscalerSuspended = upgrade.AutoscalerState{{Name: "kube-system/ca", Replicas: 1}}, false
			}},
			want: []string{"do plan.SuspendAutoscaler"},
		},
		"If somebody scales Cluster Autoscaler up again, it is not suspended again and nodes are protected from it.": {
			given: []func(*state){withoutMembers("new-a", "new-b", "new-c", "old-b", "old-c"), func(s *state) { s.Autoscaler[0].Replicas = 1 }},
			want:  []string{"do plan.SetMarks node-old-a"},
		},
		"If somebody applies the whole Deployment again, it is not suspended again and nodes are protected from it.": {
			given: []func(*state){withoutMembers("new-a", "new-b", "new-c", "old-b", "old-c"), func(s *state) {
				s.Run.AutoscalerSuspended, s.Autoscaler[0].Replicas, s.Autoscaler[0].SuspendedBy = true, 1, nil
			}},
			want: []string{"do plan.SetMarks node-old-a"},
		},
		"With annotate Cluster Autoscaler keeps running and every node is protected from it.": {
			given: []func(*state){annotateAutoscaler, withoutMembers("new-b", "new-c", "old-b", "old-c")},
			want:  []string{"do plan.SetMarks node-old-a", "do plan.SetMarks node-new-a"},
		},
		"With annotate a node that joins later is protected, too.": {
			given: []func(*state){annotateAutoscaler, protectedFromAutoscaler("old-a", "old-b", "old-c", "new-a", "new-b")},
			want:  []string{"do plan.SetMarks node-new-c"},
		},
		"With annotate Cluster Autoscaler is resumed when the nodes are added, or if an earlier update left it suspended.": {
			given: []func(*state){annotateAutoscaler, protectedFromAutoscaler("old-a", "old-b", "old-c", "new-a", "new-b", "new-c"), func(s *state) { s.Ledger.Autoscaler = true }},
			want:  []string{"do plan.ResumeAutoscaler"},
		},
		"With annotate Cluster Autoscaler is suspended while the sizes are raised.": {
			given: []func(*state){phase(upgrade.ScaleUp), annotateAutoscaler, protectedFromAutoscaler("old-a", "old-b", "old-c", "new-a", "new-b", "new-c"), autoscalerRunning},
			want:  []string{"do plan.SuspendAutoscaler"},
		},
		"Cluster Autoscaler is not suspended while it is removing a node: its taint would stay there.": {
			given: []func(*state){phase(upgrade.ScaleUp), annotateAutoscaler, protectedFromAutoscaler("old-a", "old-b", "old-c", "new-a", "new-b", "new-c"), autoscalerRunning, change("old-a", func(m *fleet.Member) {
				m.Node.Taints = []string{upgrade.TaintAutoscalerDeletes + "=1790000000:NoSchedule"}
			})},
			want: []string{"wait: Cluster Autoscaler (kube-system/cluster-autoscaler) is removing node-old-a (taint ToBeDeletedByClusterAutoscaler); it is suspended when that is done"},
		},
		"With annotate it is suspended again if somebody has taken nodes of the surge away.": {
			given: []func(*state){annotateAutoscaler, protectedFromAutoscaler("old-a", "old-b", "old-c", "new-a", "new-b", "new-c"), autoscalerRunning, func(s *state) {
				s.Ledger.Sizes.Expected.Desired, s.Group.Size.Desired = 5, 5
			}},
			want: []string{"do plan.SuspendAutoscaler"},
		},
		"With annotate and MINIMAL, which adds no nodes, it is never suspended.": {
			given: []func(*state){phase(upgrade.ScaleUp), annotateAutoscaler, protectedFromAutoscaler("old-a", "old-b", "old-c", "new-a", "new-b", "new-c"), autoscalerRunning, func(s *state) {
				s.Update.Policy.Strategy, s.Run.Strategy, s.Ledger.Sizes = upgrade.Minimal, upgrade.Minimal, nil
			}, phase(upgrade.Upgrading), inFlight("old-a", 0)},
			want: []string{"do plan.RemoveMarks node-old-b", "do plan.RemoveMarks node-old-c"},
		},
		"With annotate new nodes are protected even while the update is paused.": {
			given: []func(*state){annotateAutoscaler, protectedFromAutoscaler("old-a", "old-b", "old-c", "new-a", "new-b"), func(s *state) { s.Update.PauseRequested = true }},
			want:  []string{"do plan.SetMarks node-new-c"},
		},
		"If somebody resumes AZRebalance, it is suspended again.": {
			given: []func(*state){func(s *state) { s.Group.Suspended = nil }},
			want:  []string{"do plan.SetProcesses"},
		},
		"A node without the image label gets it.": {
			given: []func(*state){change("new-b", func(m *fleet.Member) { m.Node.Image = "" })},
			want:  []string{"do plan.LabelImage node-new-b"},
		},
		"A zone without a usable new node is waited for.": {
			given: []func(*state){phase(upgrade.ScaleUp), withoutMarks, change("new-b", func(m *fleet.Member) { m.Node.Ready, m.Node.ReadySince = false, noon })},
			want:  []string{"wait: zone b has no new usable node yet: new-b was launched, but its node is not Ready"},
		},
		"A node that has been Ready for less than minReady is not usable.": {
			given: []func(*state){phase(upgrade.ScaleUp), withoutMarks, change("new-b", func(m *fleet.Member) { m.Node.ReadySince = noon.Add(-3 * time.Second) })},
			want:  []string{"wait: zone b has no new usable node yet: new-b was launched, but its node has been Ready for less than the required 10s"},
		},
		"A new node with a taint that the outdated nodes do not have is not usable.": {
			given: []func(*state){phase(upgrade.ScaleUp), withoutMarks, change("new-c", func(m *fleet.Member) { m.Node.Taints = []string{"nvidia.com/gpu=present:NoSchedule"} })},
			want:  []string{"wait: zone c has no new usable node yet: new-c was launched, but its node still has the taint nvidia.com/gpu=present:NoSchedule"},
		},
		"A new node without the GPU that the outdated ones offer is not usable.": {
			given: []func(*state){phase(upgrade.ScaleUp), withoutMarks, func(s *state) { s.Run.Baseline.ExtendedResources = []string{"nvidia.com/gpu"} }, change("new-a", withGPU), change("new-b", withGPU)},
			want:  []string{"wait: zone c has no new usable node yet: new-c was launched, but its node does not offer nvidia.com/gpu yet"},
		},
		"A new node that does not join in time fails the update, and zone and instance are named.": {
			given: []func(*state){phase(upgrade.ScaleUp), withoutMarks, func(s *state) { s.Run.Started = noon.Add(-time.Hour) }, change("new-b", func(m *fleet.Member) { m.Node, m.Launched = nil, noon.Add(-16*time.Minute) })},
			want:  []string{"NodeCreationFailure: instance new-b in b did not become a usable node within 15m: it has not joined the cluster."},
		},
		"When every zone has a usable new node the upgrade phase begins.": {
			given: []func(*state){phase(upgrade.ScaleUp), withoutMarks},
			want:  []string{"ScaledUp: every zone with outdated nodes has a usable new node; starting to drain"},
		},
		"A rollback waits until the other update has stopped.": {
			given: []func(*state){func(s *state) { s.Update.Rollback = &upgrade.Rollback{Of: "first", Undone: &upgrade.Resolved{}} }},
			want:  []string{"wait: waiting for update first to stop; it hands over in its next pass"},
		},
		"A failed update is rolled back if its verdict says so.": {
			given: []func(*state){verdict(upgrade.Failed), func(s *state) { s.Run.Verdict.RollBack = true }},
			want:  []string{"do plan.RollBack"},
		},
		"After a batch the soak begins.": {
			given: []func(*state){soakSince(time.Time{})},
			want:  []string{"Soaking: 1 node replaced; the new nodes run for 5m before the next drain"},
		},
		"During the soak no drain starts.": {
			given: []func(*state){soakSince(noon.Add(-time.Minute))},
			want:  []string{"wait: 1 node replaced; the new nodes run for 5m before the next drain"},
		},
		"The soak does not begin before the last new node is usable.": {
			given: []func(*state){soakSince(noon.Add(-time.Hour)), change("new-b", func(m *fleet.Member) { m.Node, m.Launched = nil, noon })},
			want:  []string{"wait: 1 node replaced; once the last new node is usable, the new nodes run for 5m before the next drain: new-b (b) is not usable: it has not joined the cluster"},
		},
		"A node that is not empty at the drain limit is quarantined if the policy says so.": {
			given: []func(*state){
				func(s *state) { s.Update.Policy.Quarantine = true },
				inFlight("old-a", 15*time.Minute, func(d *upgrade.Drain) {
					d.Blocked = []upgrade.BlockedPod{{Pod: "default/web-1", UID: "uid-web-1", Since: noon.Add(-15 * time.Minute)}}
				}), withBudget("web", 0), runs("old-a", "web-1", withBudgets("web")),
			},
			want: []string{
				"NodeQuarantined: quarantined node-old-a: could not be drained within 15m; continuing with the other nodes: pod default/web-1: its budget default/web needs 2 healthy pods and has 2 of 3, since 11:45:00 UTC. Let the budget default/web allow a disruption (more replicas, healthy pods, a looser budget) and retry, or use --force to delete such pods past the limit",
				"wait: draining node-old-a (a): pod default/web-1: its budget default/web needs 2 healthy pods and has 2 of 3, since 11:45:00 UTC",
			},
		},
		"A quarantined node waits while other outdated nodes are left.": {
			given: []func(*state){quarantined("old-a", false), quarantined("old-b", false)},
			want:  []string{"NodeDraining: draining node-old-c (c): outdated"},
		},
		"When no other outdated node is left a quarantined one is drained once more.": {
			given: []func(*state){withoutMembers("old-b", "old-c"), quarantined("old-a", false)},
			want:  []string{"NodeDraining: draining node-old-a (a): outdated"},
		},
		"When quarantined nodes were tried twice the update fails and names them.": {
			given: []func(*state){withoutMembers("old-b", "old-c"), quarantined("old-a", true)},
			want:  []string{"PodEvictionFailure: 1 outdated node could not be drained in two attempts; all other nodes are done. node-old-a: its pod stays"},
		},
		"Outdated nodes are tainted, up to date ones are not.": {
			given: []func(*state){withoutMarks},
			want:  []string{"do plan.SetMarks node-old-a", "do plan.SetMarks node-old-b", "do plan.SetMarks node-old-c"},
		},
		"A taint of Nodelift's on an up to date node is removed.": {
			given: []func(*state){change("new-a", func(m *fleet.Member) {
				m.Node.Marks, m.Node.Owned = []upgrade.Mark{upgrade.MarkTaint}, []upgrade.Mark{upgrade.MarkTaint}
			})},
			want: []string{"do plan.RemoveMarks node-new-a"},
		},
		"A cordon that Nodelift did not set stays.": {
			given: []func(*state){change("new-a", func(m *fleet.Member) { m.Node.Marks = []upgrade.Mark{upgrade.MarkCordon} }), inFlight("old-a", 0), runs("old-a", "web-1", deletedAgo(0))},
			want:  []string{"wait: draining node-old-a (a): pod default/web-1: it is terminating, within its grace period of 30s"},
		},
		"Unexpected sizes are read again before they are adopted.": {
			given: []func(*state){func(s *state) {
				s.Group.Size = upgrade.Size{Max: 8, Desired: 8}
				s.Ledger.Sizes.Unexpected, s.Ledger.Sizes.UnexpectedSince = &upgrade.Size{Max: 8, Desired: 8}, noon.Add(-10*time.Second)
			}, inFlight("old-a", 0), runs("old-a", "web-1", deletedAgo(0))},
			want: []string{
				"wait: AWS reports the sizes desired 8, maximum 8 instead of desired 6, maximum 6; reading again before treating that as somebody's change",
				"wait: draining node-old-a (a): pod default/web-1: it is terminating, within its grace period of 30s",
			},
		},
		"Unexpected sizes that last for 30 s are adopted as a difference to the owner's sizes.": {
			given: []func(*state){func(s *state) {
				s.Group.Size = upgrade.Size{Max: 8, Desired: 8}
				s.Ledger.Sizes.Unexpected, s.Ledger.Sizes.UnexpectedSince = &upgrade.Size{Max: 8, Desired: 8}, noon.Add(-30*time.Second)
			}},
			want: []string{"SizesChanged: sizes changed externally (desired 6, maximum 6 -> desired 8, maximum 8); the owner's sizes are now desired 5, maximum 5"},
		},
		"A $Latest that is older than the version of this update is read again before the group stays pinned.": {
			given: []func(*state){endsFollowingLatest(1)},
			want:  []string{"wait: AWS reports $Latest of launch template lt as version 1, which is older than the one this update made; reading again"},
		},
		"If $Latest stays another version the group stays pinned.": {
			given: []func(*state){endsFollowingLatest(1), func(s *state) {
				s.Run.Timers = []upgrade.Timer{{Key: plan.Latest, Since: noon.Add(-upgrade.ConfirmAfter)}}
			}},
			want: []string{
				"TemplatePinned: the group used $Latest of launch template lt and now uses its version 2, which is not what $Latest means",
				"wait: AWS reports $Latest of launch template lt as version 1, which is older than the one this update made; reading again",
			},
		},
		"A $Latest that may be older than the version of this update is not restored.": {
			given: []func(*state){endsFollowingLatest(1), func(s *state) { s.Run.Resolved.Template, s.Group.Template.Version = upgrade.TemplateVersion{}, "1" }},
			want:  []string{"wait: AWS reports $Latest of launch template lt as version 1, which is older than the one this update made; reading again"},
		},
		"A reference that AWS still reports as before the setup is read again.": {
			given: []func(*state){endsFollowingLatest(2), func(s *state) {
				s.Group.Template.Version, s.Run.Phases[1].Began = "1", noon.Add(-time.Second)
			}},
			want: []string{"wait: AWS still reports version 1 of the launch template (eventual consistency); reading again"},
		},
		"A rollback reads again before it believes that the group already uses the old version.": {
			given: []func(*state){rollsBackTo("1")},
			want:  []string{"wait: AWS reports that the group already uses version 1 of launch template lt; reading again, because the update that is rolled back has changed that"},
		},
		"A rollback whose group still uses the new version changes that.": {
			given: []func(*state){rollsBackTo("2")},
			want:  []string{"do plan.UseTemplate"},
		},
		"A rollback that has set the version itself goes on.": {
			given: []func(*state){rollsBackTo("1"), func(s *state) {
				s.Run.Timers = []upgrade.Timer{{Key: "asked/template/lt/1", Since: noon}}
			}},
			want: nil,
		},
		"A rollback that is cancelled before it has changed the launch template restores $Latest.": {
			given: []func(*state){endsFollowingLatest(2), func(s *state) {
				s.Run.Verdict.Status = upgrade.Cancelled
				s.Update.Rollback, s.Run.Phases[1].Began = &upgrade.Rollback{Of: "to-137"}, noon.Add(-upgrade.ConfirmAfter)
				s.Run.Resolved.Before, s.Run.Resolved.Template = s.Run.Resolved.Template, upgrade.TemplateVersion{ID: "lt", Number: 1}
			}},
			want: []string{"do plan.UseTemplate"},
		},
		"A $Latest that is the target is restored.": {
			given: []func(*state){endsFollowingLatest(2)},
			want:  []string{"do plan.UseTemplate"},
		},
		"An instance that is launched just before the limit of its zone has its own join limit.": {
			given: []func(*state){phase(upgrade.ScaleUp), withoutMarks, waitedForJoinLimit("zone/b"), change("new-b", func(m *fleet.Member) { m.Node, m.Launched = nil, noon.Add(-time.Minute) })},
			want:  []string{"wait: zone b has no new usable node yet: new-b was launched, but it has not joined the cluster"},
		},
		"A zone in which nothing is launched fails the update after the join limit.": {
			given: []func(*state){phase(upgrade.ScaleUp), withoutMarks, waitedForJoinLimit("zone/b"), withoutMembers("new-b")},
			want: []string{
				"NodeCreationFailure: zone b has no new usable node after 15m: it has no new instance.",
				"wait: zone b has no new usable node yet: it has no new instance",
			},
		},
		"Marks are removed from a node that somebody has detached.": {
			given: []func(*state){detached("ng", time.Second), waitedForJoinLimit("detached/node-old-c")},
			want: []string{
				"do plan.RemoveMarks node-old-c",
				"wait: node-old-c carries marks but is not in the group; reading again",
			},
		},
		"Marks are not removed at once, because a stale answer may lack the instance.": {
			given: []func(*state){detached("ng", time.Second), verdict(upgrade.Cancelled), func(s *state) { s.Ledger = upgrade.Ledger{Marks: true} }, withoutMembers("old-a", "old-b")},
			want:  []string{"wait: node-old-c carries marks but is not in the group; reading again"},
		},
		"Marks stay on a Ready node whose kubelet has stopped, because its instance is terminating.": {
			given: []func(*state){detached("ng", time.Minute), waitedForJoinLimit("detached/node-old-c"), verdict(upgrade.Cancelled), func(s *state) { s.Ledger = upgrade.Ledger{Marks: true} }, withoutMembers("old-a", "old-b")},
		},
		"Marks of another group stay.": {
			given: []func(*state){detached("another", time.Second), waitedForJoinLimit("detached/node-old-c"), verdict(upgrade.Cancelled), func(s *state) { s.Ledger = upgrade.Ledger{Marks: true} }, withoutMembers("old-a", "old-b")},
		},
		"A launch template that somebody changed ends the update with a conflict.": {
			given: []func(*state){func(s *state) {
				s.Group.Template.Version = "7"
				s.Run.Timers = []upgrade.Timer{{Key: plan.TemplateSet, Since: noon.Add(-time.Minute)}}
			}},
			want: []string{
				"ConfigurationConflict: somebody switched the group to version 7 of launch template lt during the update, which had set version 2. Find out who (Terraform, CloudFormation?), then retry",
				"wait: AWS reports version 7 of launch template lt instead of 2; reading again before treating that as somebody's change",
			},
		},
		"A paused update protects the nodes and resumes Cluster Autoscaler.": {
			given: []func(*state){func(s *state) { s.Update.PauseRequested, s.Run.AutoscalerSuspended = true, false }, withoutMembers("new-a", "new-b", "new-c", "old-b", "old-c"), change("old-a", func(m *fleet.Member) { m.Node.Marks = append(m.Node.Marks, upgrade.MarkScaleDownDisabled) })},
			want:  []string{"do plan.ResumeAutoscaler"},
		},
	}
}

// waitedForJoinLimit is a wait that has lasted for the join limit.
func waitedForJoinLimit(key upgrade.WaitKey) func(*state) {
	return func(s *state) {
		s.Run.Timers = append(s.Run.Timers, upgrade.Timer{Key: key, Since: noon.Add(-s.Update.Policy.JoinTimeout)})
	}
}

// detached takes an instance out of the group. Its node has marks of a holder, and its
// kubelet has been silent for a time.
func detached(holder string, silent time.Duration) func(*state) {
	return func(s *state) {
		change("old-c", func(m *fleet.Member) { m.Node.Owner, m.Node.Heartbeat = holder, noon.Add(-silent) })(s)
		s.Nodes = append(s.Nodes, *s.Members[slices.IndexFunc(s.Members, func(m fleet.Member) bool { return m.ID == "old-c" })].Node)
		withoutMembers("old-c")(s)
	}
}

// annotateAutoscaler keeps Cluster Autoscaler running.
func annotateAutoscaler(s *state) {
	s.Update.Policy.Autoscaler = upgrade.AutoscalerAnnotate
	s.Ledger.Autoscaler, s.Run.AutoscalerSuspended = false, false
}

// autoscalerRunning is while Cluster Autoscaler runs and the update may suspend it.
func autoscalerRunning(s *state) {
	s.Ledger.Autoscaler = true
	s.Autoscaler[0].Replicas, s.Autoscaler[0].SuspendedBy = 1, nil
}

// protectedFromAutoscaler marks nodes so that Cluster Autoscaler does not remove them.
func protectedFromAutoscaler(ids ...string) func(*state) {
	return func(s *state) {
		for _, id := range ids {
			change(id, func(m *fleet.Member) {
				m.Node.Marks, m.Node.Owned = append(m.Node.Marks, upgrade.MarkScaleDownDisabled), append(m.Node.Owned, upgrade.MarkScaleDownDisabled)
			})(s)
		}
	}
}

func withGPU(m *fleet.Member) { m.Node.ExtendedResources = []string{"nvidia.com/gpu"} }

func withoutMarks(s *state) {
	for _, m := range s.Members {
		m.Node.Marks, m.Node.Owned = nil, nil
	}
}

func drainDecisions() map[string]decision {
	return map[string]decision{
		"One node is drained at a time.": {
			given: []func(*state){},
			want:  []string{"NodeDraining: draining node-old-a (a): outdated"},
		},
		"As many nodes as maxUnavailable are drained, as long as enough usable nodes stay.": {
			given: []func(*state){func(s *state) { s.Update.Policy.MaxUnavailable = upgrade.Count{Value: 3} }},
			want: []string{
				"NodeDraining: draining node-old-a (a): outdated",
				"NodeDraining: draining node-old-b (b): outdated",
				"NodeDraining: draining node-old-c (c): outdated",
			},
		},
		"An outdated node that is not usable is drained first.": {
			given: []func(*state){change("old-c", func(m *fleet.Member) { m.Node.Ready = false })},
			want:  []string{"NodeDraining: draining node-old-c (c): outdated"},
		},
		"Nodes of the controller are drained last.": {
			given: []func(*state){change("old-a", runsController), change("old-b", runsController)},
			want:  []string{"NodeDraining: draining node-old-c (c): outdated"},
		},
		"Nodes of the controller are drained last even if the node order has them first.": {
			given: []func(*state){change("old-a", runsController), func(s *state) { s.Update.Policy.NodeOrder = upgrade.ZoneByZone }},
			want:  []string{"NodeDraining: draining node-old-b (b): outdated"},
		},
		"A node of the controller that is not usable is drained first.": {
			given: []func(*state){change("old-c", func(m *fleet.Member) { runsController(m); m.Node.Ready = false })},
			want:  []string{"NodeDraining: draining node-old-c (c): outdated"},
		},
		"A node of the controller is drained when no other is left.": {
			given: []func(*state){withoutMembers("old-b", "old-c"), change("old-a", runsController)},
			want:  []string{"NodeDraining: draining node-old-a (a): outdated"},
		},
		"A node that is not usable is drained even if no usable one could be.": {
			given: []func(*state){withoutMembers("new-b", "new-c"), sizes(6), change("old-c", func(m *fleet.Member) { m.Node.Marks = append(m.Node.Marks, upgrade.MarkCordon) })},
			want:  []string{"NodeDraining: draining node-old-c (c): outdated"},
		},
		"No drain starts while too few usable nodes would stay.": {
			given: []func(*state){withoutMembers("old-a", "old-b"), change("new-a", func(m *fleet.Member) { m.Node = nil })},
			want:  []string{"wait: the next drain would leave 2 usable nodes; at least 3 are required: new-a (a) is not usable: it has not joined the cluster"},
		},
		"A drain that was saved and not started is dropped when too few usable nodes would stay.": {
			given: []func(*state){withoutMembers("old-a", "old-b"), change("new-a", func(m *fleet.Member) { m.Node = nil }), inFlight("old-c", time.Hour), runs("old-c", "web-1")},
			want:  []string{"DrainStopped: not draining node-old-c now: draining it would leave 2 usable nodes; at least 3 are required"},
		},
		"A drain whose pods are blocked stays in flight while too few usable nodes would stay, and its limit counts on.": {
			given: []func(*state){withoutMembers("old-a", "old-b"), change("new-a", func(m *fleet.Member) { m.Node = nil }), inFlight("old-c", 10*time.Minute, func(d *upgrade.Drain) {
				d.Blocked = []upgrade.BlockedPod{{Pod: "default/web-1", UID: "uid-web-1", Since: noon.Add(-10 * time.Minute), Why: "its budget"}}
			}), runs("old-c", "web-1")},
			want: []string{"wait: draining node-old-c (c): pod default/web-1: draining it would leave 2 usable nodes; at least 3 are required, since 11:50:00 UTC"},
		},
		"While too few usable nodes would stay force deletes no pods past the limit.": {
			given: []func(*state){func(s *state) { s.Update.Policy.Force = true }, withoutMembers("old-a", "old-b"), change("new-a", func(m *fleet.Member) { m.Node = nil }), inFlight("old-c", 15*time.Minute, func(d *upgrade.Drain) {
				d.Blocked = []upgrade.BlockedPod{{Pod: "default/web-1", UID: "uid-web-1", Since: noon.Add(-10 * time.Minute), Why: "its budget"}}
			}), runs("old-c", "web-1")},
			want: []string{
				"PodEvictionFailure: node node-old-c could not be drained within 15m: pod default/web-1: draining it would leave 2 usable nodes; at least 3 are required, since 11:50:00 UTC. Find out what happened to the missing nodes, then retry",
				"wait: draining node-old-c (c): pod default/web-1: draining it would leave 2 usable nodes; at least 3 are required, since 11:50:00 UTC",
			},
		},
		"A drain whose pods are terminating stays in flight while too few usable nodes would stay.": {
			given: []func(*state){withoutMembers("old-a", "old-b"), change("new-a", func(m *fleet.Member) { m.Node = nil }), inFlight("old-c", 10*time.Minute), runs("old-c", "web-1", deletedAgo(0)), runs("old-c", "web-2")},
			want:  []string{"wait: draining node-old-c (c): pod default/web-2: draining it would leave 2 usable nodes; at least 3 are required, since 12:00:00 UTC (and 1 more)"},
		},
		"A drain that has evicted pods continues.": {
			given: []func(*state){withoutMembers("old-a", "old-b"), change("new-a", func(m *fleet.Member) { m.Node = nil }), inFlight("old-c", time.Minute, func(d *upgrade.Drain) { d.Evicted = 1 }), runs("old-c", "web-1")},
			want:  []string{"do plan.Evict", "wait: draining node-old-c (c): pod default/web-1: it is being evicted"},
		},
		"A terminating instance does not count as usable.": {
			given: []func(*state){withoutMembers("old-a", "old-b"), change("new-a", func(m *fleet.Member) { m.Lifecycle = "Terminating:Wait" })},
			want:  []string{"wait: the next drain would leave 2 usable nodes; at least 3 are required"},
		},
		"An empty node is cordoned and excluded from load balancers.": {
			given: []func(*state){inFlight("old-a", 20*time.Second)},
			want:  []string{"do plan.SetMarks node-old-a"},
		},
		"Load balancers have time to remove a cordoned node.": {
			given: []func(*state){inFlight("old-a", time.Minute, cordonedAgo(20*time.Second)), change("old-a", withCordon)},
			want:  []string{"wait: giving load balancers time to drop node-old-a"},
		},
		"If an instance joins while it is in flight its node is noted before anything else.": {
			given: []func(*state){verdict(upgrade.Successful), withoutMembers("old-a", "old-b", "old-c"), sizes(4), inFlight("new-a", time.Minute, surplusDrain, func(d *upgrade.Drain) { d.Node = "" }), runs("new-a", "web-1")},
			want:  nil, // an intent without words
		},
		"An instance that is missing in one answer is not taken for gone.": {
			given: []func(*state){verdict(upgrade.Successful), withoutMembers("old-a", "old-b", "old-c"), sizes(4), inFlight("new-d", 0, surplusDrain)},
			want:  []string{"wait: Auto Scaling no longer lists instance new-d; reading again"},
		},
		"An instance without a node that is missing in one answer is not taken for gone though its termination was requested.": {
			given: []func(*state){verdict(upgrade.Successful), withoutMembers("old-a", "old-b", "old-c"), sizes(4), inFlight("new-d", 0, surplusDrain, func(d *upgrade.Drain) { d.Node, d.TerminationRequested = "", noon.Add(-time.Second) })},
			want:  []string{"wait: Auto Scaling no longer lists instance new-d; reading again"},
		},
		"An instance that was seen terminating counts as terminating, whatever a later read shows.": {
			given: []func(*state){withoutMembers("old-b", "old-c"), func(s *state) {
				s.Run.RecentlyTerminated = []upgrade.TerminatedInstance{{Instance: "old-a", At: noon.Add(-time.Minute)}}
			}},
			want: []string{"UpgradeSucceeded: all nodes run image ami-new; restoring sizes, processes, autoscaler and marks"},
		},
		"After the wait for load balancers the instance is terminated.": {
			given: []func(*state){inFlight("old-a", 2*time.Minute, cordonedAgo(time.Minute)), change("old-a", withCordon)},
			want:  []string{"do plan.Terminate node-old-a"},
		},
		"The termination is not requested again while reads may be stale.": {
			given: []func(*state){inFlight("old-a", 2*time.Minute, cordonedAgo(time.Minute), terminationRequested(20*time.Second)), change("old-a", withCordon)},
			want:  []string{"wait: requested termination of instance old-a (node-old-a); still present"},
		},
		"The termination is requested again when reads cannot be stale any more.": {
			given: []func(*state){inFlight("old-a", 2*time.Minute, cordonedAgo(time.Minute), terminationRequested(30*time.Second)), change("old-a", withCordon)},
			want:  []string{"do plan.Terminate node-old-a"},
		},
		"A volume that is still attached keeps the node.": {
			given: []func(*state){inFlight("old-a", time.Minute), func(s *state) {
				s.Occupancy.Volumes["node-old-a"] = []upgrade.Volume{{Name: "pv-1", Claim: "default/data-db-0"}}
			}},
			want: []string{"wait: draining node-old-a (a): volume pv-1 is still attached"},
		},
		"A volume of a DaemonSet's pod does not keep the node.": {
			given: []func(*state){inFlight("old-a", time.Minute), runs("old-a", "agent", func(p *upgrade.Pod) { p.Stays, p.Claims = true, []string{"default/cache"} }), func(s *state) {
				s.Occupancy.Volumes["node-old-a"] = []upgrade.Volume{{Name: "pv-1", Claim: "default/cache"}}
			}},
			want: []string{"do plan.SetMarks node-old-a"},
		},
		"A terminating instance is no longer in flight and not terminated again.": {
			given: []func(*state){inFlight("old-a", 72*time.Second, func(d *upgrade.Drain) { d.TerminationRequested = noon }), change("old-a", func(m *fleet.Member) { m.Lifecycle = "Terminating:Wait" })},
			want:  []string{"NodeGone: terminated node-old-a (a), 1m12s after its drain started (0 pods evicted)"},
		},
		"If AWS terminated the node that was to be removed, another one is removed.": {
			given: []func(*state){verdict(upgrade.Successful), withoutMarks, withoutMembers("old-a", "old-b", "old-c"), shrinkSeenHalf, func(s *state) { s.TerminatedElsewhere = new(true) }},
			want:  []string{"NodeTakenAway: new-a was terminated by AWS or somebody else before Nodelift did it; removing another node instead"},
		},
		"If nobody terminated the node that was to be removed, somebody has raised the desired size.": {
			given: []func(*state){verdict(upgrade.Successful), withoutMarks, withoutMembers("old-a", "old-b", "old-c"), shrinkSeenHalf, func(s *state) { s.TerminatedElsewhere = new(false) }},
			want:  []string{"SizesChanged: sizes changed externally (desired 4, maximum 4 -> desired 4, maximum 4); the owner's sizes are now desired 4, maximum 4"},
		},
		"A node in flight that terminates without a request was removed by somebody else.": {
			given: []func(*state){inFlight("old-a", 72*time.Second), change("old-a", func(m *fleet.Member) { m.Lifecycle = upgrade.ShuttingDown })},
			want:  []string{"NodeGone: node-old-a (a) was removed by AWS or somebody else, 1m12s after its drain started (0 pods evicted)"},
		},
		"A drain stops when somebody puts the instance into Standby, whatever was done to it.": {
			given: []func(*state){inFlight("old-a", 72*time.Second, func(d *upgrade.Drain) { d.Evicted = 3 }), change("old-a", func(m *fleet.Member) { m.Lifecycle = upgrade.Standby }), oneInStandby},
			want:  []string{"DrainStopped: stopped draining node-old-a: it is in Standby or detaching (Standby)"},
		},
		"A successful update names the outdated nodes in Standby.": {
			given: []func(*state){withoutMembers("old-b", "old-c"), withoutMarks, change("old-a", func(m *fleet.Member) { m.Lifecycle = upgrade.Standby }), oneInStandby},
			want: []string{
				"UpgradeSucceeded: all nodes run image ami-new; restoring sizes, processes, autoscaler and marks",
				"NodeSkipped: node-old-a is outdated and was skipped: it is in Standby or detaching (Standby). Run the upgrade again when it is in service",
			},
		},
		"Marks are removed from a node in Standby.": {
			given: []func(*state){change("old-a", func(m *fleet.Member) { m.Lifecycle = upgrade.Standby }), oneInStandby},
			want:  []string{"do plan.RemoveMarks node-old-a"},
		},
		"A lifecycle hook that keeps a new instance pending is named.": {
			given: []func(*state){phase(upgrade.ScaleUp), change("new-b", func(m *fleet.Member) { m.Lifecycle, m.Launched = upgrade.PendingWait, noon })},
			want:  []string{"wait: zone b has no new usable node yet: new-b was launched, but a lifecycle hook of the group keeps its instance in Pending:Wait until it is completed"},
		},
		"Without outdated nodes the update succeeds.": {
			given: []func(*state){withoutMembers("old-a", "old-b", "old-c")},
			want:  []string{"UpgradeSucceeded: all nodes run image ami-new; restoring sizes, processes, autoscaler and marks"},
		},
	}
}

func cordonedAgo(ago time.Duration) func(*upgrade.Drain) {
	return func(d *upgrade.Drain) { d.Cordoned = noon.Add(-ago) }
}

func terminationRequested(ago time.Duration) func(*upgrade.Drain) {
	return func(d *upgrade.Drain) { d.TerminationRequested = noon.Add(-ago) }
}

func withCordon(m *fleet.Member) {
	m.Node.Marks = append(m.Node.Marks, upgrade.MarkCordon, upgrade.MarkExclude)
}

func podDecisions() map[string]decision {
	waiting := func(why string) string { return "wait: draining node-old-a (a): " + why }
	return map[string]decision{
		"A pod is evicted.": {
			given: []func(*state){inFlight("old-a", 0), runs("old-a", "web-1")},
			want:  []string{"do plan.Evict", waiting("pod default/web-1: it is being evicted")},
		},
		"An eviction that the budget would refuse is not requested.": {
			given: []func(*state){inFlight("old-a", 0), withBudget("web", 0), runs("old-a", "web-1", withBudgets("web"))},
			want:  []string{waiting("pod default/web-1: its budget default/web needs 2 healthy pods and has 2 of 3, since 12:00:00 UTC")},
		},
		"A Pending pod of the same budget is named, in the scheduler's words.": {
			given: []func(*state){inFlight("old-a", 0), withBudget("web", 0), runs("old-a", "web-1", withBudgets("web")), pending("web-9", "0/6 nodes are available: 6 node(s) didn't have free ports for the requested pod ports", withBudgets("web"))},
			want:  []string{waiting("pod default/web-1: its budget default/web needs 2 healthy pods and has 2 of 3; pod default/web-9 is Pending: the scheduler finds no node for it (0/6 nodes are available: 6 node(s) didn't have free ports for the requested pod ports), since 12:00:00 UTC")},
		},
		"Pending pods are reported while Cluster Autoscaler is suspended.": {
			given: []func(*state){inFlight("old-a", 0), pending("web-9", "0/6 nodes are available: 6 Insufficient cpu"), pending("web-8", "0/6 nodes are available: 6 Too many pods")},
			want:  []string{"PodsPending: pod default/web-9 is Pending: the scheduler finds no node for it (0/6 nodes are available: 6 Insufficient cpu) (and 1 more), while Cluster Autoscaler (kube-system/cluster-autoscaler) is suspended: raise the group's desired size (the update adopts that), or cancel it and run it again with --autoscaler annotate"},
		},
		"Pending pods are not reported again for 15 minutes.": {
			given: []func(*state){inFlight("old-a", 0), pending("web-9", "0/6 nodes are available: 6 Insufficient cpu"), func(s *state) { s.Run.PendingPodsReported = noon.Add(-14 * time.Minute) }},
			want:  []string{"do plan.SetMarks node-old-a"},
		},
		"Pending pods are not reported if they are older than the update, very young, or fit nowhere for another reason.": {
			given: []func(*state){
				inFlight("old-a", 0),
				pending("old", "Insufficient cpu", func(p *upgrade.Pod) { p.Created = noon.Add(-time.Hour) }),
				pending("young", "Insufficient cpu", func(p *upgrade.Pod) { p.Created = noon.Add(-30 * time.Second) }),
				pending("picky", "6 node(s) didn't match Pod's node affinity/selector"),
			},
			want: []string{"do plan.SetMarks node-old-a"},
		},
		"Pending pods are not reported while a node is joining.": {
			given: []func(*state){inFlight("old-a", 0), pending("web-9", "Insufficient cpu"), change("new-a", func(m *fleet.Member) { m.Node = nil })},
			want:  []string{"do plan.SetMarks node-old-a"},
		},
		"Pending pods are not reported if Cluster Autoscaler is running.": {
			given: []func(*state){annotateAutoscaler, protectedFromAutoscaler("old-a", "old-b", "old-c", "new-a", "new-b", "new-c"), func(s *state) { s.Autoscaler = nil }, inFlight("old-a", 0), pending("web-9", "Insufficient cpu")},
			want:  []string{"do plan.SetMarks node-old-a"},
		},
		"For a pod that is not Ready and whose budget has too few healthy pods AlwaysAllow is named.": {
			given: []func(*state){inFlight("old-a", 0), noneHealthy(false), runs("old-a", "web-1", withBudgets("web"), func(p *upgrade.Pod) { p.Ready = false })},
			want:  []string{waiting("pod default/web-1: its budget default/web needs 2 healthy pods and has 0 of 3; the pod is not Ready itself, but with too few healthy ones only unhealthyPodEvictionPolicy: AlwaysAllow lets it be evicted, since 12:00:00 UTC")},
		},
		"With unhealthyPodEvictionPolicy AlwaysAllow a pod that is not Ready is evicted.": {
			given: []func(*state){inFlight("old-a", 0), noneHealthy(true), runs("old-a", "web-1", withBudgets("web"), func(p *upgrade.Pod) { p.Ready = false })},
			want:  []string{"do plan.Evict", waiting("pod default/web-1: it is being evicted")},
		},
		"At the drain limit a pod that a webhook refuses is named with the message of the webhook.": {
			given: []func(*state){inFlight("old-a", 15*time.Minute, func(d *upgrade.Drain) {
				d.Blocked = []upgrade.BlockedPod{{Pod: "default/web-1", UID: "uid-web-1", Since: noon.Add(-15 * time.Minute), Next: noon.Add(time.Second), Why: drain.Refusal(upgrade.Answer{Outcome: upgrade.Denied, Message: `admission webhook "guard" denied the request: not on Fridays`})}}
			}), runs("old-a", "web-1")},
			want: []string{
				`PodEvictionFailure: node node-old-a could not be drained within 15m: pod default/web-1: denied, but not by a disruption budget: admission webhook "guard" denied the request: not on Fridays, since 11:45:00 UTC. Ask whoever runs that webhook or policy, or grant the right, and retry, or use --force to delete such pods past the limit`,
				waiting(`pod default/web-1: denied, but not by a disruption budget: admission webhook "guard" denied the request: not on Fridays, since 11:45:00 UTC`),
			},
		},
		"The last refusal is shown until there is another answer.": {
			given: []func(*state){inFlight("old-a", time.Minute, func(d *upgrade.Drain) {
				d.Blocked = []upgrade.BlockedPod{{Pod: "default/web-1", UID: "uid-web-1", Since: noon.Add(-30 * time.Second), Next: noon, Tries: 3, Why: "it is denied"}}
			}), runs("old-a", "web-1")},
			want: []string{"do plan.Evict", waiting("pod default/web-1: it is denied, since 11:59:30 UTC")},
		},
		"A pod that asks not to be evicted is evicted by default.": {
			given: []func(*state){inFlight("old-a", 0), runs("old-a", "train", asksToStay)},
			want:  []string{"do plan.Evict", waiting("pod default/train: it is being evicted")},
		},
		"A pod that asks not to be evicted is waited for if the policy respects that.": {
			given: []func(*state){respectSafeToEvict, inFlight("old-a", 0), runs("old-a", "train", asksToStay)},
			want:  []string{waiting("pod default/train: it asks not to be evicted (karpenter.sh/do-not-disrupt=true); waiting until it has finished, since 12:00:00 UTC")},
		},
		"A pod that asks not to be evicted is waited for until the drain limit.": {
			given: []func(*state){respectSafeToEvict, inFlight("old-a", 15*time.Minute), runs("old-a", "train", asksToStay)},
			want: []string{
				"PodEvictionFailure: node node-old-a could not be drained within 15m: pod default/train: it asks not to be evicted (karpenter.sh/do-not-disrupt=true); waiting until it has finished, since 12:00:00 UTC. Wait until pod default/train has finished and retry, or leave out --respect-safe-to-evict, or use --force to evict such pods past the limit",
				waiting("pod default/train: it asks not to be evicted (karpenter.sh/do-not-disrupt=true); waiting until it has finished, since 12:00:00 UTC"),
			},
		},
		"Past the limit force evicts a pod that asks not to be evicted through the API.": {
			given: []func(*state){respectSafeToEvict, func(s *state) { s.Update.Policy.Force = true }, inFlight("old-a", 15*time.Minute, func(d *upgrade.Drain) { d.Forced = noon }), runs("old-a", "train", asksToStay)},
			want:  []string{"do plan.Evict", waiting("pod default/train: it is being evicted")},
		},
		"A pod that came back after it was deleted by force is terminated with its node.": {
			given: []func(*state){inFlight("old-a", 20*time.Minute, func(d *upgrade.Drain) { d.Forced = noon.Add(-time.Minute) }), runs("old-a", "op-2", func(p *upgrade.Pod) { p.Created, p.Tolerates = noon.Add(-time.Second), "every taint" })},
			want:  []string{"do plan.SetMarks node-old-a"},
		},
		"One pass evicts no more pods than their budget allows.": {
			given: []func(*state){inFlight("old-a", 0), withBudget("web", 1), runs("old-a", "web-1", withBudgets("web")), runs("old-a", "web-2", withBudgets("web"))},
			want:  []string{"do plan.Evict", waiting("pod default/web-2: its budget default/web needs 2 healthy pods and has 2 of 3, since 12:00:00 UTC (and 1 more)")},
		},
		"A refused pod is not tried again before its time.": {
			given: []func(*state){inFlight("old-a", time.Minute, func(d *upgrade.Drain) {
				d.Blocked = []upgrade.BlockedPod{{Pod: "default/web-1", UID: "uid-web-1", Since: noon.Add(-30 * time.Second), Next: noon.Add(time.Second), Why: "budget default/web allows no disruption now"}}
			}), withBudget("web", 1), runs("old-a", "web-1", withBudgets("web"))},
			want: []string{waiting("pod default/web-1: budget default/web allows no disruption now, since 11:59:30 UTC")},
		},
		"LEAN adds no node for one whose termination was requested.": {
			given: []func(*state){func(s *state) { s.Run.Strategy = upgrade.Lean }, withoutMembers("old-c", "new-c"), sizes(4), inFlight("old-a", time.Minute, func(d *upgrade.Drain) {
				d.Cordoned, d.TerminationRequested = noon.Add(-time.Minute), noon.Add(-time.Second)
			}), change("old-a", withCordon)},
			want: []string{"wait: requested termination of instance old-a (node-old-a); still present"},
		},
		"A pod of the same name and another UID is another pod.": {
			given: []func(*state){inFlight("old-a", time.Minute, func(d *upgrade.Drain) {
				d.Blocked = []upgrade.BlockedPod{{Pod: "default/web-1", UID: "uid-before", Since: noon.Add(-30 * time.Second), Next: noon.Add(time.Second), Why: "budget default/web allows no disruption now"}}
			}), withBudget("web", 1), runs("old-a", "web-1", withBudgets("web"))},
			want: []string{"do plan.Evict", waiting("pod default/web-1: it is being evicted")},
		},
		"A pod with two budgets is named and not tried.": {
			given: []func(*state){inFlight("old-a", 0), runs("old-a", "web-1", withBudgets("web", "all"))},
			want:  []string{waiting("pod default/web-1: it has more than one disruption budget (default/web, default/all), and Kubernetes evicts no such pod: leave it one, since 12:00:00 UTC")},
		},
		"A pod in a terminating namespace is named and not tried.": {
			given: []func(*state){inFlight("old-a", 0), runs("old-a", "web-1", func(p *upgrade.Pod) { p.NamespaceTerminating = true })},
			want:  []string{waiting("pod default/web-1: its namespace default is being deleted, which refuses evictions and deletes the pod itself, since 12:00:00 UTC")},
		},
		"A pod that is not Ready is evicted if its budget has enough healthy ones.": {
			given: []func(*state){inFlight("old-a", 0), withBudget("web", 0), runs("old-a", "web-1", withBudgets("web"), func(p *upgrade.Pod) { p.Ready = false })},
			want:  []string{"do plan.Evict", waiting("pod default/web-1: it is being evicted")},
		},
		"A finished pod and a DaemonSet's pod do not keep the node.": {
			given: []func(*state){inFlight("old-a", 0), runs("old-a", "job", func(p *upgrade.Pod) { p.Finished = true }), runs("old-a", "agent", func(p *upgrade.Pod) { p.Stays = true })},
			want:  []string{"do plan.SetMarks node-old-a"},
		},
		"A pod that came back to the node it left is named with its toleration.": {
			given: []func(*state){inFlight("old-a", time.Minute), runs("old-a", "web-2", func(p *upgrade.Pod) {
				p.Created, p.Tolerates = noon.Add(-5*time.Second), "operator: Exists"
			})},
			want: []string{waiting("pod default/web-2: it came back to the node it left: its toleration operator: Exists lets it, since 12:00:00 UTC")},
		},
		"Finalizers that keep a pod are named.": {
			given: []func(*state){inFlight("old-a", time.Minute), runs("old-a", "web-1", deletedAgo(45*time.Second), func(p *upgrade.Pod) { p.Finalizers = []string{"example.com/wait"} })},
			want:  []string{waiting("pod default/web-1: it has ended, but its finalizers (example.com/wait) keep it: whoever set them has to remove them")},
		},
		"A grace period of an hour is waited for past the drain limit.": {
			given: []func(*state){inFlight("old-a", 50*time.Minute), runs("old-a", "web-1", func(p *upgrade.Pod) { p.Grace, p.Deleting = time.Hour, noon.Add(10*time.Minute) })},
			want:  []string{waiting("pod default/web-1: it is terminating, within its grace period of 1h")},
		},
		"Pods of a silent kubelet count as gone a minute after their grace period.": {
			given: []func(*state){inFlight("old-a", 10*time.Minute), runs("old-a", "web-1", deletedAgo(2*time.Minute)), change("old-a", kubeletSilent)},
			want:  []string{"do plan.SetMarks node-old-a"},
		},
		"A silent node may be in flight beside maxUnavailable others.": {
			given: []func(*state){inFlight("old-a", time.Minute), runs("old-a", "web-1", deletedAgo(0)), change("old-b", kubeletSilent)},
			want:  []string{"NodeDraining: draining node-old-b (b): outdated"},
		},
		"At the drain limit the update fails and names node, pod and budget.": {
			given: []func(*state){inFlight("old-a", 15*time.Minute, func(d *upgrade.Drain) {
				d.Blocked = []upgrade.BlockedPod{{Pod: "default/web-1", UID: "uid-web-1", Since: noon.Add(-15 * time.Minute)}}
			}), withBudget("web", 0), runs("old-a", "web-1", withBudgets("web"))},
			want: []string{
				"PodEvictionFailure: node node-old-a could not be drained within 15m: pod default/web-1: its budget default/web needs 2 healthy pods and has 2 of 3, since 11:45:00 UTC. Let the budget default/web allow a disruption (more replicas, healthy pods, a looser budget) and retry, or use --force to delete such pods past the limit",
				waiting("pod default/web-1: its budget default/web needs 2 healthy pods and has 2 of 3, since 11:45:00 UTC"),
			},
		},
		"Time in which no engine made a pass does not count for the limit.": {
			given: []func(*state){inFlight("old-a", 9*time.Hour), withBudget("web", 0), runs("old-a", "web-1", withBudgets("web")), func(s *state) {
				s.Run.Gaps = []upgrade.Gap{{From: noon.Add(-9 * time.Hour), To: noon.Add(-10 * time.Minute)}}
			}},
			want: []string{waiting("pod default/web-1: its budget default/web needs 2 healthy pods and has 2 of 3, since 12:00:00 UTC")},
		},
		"With force pods are deleted past the limit, after that was saved.": {
			given: []func(*state){func(s *state) { s.Update.Policy.Force = true }, inFlight("old-a", 15*time.Minute, func(d *upgrade.Drain) { d.Forced = noon }), withBudget("web", 0), runs("old-a", "web-1", withBudgets("web"))},
			want:  []string{"do plan.DeletePod node-old-a", waiting("pod default/web-1: its budget default/web needs 2 healthy pods and has 2 of 3, since 12:00:00 UTC")},
		},
	}
}

func asksToStay(p *upgrade.Pod) { p.Keep = "karpenter.sh/do-not-disrupt=true" }

func respectSafeToEvict(s *state) { s.Update.Policy.RespectSafeToEvict = true }

// noneHealthy is a budget without a healthy pod.
func noneHealthy(alwaysAllow bool) func(*state) {
	return func(s *state) {
		s.Occupancy.Budgets["default/web"] = upgrade.Budget{Namespace: "default", Name: "web", Needed: 2, Expected: 3, AlwaysAllow: alwaysAllow}
	}
}

func kubeletSilent(m *fleet.Member) { m.Node.Ready, m.Node.Heartbeat = false, noon.Add(-6*time.Minute) }

func endDecisions() map[string]decision {
	return map[string]decision{
		"After a failure drains stop.": {
			given: []func(*state){verdict(upgrade.Failed), inFlight("old-a", time.Minute)},
			want:  []string{"DrainStopped: stopped draining node-old-a"},
		},
		"After a failure marks are removed.": {
			given: []func(*state){verdict(upgrade.Failed), withoutMembers("old-b", "old-c", "new-a", "new-b", "new-c")},
			want:  []string{"do plan.RemoveMarks node-old-a"},
		},
		"Nodes that never joined are removed first.": {
			given: []func(*state){verdict(upgrade.Failed), withoutMarks, change("new-c", func(m *fleet.Member) { m.Node = nil })},
			want:  []string{"NodeDraining: draining new-c (c): the group's desired size is 3"},
		},
		"The node with the fewest pods of the fullest zone is removed.": {
			given: []func(*state){verdict(upgrade.Successful), withoutMembers("old-a", "old-b", "old-c"), sizes(5), func(s *state) {
				add(s, "new-2b", "b", newImage)
				add(s, "new-3b", "b", newImage)
			}, runs("new-b", "web-1"), runs("new-2b", "web-2"), runs("new-2b", "web-3"), runs("new-3b", "web-4"), runs("new-3b", "web-5")},
			want: []string{"NodeDraining: draining node-new-b (b): the group's desired size is 3"},
		},
		"A node without the controller is removed before one with it.": {
			given: []func(*state){verdict(upgrade.Successful), withoutMembers("old-a", "old-b", "old-c"), sizes(4), func(s *state) { add(s, "new-2b", "b", newImage) }, change("new-2b", runsController), runs("new-b", "web-1")},
			want:  []string{"NodeDraining: draining node-new-b (b): the group's desired size is 3"},
		},
		"A node that is removed in the scale down is tainted before it is drained.": {
			given: []func(*state){verdict(upgrade.Successful), withoutMembers("old-a", "old-b", "old-c"), sizes(4), func(s *state) { add(s, "new-2b", "b", newImage) }, inFlight("new-b", 0, surplusDrain), runs("new-b", "web-1")},
			want:  []string{"do plan.SetMarks node-new-b"},
		},
		"A node that cannot be drained is not terminated to restore a size.": {
			given: []func(*state){verdict(upgrade.Failed), withoutMarks, sizes(4), withoutMembers("new-a", "new-b"), inFlight("new-c", 15*time.Minute, surplusDrain), change("new-c", func(m *fleet.Member) { m.Node.Marks = []upgrade.Mark{upgrade.MarkTaint} }), withBudget("web", 0), runs("new-c", "web-1", withBudgets("web"))},
			want: []string{
				"NodeKept: node-new-c could not be drained and is kept: pod default/web-1: its budget default/web needs 2 healthy pods and has 2 of 3, since 12:00:00 UTC",
				"wait: draining node-new-c (c): pod default/web-1: its budget default/web needs 2 healthy pods and has 2 of 3, since 12:00:00 UTC",
			},
		},
		"When all usable nodes are required one that is not usable is removed.": {
			given: []func(*state){verdict(upgrade.Successful), withoutMembers("old-a", "old-b", "old-c"), sizes(4), func(s *state) { add(s, "new-2b", "b", newImage) }, change("new-2b", func(m *fleet.Member) { m.Node.Ready = false })},
			want:  []string{"NodeDraining: draining node-new-2b (b): the group's desired size is 3"},
		},
		"After a cancellation a dead node is removed before a joining one.": {
			given: []func(*state){verdict(upgrade.Cancelled), withoutMarks, sizes(4), withoutMembers("new-b", "new-c"), change("old-c", func(m *fleet.Member) { m.Node.Ready = false }), change("new-a", func(m *fleet.Member) { m.Node, m.Launched = nil, noon })},
			want:  []string{"NodeDraining: draining node-old-c (c): the group's desired size is 3"},
		},
		"After a cancellation a node of the fullest zone is removed, even if budgets block its drain for now.": {
			given: []func(*state){verdict(upgrade.Cancelled), withoutMarks, sizes(4), withoutMembers("new-b", "new-c"), withBudget("web", 0), runs("old-a", "web-1", withBudgets("web")), runs("new-a", "web-2", withBudgets("web"))},
			want:  []string{"NodeDraining: draining node-old-a (a): the group's desired size is 3"},
		},
		"After a failure a node whose drain is not blocked is preferred.": {
			given: []func(*state){verdict(upgrade.Failed), withoutMarks, sizes(4), withoutMembers("new-b", "new-c"), withBudget("web", 0), runs("old-a", "web-1", withBudgets("web")), runs("new-a", "web-2", withBudgets("web"))},
			want:  []string{"NodeDraining: draining node-old-b (b): the group's desired size is 3"},
		},
		"A joining node that is required stays.": {
			given: []func(*state){verdict(upgrade.Successful), withoutMembers("old-a", "old-b", "old-c"), sizes(4), change("new-b", func(m *fleet.Member) { m.Node, m.Launched = nil, noon })},
			want:  []string{"wait: 1 place of the group stayed without an instance; reading again before giving that back", "wait: removing no node yet: at least 3 usable nodes must stay: new-b (b) is not usable: it has not joined the cluster"},
		},
		"A joining node of another zone than the fullest is not removed instead.": {
			given: []func(*state){verdict(upgrade.Successful), withoutMembers("old-a", "old-b", "old-c"), sizes(4), func(s *state) { add(s, "new-2a", "a", newImage) }, change("new-c", func(m *fleet.Member) { m.Node, m.Launched = nil, noon })},
			want:  []string{"wait: removing no node yet: at least 3 usable nodes must stay: new-c (c) is not usable: it has not joined the cluster"},
		},
		"A usable node that is required stays.": {
			given: []func(*state){verdict(upgrade.Successful), withoutMembers("old-a", "old-b", "old-c", "new-c"), sizes(4)},
			want:  []string{"wait: 1 place of the group stayed without an instance; reading again before giving that back", "wait: removing no node yet: at least 3 usable nodes must stay"},
		},
		"A drain continues while the next one waits for usable nodes.": {
			given: []func(*state){verdict(upgrade.Successful), withoutMembers("old-a", "old-b", "old-c"), sizes(5), func(s *state) { s.Run.Baseline.Usable, s.Update.Policy.MaxUnavailable = 2, upgrade.Count{Value: 2} }, inFlight("new-b", 0, surplusDrain), change("new-b", func(m *fleet.Member) { m.Node.Marks = []upgrade.Mark{upgrade.MarkTaint} }), runs("new-b", "web-1")},
			want:  []string{"do plan.Evict", "wait: removing no node yet: at least 2 usable nodes must stay", "wait: draining node-new-b (b): pod default/web-1: it is being evicted"},
		},
		"Processes are resumed once, even if AWS already reports them as running.": {
			given: []func(*state){verdict(upgrade.Failed), withoutMarks, func(s *state) {
				s.Ledger, s.Group.Suspended = upgrade.Ledger{Processes: []string{"AlarmNotification"}}, nil
			}},
			want: []string{"do plan.SetProcesses", "wait: reading the group again after resuming its processes"},
		},
		"When resuming was requested the report of AWS is enough.": {
			given: []func(*state){verdict(upgrade.Failed), withoutMarks, func(s *state) { s.Run.ResumeRequested = []string{"AlarmNotification"} }, func(s *state) {
				s.Ledger, s.Group.Suspended = upgrade.Ledger{Processes: []string{"AlarmNotification"}}, nil
			}},
			want: nil,
		},
		"Processes that AWS never reported as suspended are owed no more if it refuses to resume them.": {
			given: []func(*state){verdict(upgrade.Failed), withoutMarks, func(s *state) {
				s.Ledger, s.Group.Suspended = upgrade.Ledger{Processes: []string{"AlarmNotification"}}, nil
				s.Run.FailedCalls = []upgrade.FailedCall{{Reason: "ProcessesResumed", Since: noon.Add(-time.Minute), Limit: 15 * time.Minute}}
			}},
			want: nil,
		},
		"AZRebalance stays suspended while the zones are uneven.": {
			given: []func(*state){verdict(upgrade.Failed), withoutMarks, sizes(3), withoutMembers("old-b", "old-c", "new-c"), func(s *state) {
				s.Ledger = upgrade.Ledger{Processes: []string{upgrade.ProcessAZRebalance}}
				add(s, "new-2a", "a", newImage)
			}, withoutMembers("new-b")},
			want: []string{
				"UpdateEnded: the update ended: Failed after 10m",
				"NotRestored: AZRebalance stays suspended: it would terminate nodes undrained: a has 3, b has 0, c has 0",
			},
		},
		"While instances are joining AZRebalance waits for even zones.": {
			given: []func(*state){verdict(upgrade.Failed), withoutMarks, sizes(3), withoutMembers("old-b", "old-c", "new-c"), func(s *state) {
				s.Ledger = upgrade.Ledger{Processes: []string{upgrade.ProcessAZRebalance}}
				s.Group.Size.Desired = 4
				add(s, "new-2a", "a", newImage)
			}, withoutMembers("new-b")},
			want: []string{"wait: waiting for even zones before resuming AZRebalance: a has 3, b has 0, c has 0"},
		},
		"What cannot be restored is named at the end.": {
			given: []func(*state){verdict(upgrade.Failed), withoutMarks, sizes(4), withoutMembers("old-b", "old-c"), func(s *state) {
				s.Ledger = upgrade.Ledger{Sizes: s.Ledger.Sizes}
				s.Run.SizesNotRestored, s.Run.Undrainable = true, []string{"new-c"}
			}, withBudget("web", 0), runs("new-c", "web-1", withBudgets("web"))},
			want: []string{
				"UpdateEnded: the update ended: Failed after 10m",
				"NotRestored: the sizes are desired 4, maximum 4 instead of the owner's desired 3, maximum 3: these nodes could not be drained: node-new-c (pod default/web-1: its budget default/web needs 2 healthy pods and has 2 of 3)",
			},
		},
		"When everything is restored the update ends.": {
			given: []func(*state){verdict(upgrade.Successful), withoutMembers("old-a", "old-b", "old-c"), func(s *state) { s.Ledger = upgrade.Ledger{} }},
			want:  []string{"UpdateEnded: the update ended: Successful after 10m"},
		},
	}
}

// oneInStandby is a ledger that knows of an instance in Standby.
func oneInStandby(s *state) { s.Ledger.Sizes.Standby = 1 }

// A paused update that has removed its marks already notes that they are owed before it sets any again.
func TestMarksAreOwedBeforeTheyAreSet(t *testing.T) {
	for _, owed := range []bool{false, true} {
		p := decide(given(pausedAfterVerdict(owed)))
		if sets := len(p.Steps) > 0; !p.Record.Ledger.Marks || p.SaveLedger == owed || sets != owed {
			t.Errorf("owed before: %t; owed now: %t, saves that: %t, sets marks: %t", owed, p.Record.Ledger.Marks, p.SaveLedger, sets)
		}
	}
}
