package simulation

import (
	"strings"
	"testing"

	"github.com/nodelift/nodelift/internal/upgrade"
)

// TestObserverSeesUntrueWaits has an update wait for what is not so, pass after pass.
func TestObserverSeesUntrueWaits(t *testing.T) {
	for name, test := range map[string]struct {
		wait upgrade.Wait
		want string // "" if it is true
	}{
		"usable nodes":       {upgrade.Wait{Key: "capacity", Message: "2 of 3 usable nodes are up"}, "3 nodes are usable"},
		"all usable nodes":   {upgrade.Wait{Key: "capacity", Message: "3 of 3 usable nodes are up"}, ""},
		"an unusable node":   {upgrade.Wait{Key: "capacity", Message: "waiting: i-00000000000000001 (us-west-2a) is not usable: it has not joined"}, "is usable"},
		"a pod":              {upgrade.Wait{Key: "drain/i-00000000000000001", Message: "draining ip-10-0-0-1 (us-west-2a): pod default/nobody: it is being evicted"}, "pod default/nobody is not there"},
		"an evicted pod":     {upgrade.Wait{Key: "drain/ITS-NODE", Message: "draining a node: pod A-POD: it is terminating"}, "is not terminating"},
		"a volume":           {upgrade.Wait{Key: "drain/i-00000000000000001", Message: "draining ip-10-0-0-1 (us-west-2a): volume pv-db-0 is still attached"}, "volume pv-db-0 is not attached"},
		"an instance":        {upgrade.Wait{Key: "going/i-0nobody", Message: "requested termination"}, "there is no instance"},
		"a cordon":           {upgrade.Wait{Key: "cordon/i-00000000000000001", Message: "giving load balancers time"}, "is not cordoned"},
		"a missing instance": {upgrade.Wait{Key: "missing/i-00000000000000001", Message: "Auto Scaling no longer lists it"}, "is in the group"},
		"a lost node":        {upgrade.Wait{Key: "lost/i-00000000000000001", Message: "the Node object is missing"}, "its node exists: true"},
		"a coming node":      {upgrade.Wait{Key: "coming/i-00000000000000001", Message: "giving it time"}, "is usable"},
		"sizes":              {upgrade.Wait{Key: "sizes", Message: "AWS reports the sizes desired 9, maximum 9 instead of desired 3, maximum 3; reading again"}, "what AWS has is desired 3"},
		"a version":          {upgrade.Wait{Key: "template", Message: "AWS reports version 7 of launch template lt-1 instead of 2"}, "the version that the group uses is $Latest"},
		"the latest version": {upgrade.Wait{Key: "latest", Message: "AWS reports $Latest of launch template lt-1 as version 7"}, "the latest version is 1"},
		"an account":         {upgrade.Wait{Key: "account", Message: "the credentials are of another account"}, "are those of the group's account"},
		"the group":          {upgrade.Wait{Key: "group", Message: "the group is not found"}, "the group exists"},
		"places":             {upgrade.Wait{Key: "unfilled", Message: "1 place stayed without an instance"}, "it has 3 instances of 3"},
		"uneven zones":       {upgrade.Wait{Key: "even", Message: "waiting for even zones"}, "the zones have [1 1 1]"},
		"silence":            {upgrade.Wait{Key: "silence", Message: "3 of 3 nodes are silent"}, "no kubelet is silent"},
	} {
		t.Run(name, func(t *testing.T) {
			w := three(t, Workload{Kind: Deployment, Name: "web", Replicas: 3})
			w.observer.baselineMeasured = true
			pod := first(w)
			test.wait.Key = upgrade.WaitKey(strings.ReplaceAll(string(test.wait.Key), "ITS-NODE", pod.node.instance.ID))
			test.wait.Message = strings.ReplaceAll(test.wait.Message, "A-POD", pod.ID())
			w.records.run.now.Waits = []upgrade.Wait{test.wait}
			for range 2 * toldPasses {
				w.AdvanceBy(upgrade.Interval)
				w.observer.passBegan = w.now
				w.observer.checkWaits()
			}
			said := ""
			if err := w.observer.err(); err != nil {
				said = err.Error()
			}
			if test.want == "" && said != "" || !strings.Contains(said, test.want) {
				t.Errorf("the observer says %q, want %q", said, test.want)
			}
		})
	}
}
