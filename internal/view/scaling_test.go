package view

import (
	"testing"
	"time"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

// scaled is a change from 6 nodes to 3 that has come to 4, of which one is in flight.
func scaled() v1alpha1.NodeGroupUpdate {
	u := v1alpha1.NodeGroupUpdate{ObjectMeta: named("workers-s", 0)}
	u.Spec.NodeGroup, u.Spec.Scaling = "workers-d0bfef09", &v1alpha1.ScalingConfig{DesiredSize: new(int32(3))}
	u.Status = v1alpha1.NodeGroupUpdateStatus{
		Status: v1alpha1.UpdateInProgress, Phase: phaseScaleDown, Target: "3 nodes", Progress: "2/3", Started: at(0), LastPass: at(299),
		Scaling: &v1alpha1.Scaled{
			From: v1alpha1.Scaling{MinSize: 1, MaxSize: 7, DesiredSize: 6}, To: v1alpha1.Scaling{MinSize: 1, MaxSize: 7, DesiredSize: 3},
		},
		Baseline: &v1alpha1.Baseline{Nodes: 6, Usable: 6}, Counts: &v1alpha1.Counts{Shrunk: 2, Evicted: 7},
		Landed: []v1alpha1.LandedInstance{{Instance: "i-1", At: at(120)}, {Instance: "i-2", At: at(240)}},
		Phases: []v1alpha1.PhaseTime{{Phase: "Setup", Began: at(0)}, {Phase: phaseScaleDown, Began: at(2)}},
	}
	return u
}

// shrunk is its node group, of whose nodes nobody knows which are up to date.
func shrunk() v1alpha1.NodeGroup {
	g := borrowed()
	g.Status.Scaling = &v1alpha1.Scaling{MinSize: 1, MaxSize: 7, DesiredSize: 4}
	g.Status.Nodes = &v1alpha1.NodeCounts{Total: 4, Usable: 4}
	g.Status.Ledger.Sizes.User.Desired = 3
	return g
}

func TestTimeLeftOfAScaling(t *testing.T) {
	left, known := TimeLeft(scaled(), shrunk(), clock(300))
	if want := 59 * time.Second; !known || left != want { // 119 s a node, and the third is drained for 60 s
		t.Errorf("%s is left, known %t, want %s", left, known, want)
	}
	growing := scaled()
	growing.Status.Counts.Shrunk = 0
	if left, known := TimeLeft(growing, shrunk(), clock(300)); known {
		t.Errorf("%s is left before the first node has gone", left)
	}
}
