package fleet

import (
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

func TestOutdated(t *testing.T) {
	byTemplate := func(f *Fleet) {
		f.Run.Resolved.ByTemplate, f.Run.Resolved.Template = true, upgrade.TemplateVersion{ID: "lt", Number: 2}
	}
	template := func(id string, number int64) func(*Member) {
		return func(m *Member) { m.Template = upgrade.TemplateVersion{ID: id, Number: number} }
	}
	began := func(d time.Duration) func(*Fleet) { return func(f *Fleet) { f.Run.Started = ago(d) } }
	tests := map[string]struct {
		given []func(*Fleet)
		want  bool
	}{
		"A member with the image of the target is up to date":            {[]func(*Fleet){has("i", "a", newImage)}, false},
		"A member with another image is outdated":                        {[]func(*Fleet){has("i", "a", oldImage)}, true},
		"The image label of the node does not count, EC2 does":           {[]func(*Fleet){has("i", "a", oldImage, func(m *Member) { m.Node.Image = newImage })}, true},
		"A member whose image EC2 does not know yet is not outdated":     {[]func(*Fleet){has("i", "a", "")}, false},
		"No member is outdated before the target is resolved":            {[]func(*Fleet){has("i", "a", oldImage), func(f *Fleet) { f.Run.Resolved = nil }}, false},
		"By template, a member of another version is outdated":           {[]func(*Fleet){byTemplate, has("i", "a", newImage, template("lt", 1))}, true},
		"By template, a member of another template is outdated":          {[]func(*Fleet){byTemplate, has("i", "a", newImage, template("lt-other", 2))}, true},
		"By template, a member of the version is up to date":             {[]func(*Fleet){byTemplate, has("i", "a", oldImage, template("lt", 2))}, false},
		"An old instance past the join limit without a node is outdated": {[]func(*Fleet){has("i", "a", newImage, noNode, launched(16*time.Minute))}, true},
		"An old instance within the join limit is not outdated":          {[]func(*Fleet){has("i", "a", newImage, noNode, launched(14*time.Minute))}, false},
		"An instance of this update is not outdated though it is late":   {[]func(*Fleet){began(time.Hour), has("i", "a", newImage, noNode, launched(16*time.Minute))}, false},
		"Time in which no engine made a pass does not count for the join limit": {[]func(*Fleet){
			has("i", "a", newImage, noNode, launched(16*time.Minute)),
			func(f *Fleet) { f.Run.Gaps = []upgrade.Gap{{From: ago(5 * time.Minute), To: ago(3 * time.Minute)}} },
		}, false},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			if got := given(c.given...).ByID["i"].Outdated; got != c.want {
				t.Errorf("outdated: got %v, want %v", got, c.want)
			}
		})
	}
}

func TestUsable(t *testing.T) {
	taint := func(m *Member) { m.Node.Taints = []string{"cni=starting:NoSchedule"} }
	base := func(b upgrade.Baseline) func(*Fleet) { return func(f *Fleet) { f.Run.Baseline = &b } }
	tests := map[string]struct {
		given []func(*Fleet)
		want  bool
	}{
		"A member in service with a Ready node is usable":            {[]func(*Fleet){has("i", "a", newImage)}, true},
		"A member that is pending is not usable":                     {[]func(*Fleet){has("i", "a", newImage, lifecycle(upgrade.Pending))}, false},
		"A member that waits for a lifecycle hook is not usable":     {[]func(*Fleet){has("i", "a", newImage, lifecycle(upgrade.PendingWait))}, false},
		"A member in Standby is not usable":                          {[]func(*Fleet){has("i", "a", newImage, lifecycle(upgrade.Standby))}, false},
		"A member whose image is not known yet is not usable":        {[]func(*Fleet){has("i", "a", "")}, false},
		"A member without a node is not usable":                      {[]func(*Fleet){has("i", "a", newImage, noNode)}, false},
		"A member whose node is not Ready is not usable":             {[]func(*Fleet){has("i", "a", newImage, notReady)}, false},
		"A node that is Ready for less than minReady is not usable":  {[]func(*Fleet){has("i", "a", newImage, func(m *Member) { m.Node.ReadySince = ago(9 * time.Second) })}, false},
		"A node that is Ready for exactly minReady is usable":        {[]func(*Fleet){has("i", "a", newImage, func(m *Member) { m.Node.ReadySince = ago(10 * time.Second) })}, true},
		"A cordoned node is not usable":                              {[]func(*Fleet){has("i", "a", newImage, cordoned)}, false},
		"A new node with a start-up taint is not usable":             {[]func(*Fleet){base(upgrade.Baseline{Nodes: 1}), has("i", "a", newImage, taint)}, false},
		"A new node with a taint that outdated ones have is usable":  {[]func(*Fleet){base(upgrade.Baseline{Nodes: 1, Taints: []string{"cni=starting:NoSchedule"}}), has("i", "a", newImage, taint)}, true},
		"An outdated node with a taint of its own is usable":         {[]func(*Fleet){base(upgrade.Baseline{Nodes: 1}), has("i", "a", oldImage, taint)}, true},
		"A new node without the GPU of the outdated ones is not":     {[]func(*Fleet){base(upgrade.Baseline{Nodes: 1, ExtendedResources: []string{"nvidia.com/gpu"}}), has("i", "a", newImage)}, false},
		"A scaling from no nodes has nothing to compare taints with": {[]func(*Fleet){scaling, base(upgrade.Baseline{}), has("i", "a", newImage, taint)}, true},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			m := given(c.given...).ByID["i"]
			if m.Usable != c.want || m.Usable != (m.NotUsable == "") {
				t.Errorf("usable: got %v (%q), want %v", m.Usable, m.NotUsable, c.want)
			}
		})
	}
}

func TestJoinRemembersTerminatedInstances(t *testing.T) {
	tests := map[string]struct {
		seen time.Duration
		want int
	}{
		"An instance seen terminating two minutes ago is terminating though a stale read shows it in service": {2 * time.Minute, 0},
		"An instance seen terminating more than two minutes ago is what the read says":                        {2*time.Minute + time.Second, 1},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			f := given(has("i", "a", oldImage), func(f *Fleet) {
				f.Run.RecentlyTerminated = []upgrade.TerminatedInstance{{Instance: "i", At: ago(c.seen)}}
			})
			if got := len(f.Outdated()); got != c.want {
				t.Errorf("outdated members: got %d, want %d", got, c.want)
			}
		})
	}
}
