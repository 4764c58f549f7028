package preflight

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// warm adds an instance of the old image to the warm pool, with a Ready node: i-4 and node-4.
func (f *Facts) warm(lifecycle upgrade.Lifecycle) {
	f.add("a", "ami-136", f.Template)
	last := len(f.Group.Instances) - 1
	i := f.Group.Instances[last]
	i.Lifecycle = lifecycle
	f.Group.Instances = f.Group.Instances[:last]
	f.Group.WarmPool = &upgrade.WarmPool{Instances: []upgrade.Instance{i}}
	f.Cluster.Nodes[last].Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}}
}

func TestWarmPool(t *testing.T) {
	check(t, map[string]scenario{
		"a stopped instance that has left a node": {change: func(f *Facts) { f.warm("Warmed:Stopped") }},
		"an instance that is about to be stopped": {change: func(f *Facts) { f.warm("Warmed:Pending") }},
		"a running instance without a node":       {change: func(f *Facts) { f.warm("Warmed:Running"); f.Cluster.Nodes = f.Cluster.Nodes[:3] }},
		"a running instance that is a Ready node": {change: func(f *Facts) { f.warm("Warmed:Running") }, refusals: []string{
			"WarmPoolNodes: instances in the warm pool of group workers are Ready nodes of the cluster (node-4 (i-4)): pods may run on them, although " +
				"Auto Scaling counts them as reserve and may end them; keep kubelets in the warm pool from starting (the instance metadata " +
				"autoscaling/target-lifecycle-state says where an instance is), and drain these nodes"}},
	})
}

func TestPlanOfAWarmPool(t *testing.T) {
	for image, want := range map[string]string{"ami-136": "3 nodes, 1 of 1 warm, nothing to do: false", "ami-137": "3 nodes, 0 of 1 warm, nothing to do: true"} {
		f := sound()
		f.warm("Warmed:Stopped")
		f.Group.WarmPool.Instances[0].Image = image
		for n := range f.Group.Instances {
			f.Group.Instances[n].Image = "ami-137"
		}
		f.Template.Image = "ami-137"
		p := Check(f).Plan
		if got := fmt.Sprintf("%d nodes, %d of %d warm, nothing to do: %t", p.Nodes, p.OutdatedWarm, p.WarmPool, p.NothingToDo()); got != want {
			t.Errorf("with %s in the pool: %s, want %s", image, got, want)
		}
	}
}
