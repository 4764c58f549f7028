package preflight

import (
	"testing"

	"github.com/nodelift/nodelift/internal/upgrade"
)

func TestTemplateVersionsThatNoNodeRuns(t *testing.T) {
	runs := func(differs ...string) func(*Facts) {
		return func(f *Facts) {
			f.Running = Running{Version: upgrade.TemplateVersion{ID: "lt-1", Number: 1}, Nodes: 3, Differs: differs}
		}
	}
	const end = "; the group launches version 4 of lt-1: no node has shown yet that version 4 works; check what it says, or begin with one node (--canary 1)"
	check(t, map[string]scenario{
		"A version that differs in what nodes are launched with is a warning.": {change: runs("user data", "security group ids"), warnings: []string{
			"VersionNotRun: 3 of 3 nodes run version 1 of launch template lt-1, which differs in its user data, security group ids" + end}},
		"One that differs in its image alone is what an upgrade leaves that failed.": {change: runs()},
		"One that does not exist any more cannot be compared.": {change: func(f *Facts) {
			runs()(f)
			f.Running.Gone = true
		}, warnings: []string{"VersionNotRun: 3 of 3 nodes run version 1 of launch template lt-1, which does not exist any more, so that nobody can compare them" + end}},
		"A version that people name is what they want.": {change: func(f *Facts) {
			runs("user data")(f)
			f.Target = upgrade.Resolved{ByTemplate: true, Image: f.Target.Image, Template: upgrade.TemplateVersion{ID: "lt-1", Number: 5, Image: "ami-137"}}
			f.Asked = upgrade.Target{TemplateVersion: "5"}
		}},
	})
}

func TestRunningVersion(t *testing.T) {
	version := func(n int64) upgrade.TemplateVersion {
		return upgrade.TemplateVersion{ID: "lt-1", Number: n, Image: "ami-1"}
	}
	group := func(versions ...int64) upgrade.Group {
		var g upgrade.Group
		for _, n := range versions {
			g.Instances = append(g.Instances, upgrade.Instance{Lifecycle: upgrade.InService, Template: version(n)})
		}
		return g
	}
	for name, tt := range map[string]struct {
		group upgrade.Group
		want  int64
		nodes int
	}{
		"All nodes run an older one.":                    {group(1, 1, 1), 1, 3},
		"Most nodes run an older one, some a newer one.": {group(1, 1, 2), 1, 2},
		"One node runs what the group launches.":         {group(1, 1, 4), 0, 0},
		"There is no node.":                              {group(), 0, 0},
		"Nodes of a launch configuration have none.":     {upgrade.Group{Instances: []upgrade.Instance{{Lifecycle: upgrade.InService}}}, 0, 0},
	} {
		if got, nodes := RunningVersion(tt.group, version(4)); got.Number != tt.want || nodes != tt.nodes {
			t.Errorf("%s got version %d on %d nodes, want %d on %d", name, got.Number, nodes, tt.want, tt.nodes)
		}
	}
}
