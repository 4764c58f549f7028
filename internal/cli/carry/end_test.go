package carry

import (
	"strings"
	"testing"

	"github.com/nodelift/nodelift/api/v1alpha1"
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
