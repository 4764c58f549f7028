package e2e

import (
	"context"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

// The controller drains the nodes that it runs on: these are the last ones, the
// replica whose pod has to go lets the other one work, and the update ends well.
func TestSurvivesItsOwnUpgrade(t *testing.T) {
	w := newWorld(t, "--workload", "sample")
	w.applyChart()
	kubelets := w.as(account()).kubelets()
	w.eventually("both replicas are ready", func() bool {
		now := kubelets.now()
		return len(now) == 2 && !slices.ContainsFunc(now, func(r *running) bool { return r.probe("/readyz") != 200 })
	})
	hosts := w.hosts()
	if len(hosts) != 2 {
		t.Fatalf("the replicas run on %v, want two nodes", hosts)
	}
	g := w.guarded()
	w.nodelift(upgrade()...).has(t, 0, "The controller in the cluster works on it", "Successful after")
	w.theUpdate()
	w.nodesRun(3, "v1.37.")

	var drained []string
	for _, e := range w.events() {
		if e.Reason == "NodeDraining" && strings.HasSuffix(e.Note, ": outdated") {
			drained = append(drained, e.Related.Name)
		}
	}
	if len(drained) != 3 || hosts[drained[0]] {
		t.Errorf("drained %v, and the controller was on %v: its nodes are to be last", drained, hosts)
	}
	workers := map[string]bool{}
	for _, e := range w.events() {
		workers[e.ReportingInstance] = true
		if strings.Contains(e.Note, "paused") {
			t.Errorf("a replica that ended made the update stand still: %s", e.Note)
		}
	}
	if len(workers) < 2 {
		t.Errorf("only %v worked: the node of whoever works was not drained", workers)
	}
	gone, left := kubelets.end()
	if len(gone) < 2 {
		t.Errorf("%d pods of the controller have moved, want both", len(gone))
	}
	for _, process := range append(gone, left...) {
		process.end().has(t, 0)
	}
	w.isClean()
	g.verdict()
}

// hosts are the nodes that the controller's pods run on.
func (w *world) hosts() map[string]bool {
	w.t.Helper()
	nodes := map[string]bool{}
	for _, pod := range w.replicas() {
		nodes[pod.Spec.NodeName] = true
	}
	return nodes
}

// replicas are the controller's pods that run.
func (w *world) replicas() []corev1.Pod {
	var pods corev1.PodList
	err := w.kube.List(w.ctx(), &pods, client.InNamespace(v1alpha1.Namespace), client.MatchingLabels{v1alpha1.LabelName: v1alpha1.ControllerName})
	if err != nil && w.ctx().Err() == nil {
		w.t.Error(err)
	}
	return slices.DeleteFunc(pods.Items, func(p corev1.Pod) bool { return p.DeletionTimestamp != nil || p.Status.Phase != corev1.PodRunning })
}

// kubelets run a process for each of the controller's pods, and end it with SIGTERM
// when its pod ends.
type kubelets struct {
	w    *world
	stop context.CancelFunc
	done sync.WaitGroup

	mu   sync.Mutex
	runs map[types.UID]*running
	gone []*running
}

func (w *world) kubelets() *kubelets {
	ctx, stop := context.WithCancel(w.ctx())
	k := &kubelets{w: w, stop: stop, runs: map[types.UID]*running{}}
	k.done.Go(func() {
		for tick := time.Tick(100 * time.Millisecond); ctx.Err() == nil; <-tick {
			k.look()
		}
	})
	return k
}

func (k *kubelets) look() {
	there := map[types.UID]bool{}
	for _, pod := range k.w.replicas() {
		there[pod.UID] = true
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for uid := range there {
		if k.runs[uid] == nil {
			k.runs[uid] = k.w.controller()
		}
	}
	for uid, process := range k.runs {
		if !there[uid] {
			k.signal(process)
			k.gone = append(k.gone, process)
			delete(k.runs, uid)
		}
	}
}

func (k *kubelets) signal(process *running) {
	if err := process.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		k.w.t.Errorf("a controller has ended before its pod: %v\n%s", err, process.out.String())
	}
}

// now are the processes that run.
func (k *kubelets) now() []*running {
	k.mu.Lock()
	defer k.mu.Unlock()
	var now []*running
	for _, process := range k.runs {
		now = append(now, process)
	}
	return now
}

// end ends all of them and returns those whose pods went before, and those that were
// left.
func (k *kubelets) end() (gone, left []*running) {
	k.stop()
	k.done.Wait()
	left = k.now()
	for _, process := range left {
		k.signal(process)
	}
	return k.gone, left
}
