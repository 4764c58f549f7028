package e2e

import (
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/nodelift/nodelift/api/v1alpha1"
)

// during runs a command, and what when its output has a word, beside it. If what gives
// up, the command is ended.
func (w *world) during(word string, what func(), args ...string) result {
	w.t.Helper()
	return w.atWord(word, func() {}, what, args...)
}

// caught is during that holds an upgrade in its middle, however slow the machine is: from the
// word on no instance is terminated, until what calls release or has returned.
func (w *world) caught(word string, what func(release func()), args ...string) result {
	w.t.Helper()
	release := func() {}
	hold := func() { release = w.hold("autoscaling:TerminateInstanceInAutoScalingGroup") }
	return w.atWord(word, hold, func() {
		defer release()
		what(release)
	}, args...)
}

// atWord is during that does something else before the output is read on.
func (w *world) atWord(word string, first, what func(), args ...string) result {
	w.t.Helper()
	var beside sync.WaitGroup
	r := w.watched(func(line string, process *os.Process) bool {
		if !strings.Contains(line, word) {
			return false
		}
		first()
		beside.Go(func() {
			whole := false
			defer func() {
				if !whole {
					_ = process.Kill()
				}
			}()
			what()
			whole = true
		})
		return true
	}, args...)
	beside.Wait()
	return r
}

// Whoever works on an update obeys: it stands still, goes on, and is rolled back in
// the middle by the command that works on it.
func TestPauseResumeRollback(t *testing.T) {
	w := newWorld(t, "--workload", "sample")
	r := w.caught("NodeCordoned", func(release func()) {
		w.nodelift("pause", "nodegroup", "nodegroup", "--until", "2h").has(t, 0, "is working on node group", "is paused until", " at ")
		w.autoscalerRuns()
		still := w.journal()
		w.nodelift(upgrade()...).has(t, 1, "is paused until", "nodelift resume update "+w.theUpdate().Name)
		w.nodelift("pause", "update", w.theUpdate().Name).has(t, 0, "is paused ")
		for _, call := range w.journal()[len(still):] {
			if !strings.HasPrefix(call.Action, "Describe") && call.Action != "GetCallerIdentity" {
				t.Errorf("%s was called while the update stood still", call.Action)
			}
		}
		w.nodelift("resume", "nodegroup", "nodegroup").has(t, 0, "is under way")
		w.nodelift("resume", "nodegroup", "nodegroup").has(t, 1, "is not paused", "is working on it")
		w.nodelift("rollback", "nodegroup", "nodegroup").has(t, 1, "Account ", "Cluster ", "This will cancel update", "and roll it back", "nobody can be asked", "add --yes")
		w.nodelift("rollback", "nodegroup", "--name", "nodegroup", "--dry-run").has(t, 0, "This will cancel update", "Nothing was changed (--dry-run)")
		back := w.start("rollback", "nodegroup", "nodegroup", "--yes")
		w.eventually("the rollback is written", func() bool { return len(w.updates()) == 2 })
		release()
		back.end().has(t, 0, "is working on node group", "Successful after")
	}, upgrade()...)
	r.has(t, 1, "Somebody paused update", "continues.", "RolledBack", "was rolled back by")
	w.nodesRun(3, "v1.36.")
	w.isClean()
	updates := w.updates()
	if len(updates) != 2 {
		t.Fatalf("%d updates, want the upgrade and its rollback", len(updates))
	}
	for _, u := range updates {
		want := v1alpha1.UpdateCancelled
		if u.Spec.RollbackOf != "" {
			want = v1alpha1.UpdateSuccessful
		}
		if u.Status.Status != want {
			t.Errorf("%s is %s, want %s", u.Name, u.Status.Status, want)
		}
	}
	w.nodelift("history", "nodegroup", "nodegroup").has(t, 0, "back to 1.36", "Cancelled", "Successful", "sandbox-admin")
}

// Where nobody works on an update, the commands do: cancel after a kill, retry to
// the same image, rollback after the end.
func TestCancelRetryRollback(t *testing.T) {
	w := newWorld(t, "--workload", "sample")
	w.interrupted("NodeTerminated", syscall.SIGKILL, upgrade()...).has(t, -1)
	killed := w.theUpdate().Name
	w.nodelift("status", "update", killed).has(t, 0, "InProgress")
	w.nodelift("cancel", "nodegroup", "nodegroup", "--yes", "--restore-template").has(t, 0, "The launch template goes back", "UpgradeCancelled", "TemplateRestored", "Cancelled after")
	w.nodesRun(3, "v1.3")
	w.isClean()
	w.nodelift("status", "update", killed, "--wait").has(t, 1, "Cancelled")
	w.nodelift("__complete", "retry", "update", "").has(t, 0, killed+"\tCancelled")
	w.nodelift("__complete", "history", "nodegroup", "").has(t, 0, "nodegroup\t")
	w.nodelift("retry", "nodegroup", "nodegroup").has(t, 1, "Account ", "Cluster ", "This will retry update "+killed, "nobody can be asked", "add --yes")
	w.nodelift("retry", "nodegroup", "nodegroup", "--dry-run").has(t, 0, "This will retry update "+killed, "Nothing was changed (--dry-run)")
	w.interrupted("UpgradeSucceeded", os.Interrupt, "retry", "nodegroup", "nodegroup", "--yes").has(t, 130, "are outdated", "stopped ")
	w.nodelift("cancel", "nodegroup", "nodegroup", "--yes").has(t, 1, "is Successful already and is restoring what it borrowed")
	w.nodelift("resume", "nodegroup", "nodegroup").has(t, 0, "SizesRestored", "Successful after")
	w.nodesRun(3, "v1.37.")
	w.isClean()
	w.nodelift("rollback", "update", killed, "--yes").has(t, 1, "only the newest update can be rolled back")
	w.nodelift("rollback", "nodegroup", "nodegroup", "--yes").has(t, 0, "This will roll back update", "(Successful)", "Successful after")
	w.nodesRun(3, "v1.36.")
	w.isClean()
	for _, line := range []struct{ args, says string }{
		{"pause nodegroup nodegroup", "no update under way, so there is nothing to pause"},
		{"resume nodegroup nodegroup", "no update under way, so there is nothing to resume"},
		{"cancel nodegroup nodegroup --yes", "no update under way, so there is nothing to cancel"},
		{"cancel update " + killed + " --yes", "has ended (Cancelled), so there is nothing to cancel"},
		{"retry nodegroup nodegroup", "is a rollback"},
		{"pause update nobody", "update nobody: not found"},
		{"rollback nodegroup nobody --yes", "node group nobody: not found"},
		{"status update nobody", "update nobody: not found"},
	} {
		w.nodelift(strings.Fields(line.args)...).has(t, 1, line.says)
	}
	w.nodelift("pause", "nodegroup", "nodegroup", "--until", "yesterday").has(t, 2, "a time that is to come")
	w.nodelift("pause", "nodegroup").has(t, 2, "which node group?")
}

// A failed update that is to be rolled back is, and nobody has to ask.
func TestRollbackOnFailure(t *testing.T) {
	w := newWorld(t)
	w.runStubborn()
	w.nodelift(upgrade("--rollback-on-failure", "--drain-timeout", "3s")...).has(t, 1, "PodEvictionFailure", "RollingBack", "is rolling it back", "was rolled back by")
	w.nodesRun(3, "v1.36.")
	w.isClean()
}
