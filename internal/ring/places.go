package ring

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

// start begins the update when the cluster is up, and starts everything that works on it.
func (w *World) start() {
	time.Sleep(3 * time.Minute)
	w.story.begun = time.Now()
	w.must(w.kube.Create(&v1alpha1.NodeGroupUpdate{
		ObjectMeta: metav1.ObjectMeta{Name: updateName, Finalizers: []string{v1alpha1.Finalizer}},
		Spec: v1alpha1.NodeGroupUpdateSpec{
			NodeGroup: groupName, Strategy: w.strategy, Target: &v1alpha1.Target{ImageID: w.image},
		},
	}))
	w.makeTrouble()
	of := w.dice.about("start")
	for _, in := range w.places() {
		first := of.between(0, 2*time.Minute)
		w.everybody.Go(func() { w.occupy(in, first) })
	}
}

// place is where there is always one process, one after the other.
type place struct {
	name, host string
	run        func(*process) error
}

// places are those of two controllers and a command. In a world about one accident there is one
// controller, which is succeeded on the same machine.
func (w *World) places() []place {
	all := []place{
		{"controller-a", "host-1", (*process).serveAll},
		{"controller-b", "host-2", (*process).serveAll},
		{"command", "laptop", (*process).upgrade},
	}
	if w.directed != nil {
		return all[:1]
	}
	return all
}

// occupy keeps a process in a place: after one has died or ended another one starts, on the same
// machine or on another one.
func (w *World) occupy(in place, first time.Duration) {
	time.Sleep(first)
	for nth := 1; !w.isOver() && !(in.name == "command" && w.ended()); nth++ {
		of := w.dice.fixed("%s %d", in.name, nth)
		if nth > 1 && w.directed == nil && of.happens(0.3) {
			in.host = fmt.Sprintf("%s-%d", in.name, nth)
		}
		p := w.newProcess(in.name, nth, in.host)
		w.story.tell(p.name, "starts on %s", in.host)
		ended := make(chan error, 1)
		w.everybody.Go(func() {
			err := in.run(p)
			p.die()
			ended <- err
		})
		if w.directed == nil && of.happens(0.3) {
			w.endLater(p, of.between(10*time.Second, 20*time.Minute))
		}
		select {
		case err := <-ended:
			w.story.tell(p.name, "has ended (%v)", err)
			time.Sleep(5 * time.Second)
		case <-p.dead:
			time.Sleep(w.downtime(of))
		}
	}
}

// downtime is how long it takes until a dead process is succeeded.
func (w *World) downtime(of *choice) time.Duration {
	if w.directed != nil || of.happens(0.5) {
		return of.between(0, time.Second)
	}
	return of.between(0, 30*time.Second)
}

// endLater tells a process to end (SIGTERM) after some time.
func (w *World) endLater(p *process, after time.Duration) {
	w.everybody.Go(func() {
		select {
		case <-time.After(after):
			if !w.isOver() {
				w.story.tell(p.name, "is told to end")
				p.end()
			}
		case <-p.dead:
		}
	})
}
