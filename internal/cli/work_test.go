package cli

import (
	"context"
	"strings"
	"testing"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/upgrade"
)

// What is said of an update that could not be paused in time is what the
// ledger says, which names everything before it is borrowed.
func TestHowAnUpdateWasLeft(t *testing.T) {
	owing := func(l v1alpha1.Ledger) *v1alpha1.NodeGroup {
		return &v1alpha1.NodeGroup{Status: v1alpha1.NodeGroupStatus{Ledger: &l}}
	}
	for name, tc := range map[string]struct {
		group *v1alpha1.NodeGroup
		says  string
	}{
		"before the first pass":  {&v1alpha1.NodeGroup{}, "stopped before anything was done to the group or its nodes"},
		"before the autoscaler":  {owing(v1alpha1.Ledger{Marks: true}), "stopped before the first node; could not clean up in time"},
		"with the autoscaler":    {owing(v1alpha1.Ledger{Autoscaler: true}), "could not clean up in time: Cluster Autoscaler may still be suspended"},
		"when nobody could look": {nil, "could not clean up in time: Cluster Autoscaler may still be suspended"},
	} {
		got := leftHow(v1alpha1.NodeGroupUpdate{}, tc.group)
		if !strings.HasSuffix(got, tc.says) {
			t.Errorf("%s: %q, want %q", name, got, tc.says)
		}
	}
}

// A command that ends before the work begins says so: it is not done.
func TestEndedBeforeTheWorkBegins(t *testing.T) {
	for _, several := range []bool{false, true} {
		o := &upgradeOptions{cluster: "prod", choice: choice{several: several, name: "workers"}, target: upgrade.Target{Version: "1.37"}, given: map[string]string{}}
		u := &upgrading{o: o}
		u.groups = []*groupUpgrade{{run: u, o: o}}
		wanted, end := context.WithCancelCause(t.Context())
		end(timedOut{1})
		err := u.outcome(wanted, u.groups)
		if code(err) != exitTimeout || !strings.Contains(err.Error(), "to continue, run:\n  nodelift upgrade nodegroup") {
			t.Errorf("several %v: code %d, %v", several, code(err), err)
		}
	}
}
