package fleet

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// lostView is what a fleet says about one member that may have lost its node.
type lostView struct {
	Noted   *upgrade.WithoutNode
	Lost    bool // it has no node and had one
	MayRun  bool // pods may run on it that nobody lists
	PodName string
}

func TestLostNodes(t *testing.T) {
	now, day := noon(), ago(24*time.Hour)
	note := func(since time.Time, change func(*upgrade.WithoutNode)) *upgrade.WithoutNode {
		w := &upgrade.WithoutNode{Instance: "i", Since: since}
		if change != nil {
			change(w)
		}
		return w
	}
	lost := func(w *upgrade.WithoutNode) { w.Lost = true }
	back := func(w *upgrade.WithoutNode) { w.Lost, w.Back = true, true }
	tests := map[string]struct {
		launched time.Time
		node     bool
		before   *upgrade.WithoutNode
		began    time.Time // the update; an hour ago if zero
		first    bool      // the first pass of the update
		taken    bool      // another instance's node has its host name
		want     lostView
	}{
		"A member with a node is not noted.": {launched: day, node: true, want: lostView{PodName: "host"}},
		"A member that had a node in the pass before has lost it.": {
			launched: day, want: lostView{Noted: note(now, lost), Lost: true, MayRun: true, PodName: "host"},
		},
		"A lost node is empty after five minutes.": {
			launched: day, before: note(ago(5*time.Minute), lost), want: lostView{Noted: note(ago(5*time.Minute), lost), Lost: true, PodName: "host"},
		},
		"The grace period of its pods is added.": {
			launched: day,
			before:   note(ago(5*time.Minute), func(w *upgrade.WithoutNode) { w.Lost, w.Grace = true, time.Hour }),
			want: lostView{
				Noted: note(ago(5*time.Minute), func(w *upgrade.WithoutNode) { w.Lost, w.Grace = true, time.Hour }),
				Lost:  true, MayRun: true, PodName: "host",
			},
		},
		"A node that is back may still run pods from before.": {
			launched: day, node: true, before: note(ago(time.Minute), lost), want: lostView{Noted: note(ago(time.Minute), back), MayRun: true, PodName: "host"},
		},
		"A node that has been back for long is not noted.": {
			launched: day, node: true, before: note(ago(6*time.Minute), back), want: lostView{PodName: "host"},
		},
		"A node that is lost again is noted anew.": {
			launched: day, before: note(ago(4*time.Minute), back), want: lostView{Noted: note(now, lost), Lost: true, MayRun: true, PodName: "host"},
		},
		"A new instance has never joined.": {
			launched: ago(10 * time.Second), want: lostView{Noted: note(now, nil), PodName: "host"},
		},
		"An instance that the update launched and that never joined is empty.": {
			launched: ago(2 * time.Minute), before: note(ago(2*time.Minute), nil), want: lostView{Noted: note(ago(2*time.Minute), nil), PodName: "host"},
		},
		"A new instance that had a node a moment ago has lost it.": {
			launched: ago(40 * time.Second), before: note(ago(30*time.Second), func(w *upgrade.WithoutNode) { w.Back = true }),
			want: lostView{Noted: note(now, lost), Lost: true, MayRun: true, PodName: "host"},
		},
		"Of an instance from before the update nobody knows whether it had a node.": {
			launched: day, began: now, first: true, want: lostView{Noted: note(now, nil), MayRun: true, PodName: "host"},
		},
		"The pods of another instance's node are not its own.": {
			launched: day, before: note(ago(time.Minute), lost), taken: true, want: lostView{Noted: note(ago(time.Minute), lost), Lost: true, MayRun: true},
		},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			f := Fleet{Now: now, LastPass: ago(5 * time.Second), Run: upgrade.Run{Started: ago(time.Hour)}}
			if !c.began.IsZero() {
				f.Run.Started = c.began
			}
			if c.first {
				f.LastPass = time.Time{}
			}
			if c.before != nil {
				f.Run.WithoutNode = []upgrade.WithoutNode{*c.before}
			}
			f.Group.Instances = []upgrade.Instance{{ID: "i", Lifecycle: upgrade.InService, Launched: c.launched, Hostname: "host"}}
			var nodes []upgrade.Node
			if c.node {
				nodes = []upgrade.Node{{Name: "host", Provider: "aws:///us-west-2a/i"}}
			}
			if c.taken {
				nodes = []upgrade.Node{{Name: "host", Provider: "aws:///us-west-2a/i-other"}}
			}
			f.Join(nodes)
			m := f.ByID["i"]
			got := lostView{Noted: f.Run.WithoutNodeOf("i"), Lost: f.HasLostNode(m), MayRun: f.MayRunUnlisted(m), PodName: m.NodeName}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("the member (-want +got):\n%s", diff)
			}
		})
	}
}
