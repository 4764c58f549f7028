package fleet

import (
	"testing"
	"time"

	"github.com/nodelift/nodelift/internal/upgrade"
)

func TestWhichMembersCount(t *testing.T) {
	f := given(
		has("old", "a", oldImage), has("new", "a", newImage),
		has("standby", "b", oldImage, lifecycle(upgrade.Standby)), has("terminating", "c", oldImage, lifecycle("Terminating:Wait")),
	)
	equal(t, "outdated", ids(f.Outdated()), []string{"old"})
	equal(t, "up to date", ids(f.UpToDate()), []string{"new"})
	equal(t, "running", ids(f.Running(func(*Member) bool { return true })), []string{"old", "new", "standby"})
}

func TestDetachedNodes(t *testing.T) {
	tests := map[string]struct {
		change     func(*upgrade.Node)
		terminated bool
		want       bool
	}{
		"A Ready node with marks of this group":                    {func(*upgrade.Node) {}, false, true},
		"A node without marks":                                     {func(n *upgrade.Node) { n.Owned = nil }, false, false},
		"A node with marks of another group":                       {func(n *upgrade.Node) { n.Owner = "other" }, false, false},
		"A node that shows as Ready but whose kubelet has stopped": {func(n *upgrade.Node) { n.Heartbeat = ago(20 * time.Second) }, false, false},
		"A node that is not Ready":                                 {func(n *upgrade.Node) { n.Ready = false }, false, true},
		"A node that is not Ready as Nodelift terminated it":       {func(n *upgrade.Node) { n.Ready = false }, true, false},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			f := given(has("i", "a", oldImage), func(f *Fleet) {
				n := upgrade.Node{Name: "detached", Provider: "aws:///a/i-detached", Ready: true, Heartbeat: noon(), Owner: "ng", Owned: []upgrade.Mark{upgrade.MarkTaint}}
				c.change(&n)
				f.Nodes = append(f.Nodes, n)
				if c.terminated {
					f.Run.RecentlyTerminated = []upgrade.TerminatedInstance{{Instance: "i-detached", At: ago(time.Minute)}}
				}
			})
			if got := len(f.DetachedNodes()) == 1; got != c.want {
				t.Errorf("detached: got %v, want %v", got, c.want)
			}
		})
	}
}
