package e2e

import (
	"strings"
	"testing"

	"github.com/nodelift/nodelift/internal/fakeaws"
	"github.com/nodelift/nodelift/sandbox/cloud"
	"github.com/nodelift/nodelift/sandbox/home"
	corev1 "k8s.io/api/core/v1"
)

// Faults are set, listed and cleared from the command line.
func TestFaults(t *testing.T) {
	dir := string(up(t, "--nodes", "2", "--zones", "2", "--boot", "1s", "--workload", "none"))
	endpoint := state(t, home.Dir(dir)).AWSEndpoint
	fault := func(args ...string) string {
		t.Helper()
		return strings.TrimSpace(mustRun(t, append([]string{"fault", "--dir", dir}, args...)...))
	}
	var instances []fakeaws.Instance
	read(t, endpoint+"/_sandbox/instances", &instances)
	ready := func(name string) corev1.NodeCondition {
		for _, condition := range nodes(t, client(t, home.Dir(dir)))[name].Status.Conditions {
			if condition.Type == corev1.NodeReady {
				return condition
			}
		}
		return corev1.NodeCondition{}
	}
	t.Run("a node dies", func(t *testing.T) {
		if said := fault("set", "node-dies", "--instance", instances[0].ID); said != "done" {
			t.Errorf("node-dies printed %q", said)
		}
		eventually(t, "a node of unknown status", func() bool {
			return ready(instances[0].PrivateDNS).Reason == "NodeStatusUnknown"
		})
	})
	t.Run("new nodes stay not ready", func(t *testing.T) {
		id := fault("set", "broken-image", "--image", instances[0].ImageID, "--not-ready")
		throttle := fault("set", "throttle", "--action", "autoscaling:*", "--rate", "0.5")
		if list := fault("list"); !strings.Contains(list, id) || !strings.Contains(list, "autoscaling:* 0.5/s") {
			t.Errorf("fault list printed\n%s", list)
		}
		fault("clear", throttle)
		fault("set", "sizes", "--max", "3", "--desired", "3")
		eventually(t, "a third node, not ready", func() bool {
			read(t, endpoint+"/_sandbox/instances", &instances)
			return len(instances) == 3 && ready(instances[2].PrivateDNS).Reason == "KubeletNotReady"
		})
		fault("clear")
		if list := fault("list"); list != "" {
			t.Errorf("after fault clear, fault list printed\n%s", list)
		}
	})
	t.Run("wrong faults are refused", func(t *testing.T) {
		for says, args := range map[string][]string{
			"there is no fault":   {"set", "rain"},
			"takes no zone":       {"set", "throttle", "--zone", "us-west-2a"},
			"needs instance":      {"set", "interruption"},
			"there is no zone":    {"set", "no-capacity", "--zone", "mars"},
			"takes one NAME":      {"set"},
			"there is no fault f": {"clear", "f-99"},
			"invalid argument":    {"set", "latency", "--delay", "soon"},
		} {
			r := run(t, append([]string{"fault", "--dir", dir}, args...)...)
			if r.code != 2 || !strings.Contains(r.stderr, says) {
				t.Errorf("%v: exit code %d, %s", args, r.code, r.stderr)
			}
		}
		if faults, err := cloud.Faults(ctx, endpoint); err != nil || len(faults) > 0 {
			t.Errorf("faults %v, %v", faults, err)
		}
	})
}
