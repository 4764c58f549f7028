package e2e

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/fakeaws"
)

const (
	acknowledged = "This takes at most 30s; press Ctrl-C again to leave now."
	continues    = "nobody is working on it; to continue, run:"
)

// The API server stops answering in the middle. That is said, Ctrl-C is acknowledged and has a limit, a
// second one has none, and each ends with the line that continues.
func TestLeftWithoutAPIServer(t *testing.T) {
	w := newWorld(t, "--workload", "sample")
	w.hold("autoscaling:TerminateInstanceInAutoScalingGroup")
	apiServer := w.apiServer()
	t.Run("Ctrl-C", func(t *testing.T) {
		w := w.with(t)
		r := w.start(upgrade("--autoscaler", "suspend")...)
		r.says("NodeCordoned")
		w.check(apiServer.Signal(syscall.SIGSTOP))
		r.says("has not answered for")
		w.check(r.cmd.Process.Signal(os.Interrupt))
		r.says(acknowledged)
		r.end().has(t, 130, "stopped at 0 of 3 nodes; could not clean up in time: Cluster Autoscaler may still be suspended; "+continues)
		w.check(apiServer.Signal(syscall.SIGCONT))
	})
	t.Run("Ctrl-C twice", func(t *testing.T) {
		w := w.with(t)
		before := w.refusedTerminations()
		r := w.start(upgrade("--autoscaler", "suspend")...)
		w.eventually("it works", func() bool { return w.refusedTerminations() > before })
		w.check(apiServer.Signal(syscall.SIGSTOP))
		w.check(r.cmd.Process.Signal(os.Interrupt))
		r.says(acknowledged)
		w.eventually("it leaves at once", func() bool {
			_ = r.cmd.Process.Signal(os.Interrupt) // again until it counts: at first it may be the same one sent twice
			return r.over()
		})
		r.end().has(t, 130, "Cluster Autoscaler may still be suspended; "+continues)
		w.check(apiServer.Signal(syscall.SIGCONT))
	})
	t.Run("the line that is printed continues it", func(t *testing.T) {
		w := w.with(t)
		w.clearFaults()
		w.nodelift(upgrade()...).has(t, 0, "Successful after")
		w.theUpdate()
		w.nodesRun(3, "v1.37.")
		w.isClean()
	})
}

// The API server dies, and the rest of the sandbox with it.
func TestLeftWithDeadAPIServer(t *testing.T) {
	w := newWorld(t, "--workload", "sample")
	w.hold("autoscaling:TerminateInstanceInAutoScalingGroup")
	r := w.start(upgrade("--autoscaler", "suspend")...)
	r.says("NodeCordoned")
	w.check(w.apiServer().Kill())
	r.says("has not answered for")
	w.check(r.cmd.Process.Signal(os.Interrupt))
	r.says(acknowledged)
	r.end().has(t, 130, "stopped at 0 of 3 nodes; could not clean up in time", continues)
}

// AWS answers nothing, or refuses everything as it does with expired credentials, and then comes Ctrl-C:
// Cluster Autoscaler runs again, and lists say that nobody works.
func TestLeftWithoutAWS(t *testing.T) {
	for name, fault := range map[string]string{"it answers nothing": fakeaws.FaultHold, "it refuses everything": fakeaws.FaultUnavailable} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "--workload", "sample")
			w.hold("autoscaling:TerminateInstanceInAutoScalingGroup")
			r := w.start(upgrade("--autoscaler", "suspend")...)
			r.says("NodeCordoned")
			w.fault(fakeaws.Fault{Name: fault})
			w.check(r.cmd.Process.Signal(os.Interrupt))
			r.says(acknowledged)
			r.end().has(t, 130, "AutoscalerResumed", "stopped at 0 of 3 nodes; "+continues)
			w.autoscalerRuns()
			w.nobodyWorks()
			w.clearFaults()
			w.nodelift("resume", "nodegroup", "nodegroup", "--verbose").has(t, 0, "AutoscalerSuspended", "Successful after")
			w.isClean()
		})
	}
}

// The only controller ends in the middle, as when its node is drained: it leaves things so that
// nobody has to work. The next one takes the update up. One of two leaves them to the other one.
func TestLastControllerEnds(t *testing.T) {
	w := newWorld(t, "--workload", "sample")
	w.install()
	w.hold("autoscaling:TerminateInstanceInAutoScalingGroup")
	only := w.controller()
	w.ready(only)
	w.nodelift(upgrade("--wait=false", "--autoscaler", "suspend")...).has(t, 0)
	only.says("reason=NodeCordoned")
	w.endsWell(only)
	w.autoscalerRuns()
	w.nobodyWorks()

	replicas := []*running{w.controller(), w.controller()}
	w.ready(replicas...)
	w.eventually("one of them works", func() bool { return slices.ContainsFunc(replicas, (*running).holds) })
	w.eventually("Cluster Autoscaler is suspended again", func() bool { return w.reasons("AutoscalerSuspended") == 2 })
	first := w.worker(replicas)
	w.endsWell(first)
	w.clearFaults()
	w.nodelift("status", "update", w.theUpdate().Name, "--wait").has(t, 0, "Successful")
	if resumed := w.reasons("AutoscalerResumed"); resumed != 2 {
		t.Errorf("Cluster Autoscaler was resumed %d times, want twice: when nobody worked, and at the end", resumed)
	}
	w.endsWell(replicas[1-slices.Index(replicas, first)])
	w.nodesRun(3, "v1.37.")
	w.isClean()
}

// All replicas end at once, as when their Deployment is scaled to 0: none takes the other for alive.
func TestAllControllersEnd(t *testing.T) {
	w := newWorld(t, "--workload", "sample")
	w.install()
	w.hold("autoscaling:TerminateInstanceInAutoScalingGroup")
	replicas := []*running{w.controller(), w.controller()}
	w.ready(replicas...)
	w.nodelift(upgrade("--wait=false", "--autoscaler", "suspend")...).has(t, 0)
	w.eventually("a node is empty", func() bool { return w.reasons("NodeCordoned") > 0 })
	for _, r := range replicas {
		w.check(r.cmd.Process.Signal(syscall.SIGTERM))
	}
	for _, r := range replicas {
		r.end().has(t, 0, "no other replica works")
	}
	w.autoscalerRuns()
	w.nobodyWorks()
}

// A controller that is killed cannot write anything. Lists say that nobody works nevertheless.
func TestKilledControllerIsMissed(t *testing.T) {
	w := newWorld(t, "--workload", "sample")
	w.install()
	w.hold("autoscaling:TerminateInstanceInAutoScalingGroup")
	only := w.controller()
	w.ready(only)
	w.nodelift(upgrade("--wait=false", "--autoscaler", "suspend")...).has(t, 0)
	only.says("reason=NodeCordoned")
	w.check(only.cmd.Process.Kill())
	only.end().has(t, -1)
	w.eventually("lists say it", func() bool { return strings.Contains(w.nodelift("get", "updates").out, "somebody to work on it") })
	id := w.theUpdate().Name
	w.nodelift("describe", "update", id).has(t, 0, "nobody is working on it; to continue, run: nodelift resume update "+id)
}

// nobodyWorks fails the test unless everything that people look at says so.
func (w *world) nobodyWorks() {
	w.t.Helper()
	t, u := w.t.(*testing.T), w.theUpdate()
	says := "nobody is working on it; to continue, run: nodelift resume update " + u.Name
	c := meta.FindStatusCondition(u.Status.Conditions, v1alpha1.ConditionProgressing)
	if c == nil || c.Status != "False" || c.Reason != "NobodyWorks" || c.Message != says || u.Status.Message != says {
		t.Errorf("the condition is %+v, the message %q", c, u.Status.Message)
	}
	w.nodelift("get", "updates").has(t, 0, "somebody to work on it: nodelift resume update "+u.Name)
	w.nodelift("status", "update", u.Name).has(t, 0, says)
	w.nodelift("describe", "update", u.Name).has(t, 0, says)
}

// reasons is how many Events of all updates have a reason.
func (w *world) reasons(reason string) int {
	count := 0
	for _, e := range w.events() {
		if e.Reason == reason {
			count++
		}
	}
	return count
}

// refusedTerminations is how often AWS has refused to terminate an instance.
func (w *world) refusedTerminations() int {
	count := 0
	for _, call := range w.journal() {
		if call.Action == "TerminateInstanceInAutoScalingGroup" && call.Error != "" {
			count++
		}
	}
	return count
}

// says waits until a command has said something.
func (r *running) says(text string) {
	r.w.t.Helper()
	r.w.eventually("it says "+text, func() bool {
		if r.over() && !strings.Contains(r.out.String(), text) {
			r.w.t.Fatalf("it has ended without saying %q:\n%s", text, r.out.String())
		}
		return strings.Contains(r.out.String(), text)
	})
}

// apiServer is the process of the sandbox's API server. A test that stops it need not continue it.
func (w *world) apiServer() *os.Process {
	w.t.Helper()
	processes, err := filepath.Glob("/proc/[0-9]*")
	w.check(err)
	for _, p := range processes {
		line, _ := os.ReadFile(filepath.Join(p, "cmdline"))
		if dir, _ := os.Readlink(filepath.Join(p, "cwd")); dir != w.dir || !bytes.Contains(line, []byte("\x00kube-apiserver\x00")) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(p))
		w.check(err)
		process, err := os.FindProcess(pid)
		w.check(err)
		w.t.Cleanup(func() { _ = process.Signal(syscall.SIGCONT) })
		return process
	}
	w.t.Fatal("the API server is not found")
	return nil
}
