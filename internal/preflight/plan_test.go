package preflight

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nodelift/nodelift/internal/upgrade"
)

func TestPlan(t *testing.T) {
	f := sound()
	want := Plan{
		Nodes: 3, Outdated: 3, Zones: []Zone{{"a", 1, 1}, {"b", 1, 1}, {"c", 1, 1}},
		MaxUnavailable: 1, Surge: 3, Bound: 6, Sizes: upgrade.Size{Max: 3, Desired: 3},
		From: f.Present, To: f.Target.Image, OutdatedImages: []string{"ami-136"}, Kubelets: []string{"v1.36.2-eks-7654321"}, NewTemplateVersion: true,
		Suspends: []string{"Cluster Autoscaler kube-system/cluster-autoscaler (replicas: 1), while nodes are added", "in the group: AZRebalance, AlarmNotification, ScheduledActions, InstanceRefresh, until the end"},
		Marks:    []string{"the group's nodes with cluster-autoscaler.kubernetes.io/scale-down-disabled=true, so that Cluster Autoscaler does not remove them"},
	}
	if diff := cmp.Diff(want, Check(f).Plan); diff != "" {
		t.Error(diff)
	}
}

func TestSurge(t *testing.T) {
	// nodes adds n nodes to a zone.
	nodes := func(f *Facts, zone, image string, n int) {
		for range n {
			f.add(zone, image, f.Template)
		}
	}
	tests := map[string]struct {
		change       func(*Facts)
		surge, bound int
	}{
		"a node for each zone":                     {change: func(*Facts) {}, surge: 3, bound: 6},
		"as many as may be drained at once":        {change: func(f *Facts) { nodes(f, "a", "ami-136", 7); f.Policy.MaxUnavailable.Value = 5 }, surge: 5, bound: 6},
		"never more than there are outdated nodes": {change: func(f *Facts) { f.Policy.MaxUnavailable.Value = 50 }, surge: 3, bound: 50},
		"only zones that have outdated nodes":      {change: func(f *Facts) { f.Group.Instances[0].Image, f.Group.Instances[1].Image = "ami-137", "ami-137" }, surge: 1, bound: 6},
		"a percentage of the nodes, rounded down": {change: func(f *Facts) {
			nodes(f, "a", "ami-136", 16)
			f.Group.Size.Desired = 19
			f.Policy.MaxUnavailable = upgrade.Count{Value: 25, Percent: true}
		}, surge: 4, bound: 6},
		"of which those that are borrowed are none": {change: func(f *Facts) {
			nodes(f, "a", "ami-136", 16)
			f.Group.Size.Desired = 16
			f.Policy.MaxUnavailable = upgrade.Count{Value: 25, Percent: true}
		}, surge: 4, bound: 6},
		"none with MINIMAL":                 {change: func(f *Facts) { f.Policy.Strategy = upgrade.Minimal }, surge: 0, bound: 0},
		"no more than outdated with LEAN":   {change: func(f *Facts) { f.Policy.Strategy = upgrade.Lean }, surge: 3, bound: 3},
		"one node in one of three zones":    {change: func(f *Facts) { f.Group.Instances = f.Group.Instances[:1] }, surge: 1, bound: 6},
		"nothing where nothing is outdated": {change: func(f *Facts) { f.Target.Image.ID = "ami-136" }, surge: 0, bound: 6},
		"instances that go need no place":   {change: func(f *Facts) { f.Group.Instances[2].Lifecycle = upgrade.ShuttingDown }, surge: 2, bound: 6},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := sound()
			tt.change(&f)
			if p := Check(f).Plan; p.Surge != tt.surge || p.Bound != tt.bound {
				t.Errorf("surge %d of at most %d, want %d of %d", p.Surge, p.Bound, tt.surge, tt.bound)
			}
		})
	}
}

func TestSuspends(t *testing.T) {
	tests := map[string]struct {
		change func(*Facts)
		want   int
	}{
		"the autoscaler and the group's processes": {change: func(*Facts) {}, want: 2},
		"no autoscaler":                                  {change: func(f *Facts) { f.Autoscaler = nil }, want: 1},
		"one that another group has suspended":           {change: func(f *Facts) { f.Autoscaler[0].Replicas, f.Autoscaler[0].SuspendedBy = 0, []string{"others"} }, want: 2},
		"an autoscaler that is to be ignored":            {change: func(f *Facts) { f.Policy.Autoscaler = upgrade.AutoscalerIgnore }, want: 1},
		"one that runs and an update that adds no nodes": {change: func(f *Facts) { f.Policy.Strategy = upgrade.Minimal }, want: 1},
		"two autoscalers":                                {change: func(f *Facts) { f.Autoscaler = append(f.Autoscaler, f.Autoscaler[0]) }, want: 3},
		"processes that are suspended anyway":            {change: func(f *Facts) { f.Group.Suspended = upgrade.ProcessesToSuspend() }, want: 1},
		"neither":                                        {change: func(f *Facts) { f.Autoscaler = nil; f.Group.Suspended = upgrade.ProcessesToSuspend() }, want: 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := sound()
			tt.change(&f)
			got := Check(f).Plan.Suspends
			if len(f.Autoscaler.Holders()) > 0 && !strings.HasPrefix(got[0], "Cluster Autoscaler kube-system/cluster-autoscaler (already suspended by others)") {
				t.Errorf("suspends %q", got[0])
			}
			if len(got) != tt.want {
				t.Errorf("suspends %q", got)
			}
		})
	}
}

func TestMarks(t *testing.T) {
	for mode, want := range map[upgrade.AutoscalerMode]int{upgrade.AutoscalerSuspend: 0, upgrade.AutoscalerAnnotate: 1, upgrade.AutoscalerIgnore: 0} {
		f := sound()
		f.Policy.Autoscaler = mode
		if got := Check(f).Plan.Marks; len(got) != want || want > 0 && !strings.Contains(got[0], "scale-down-disabled=true") {
			t.Errorf("with %s the plan marks %q", mode, got)
		}
	}
}

func TestNothingToDo(t *testing.T) {
	upToDate := func(f *Facts) {
		f.Template.Image = "ami-137"
		for i := range f.Group.Instances {
			f.Group.Instances[i].Image = "ami-137"
		}
	}
	byTemplate := func(number int64) func(*Facts) {
		return func(f *Facts) {
			target := upgrade.TemplateVersion{ID: "lt-1", Number: number, Image: "ami-136"}
			f.Asked, f.Target = upgrade.Target{TemplateVersion: "4"}, upgrade.Resolved{ByTemplate: true, Template: target, Image: f.Present}
		}
	}
	tests := map[string]struct {
		change   func(*Facts)
		want     bool
		outdated int
	}{
		"all nodes are outdated":                     {change: func(*Facts) {}, outdated: 3},
		"the group and its nodes are up to date":     {change: upToDate, want: true},
		"one node is left":                           {change: func(f *Facts) { upToDate(f); f.Group.Instances[0].Image = "ami-136" }, outdated: 1},
		"only the template is outdated":              {change: func(f *Facts) { upToDate(f); f.Template.Image = "ami-136" }},
		"the template version that they run":         {change: byTemplate(4), want: true},
		"another template version of the same image": {change: byTemplate(5), outdated: 3},
		"the target is not known":                    {change: func(f *Facts) { f.Target = upgrade.Resolved{} }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := sound()
			tt.change(&f)
			if p := Check(f).Plan; p.NothingToDo() != tt.want || p.Outdated != tt.outdated {
				t.Errorf("nothing to do: %v with %d outdated", p.NothingToDo(), p.Outdated)
			}
		})
	}
}
