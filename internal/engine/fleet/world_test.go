package fleet

import (
	"slices"
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

const (
	oldImage = "ami-old"
	newImage = "ami-new"
)

func noon() time.Time { return time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC) }

func ago(d time.Duration) time.Time { return noon().Add(-d) }

// given is a Fleet of a group in the zones a, b and c without members. Its upgrade to newImage
// began 10 minutes ago, with EKS's default settings. The changes of a case are made before Join.
func given(changes ...func(*Fleet)) *Fleet {
	f := &Fleet{
		Now:    noon(),
		Update: upgrade.Update{UID: "uid", NodeGroup: "ng", Policy: upgrade.DefaultPolicy()},
		Run: upgrade.Run{
			Started: ago(10 * time.Minute), Strategy: upgrade.Default,
			Resolved: &upgrade.Resolved{Image: upgrade.Image{ID: newImage}},
		},
		Group:     upgrade.Group{Zones: []string{"a", "b", "c"}},
		Occupancy: upgrade.Occupancy{Pods: map[string][]upgrade.Pod{}},
	}
	for _, change := range changes {
		change(f)
	}
	nodes := f.Nodes
	for _, m := range f.Members {
		f.Group.Instances = append(f.Group.Instances, m.Instance)
		if m.Node != nil {
			nodes = append(nodes, *m.Node)
		}
	}
	f.Join(nodes)
	return f
}

// has adds a member that is usable unless a change says otherwise. Its node has its id as name.
func has(id, zone, image string, changes ...func(*Member)) func(*Fleet) {
	return func(f *Fleet) {
		m := Member{
			Instance: upgrade.Instance{ID: id, Zone: zone, Lifecycle: upgrade.InService, Image: image, Launched: ago(6 * time.Minute)},
			Node: &upgrade.Node{
				Name: id, Provider: "aws:///" + zone + "/" + id, Image: image,
				Ready: true, ReadySince: ago(5 * time.Minute), Heartbeat: noon(),
			},
		}
		for _, change := range changes {
			change(&m)
		}
		f.Members = append(f.Members, m)
	}
}

func noNode(m *Member)     { m.Node = nil }
func notReady(m *Member)   { m.Node.Ready, m.Node.ReadySince = false, ago(time.Minute) }
func cordoned(m *Member)   { m.Node.Marks = append(m.Node.Marks, upgrade.MarkCordon) }
func controller(m *Member) { m.Node.Controller = true }
func protected(m *Member)  { m.Protected = true }

func launched(d time.Duration) func(*Member) { return func(m *Member) { m.Launched = ago(d) } }

func lifecycle(l upgrade.Lifecycle) func(*Member) { return func(m *Member) { m.Lifecycle = l } }

func inFlight(id string) func(*Fleet) {
	return func(f *Fleet) { f.Run.Drains = append(f.Run.Drains, upgrade.Drain{Instance: id, Node: id}) }
}

func quarantined(id string, retried bool) func(*Fleet) {
	return func(f *Fleet) {
		f.Run.Quarantined = append(f.Run.Quarantined, upgrade.Quarantined{Instance: id, Node: id, Retried: retried})
	}
}

// borrowed sets the owner's desired size and the one that is applied now.
func borrowed(owner, now int) func(*Fleet) {
	return func(f *Fleet) {
		f.Ledger.Sizes = &upgrade.Sizes{Owner: upgrade.Size{Desired: owner}, Expected: upgrade.Size{Desired: now}}
		f.Group.Size.Desired = now
	}
}

// without takes the subnet of a zone from the group.
func without(zone string) func(*Fleet) {
	return func(f *Fleet) {
		f.Group.Zones = slices.DeleteFunc(f.Group.Zones, func(z string) bool { return z == zone })
	}
}

func measured(nodes, usable int) func(*Fleet) {
	return func(f *Fleet) { f.Run.Baseline = &upgrade.Baseline{Nodes: nodes, Usable: usable} }
}

func strategy(s upgrade.Strategy) func(*Fleet) { return func(f *Fleet) { f.Run.Strategy = s } }

func scaling(f *Fleet) { f.Update.Scaling, f.Run.Resolved = &upgrade.Scaling{}, nil }

func maxUnavailable(c upgrade.Count) func(*Fleet) {
	return func(f *Fleet) { f.Update.Policy.MaxUnavailable = c }
}

func ended(s upgrade.Status) func(*Fleet) {
	return func(f *Fleet) { f.Run.Verdict = &upgrade.Verdict{Status: s, At: ago(time.Minute)} }
}

// runs puts pods on a node, each with volumes bound to these zones.
func runs(node string, count int, zones ...string) func(*Fleet) {
	return func(f *Fleet) {
		for i := range count {
			f.Occupancy.Pods[node] = append(f.Occupancy.Pods[node], upgrade.Pod{Namespace: "shop", Name: node + "-" + string(rune('0'+i)), Zones: zones})
		}
	}
}

func ids(members []*Member) []string {
	var ids []string
	for _, m := range members {
		ids = append(ids, m.ID)
	}
	return ids
}

func equal(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}
