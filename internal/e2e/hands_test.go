package e2e

import (
	"flag"
	"math/rand/v2"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

var acts = flag.Int("acts", 5, "how often people and processes come between in one upgrade")

// TestInManyHands lets people pause, resume, cancel, roll back and begin anew, and
// processes be killed, ended and relieved by others, commands and controllers, at
// random moments of one upgrade. It has to come to the end that was asked for last, and
// no promise may be broken on the way.
func TestInManyHands(t *testing.T) {
	nodes := 3 + *acts/2 // so many that the upgrade does not end before
	w := newWorld(t, "--workload", "sample", "--nodes", strconv.Itoa(nodes))
	h := &hands{w: w, dice: chance(t), did: map[string]int{}}
	w.install()
	w.eventually("updates are served", func() bool { return w.kube.List(w.ctx(), &v1alpha1.NodeGroupUpdateList{}) == nil })
	g := w.guarded()
	h.employ(false)
	for n := 0; n < *acts && !h.ended(); n++ {
		h.wait(3000)
		h.act()
	}
	version := h.lastWord()
	h.dismiss()
	t.Logf("%d nodes, which run %s at the end: %v", nodes, version, h.did)
	w.nodesRun(nodes, version)
	w.isCleanWith(int32(nodes))
	g.verdict()
}

// hands are those in which an upgrade is: who works on it, a command or a controller.
type hands struct {
	w          *world
	dice       *rand.Rand
	worker     *running
	controller bool
	did        map[string]int
}

// latest is the newest update, nil before the first.
func (h *hands) latest() *v1alpha1.NodeGroupUpdate {
	var newest *v1alpha1.NodeGroupUpdate
	for _, u := range h.w.updates() {
		if newest == nil || newest.CreationTimestamp.Before(&u.CreationTimestamp) || newest.Name == u.Spec.RollbackOf {
			newest = &u
		}
	}
	return newest
}

func (h *hands) ended() bool {
	u := h.latest()
	return u != nil && u.Ended()
}

// wait lets a random time pass, of so many milliseconds at most.
func (h *hands) wait(most int) { h.worker.after(time.Duration(h.dice.IntN(most)) * time.Millisecond) }

// employ starts who works from now on, and returns when it does or nothing is left to do.
func (h *hands) employ(controller bool) {
	h.w.t.Helper()
	h.controller = controller
	if controller {
		h.did["controller"]++
		h.worker = h.w.controller()
	} else {
		h.did["command"]++
		h.worker = h.w.start(upgrade()...)
	}
	h.works()
}

// works waits until the worker does.
func (h *hands) works() {
	h.w.t.Helper()
	h.w.eventually("somebody works", func() bool { return h.worker.holds() || h.worker.over() || h.ended() })
}

// act does one of all things.
func (h *hands) act() {
	h.w.t.Helper()
	switch n := h.dice.IntN(8); {
	case n < 2:
		h.kill()
		h.employ(h.dice.IntN(2) == 0)
	case n < 4: // it is ended, and one of the other kind goes on
		h.did["end"]++
		h.dismiss()
		h.employ(!h.controller)
	case n < 6 && !h.controller:
		h.relieve()
	default:
		h.pause()
	}
}

// kill kills the worker.
func (h *hands) kill() {
	h.w.t.Helper()
	if h.worker.over() {
		return
	}
	h.did["kill"]++
	h.w.check(h.worker.cmd.Process.Signal(syscall.SIGKILL))
	h.worker.end()
	if h.controller {
		h.w.forgetAnnouncement()
	}
}

// dismiss ends the worker as Ctrl-C or Kubernetes does.
func (h *hands) dismiss() {
	h.w.t.Helper()
	if !h.worker.over() {
		h.w.check(h.worker.cmd.Process.Signal(syscall.SIGTERM))
	}
	h.worker.end()
}

// relieve lets a second command come, which waits, and ends or kills the first.
func (h *hands) relieve() {
	h.w.t.Helper()
	h.did["relieve"]++
	first := h.worker
	second := h.w.start(upgrade()...)
	second.after(time.Duration(h.dice.IntN(1500)) * time.Millisecond)
	if h.dice.IntN(2) == 0 {
		h.kill()
	} else if !first.over() {
		h.w.check(first.cmd.Process.Signal(syscall.SIGINT))
	}
	first.end()
	h.worker = second
	h.works()
}

// pause lets the update stand still for a while, in which the worker may be killed.
// Where nobody works then, the command that resumes does.
func (h *hands) pause() {
	h.w.t.Helper()
	h.did["pause"]++
	paused := h.w.nodelift("pause", "nodegroup", "nodegroup")
	if h.ended() {
		return
	}
	paused.has(h.w.t.(*testing.T), 0, "is paused ")
	h.w.autoscalerRuns()
	if h.dice.IntN(3) == 0 && !h.controller {
		h.kill()
		h.worker = h.w.start("resume", "nodegroup", "nodegroup")
		h.works()
		return
	}
	h.w.nodelift("resume", "nodegroup", "nodegroup").has(h.w.t.(*testing.T), 0)
}

// lastWord is what people want in the end, said while somebody works, who may be
// killed over it. It returns the version that the nodes run then.
func (h *hands) lastWord() string {
	t := h.w.t.(*testing.T)
	t.Helper()
	switch verb := h.dice.IntN(3); {
	case verb == 0 && !h.ended():
		h.did["cancel"]++
		h.say("cancel", "nodegroup", "nodegroup", "--yes")
		if h.latest().Status.Status == v1alpha1.UpdateCancelled {
			h.did["retry"]++
			h.say("retry", "nodegroup", "nodegroup", "--yes")
		}
		return "v1.37."
	case verb == 1:
		h.did["rollback"]++
		h.say("rollback", "nodegroup", "nodegroup", "--yes")
		return "v1.36."
	}
	h.w.eventuallyWithin(5*time.Minute, "the upgrade has ended", func() bool { return h.ended() || !h.controller && h.worker.over() })
	return "v1.37."
}

// say is a command that changes what is wanted, and follows or carries it out.
func (h *hands) say(args ...string) {
	h.w.t.Helper()
	said := h.w.start(args...)
	said.after(time.Duration(h.dice.IntN(4000)) * time.Millisecond)
	if h.dice.IntN(2) == 0 && !h.controller { // else another controller would have to come
		h.kill()
	}
	r := said.end()
	if r.code != 0 {
		h.w.t.Errorf("%v ends with code %d: %s", args, r.code, r.out)
	}
}
