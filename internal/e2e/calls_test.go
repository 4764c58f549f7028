package e2e

import (
	"net/url"
	"testing"
)

// Nodes and pods are read from watches. What is listed beside is one object of each
// kind before it is watched, the pods for the plan, and each node's pods right before
// it is terminated, which the contract wants uncached. The rest is in proportion to
// the nodes.
func TestKubernetesCalls(t *testing.T) {
	w := newWorld(t, "--nodes", "6", "--workload", "sample")
	w.nodelift(upgrade("--max-unavailable", "3")...).has(t, 0)
	counts := w.theUpdate().Status.Counts
	members := 6 + int(counts.Launched)

	times, watches, all := map[string]int{}, map[string]string{}, 0
	for _, r := range w.audit() {
		all++
		times[r.what()]++
		uri, err := url.Parse(r.URI)
		w.check(err)
		query := uri.Query()
		switch ofNode := query.Get("fieldSelector"); {
		case r.Verb == "watch" && watches[uri.Path] == "":
			watches[uri.Path] = r.URI
		case r.Verb == "watch" && watches[uri.Path] != r.URI:
			t.Errorf("a second watch: %s", r.URI)
		case r.Verb == "list" && query.Get("limit") == "" && r.Object.Resource != "nodegroupupdates": // which are looked at before one begins
			if times[ofNode]++; r.Object.Resource != "pods" || ofNode == "" || times[ofNode] > 1 {
				t.Errorf("a list that is none of a node's pods, once: %s", r.URI)
			}
		case r.Verb == "list":
			if times[r.URI]++; times[r.URI] > 1 {
				t.Errorf("a second list: %s", r.URI)
			}
		}
	}
	for what, most := range map[string]int{
		"create pods/eviction": int(counts.Evicted + counts.MovedAgain),
		"patch nodes":          5 * members, // label, taint, cordon, and the marks taken off
		"get nodes":            members,     // somebody else has changed one at the same moment
		"get pods":             0,
		"list nodes":           1,
	} {
		if times[what] > most {
			t.Errorf("%d times %s, want at most %d", times[what], what, most)
		}
	}
	if most := 60; all > most*members {
		t.Errorf("%d requests for %d old and new nodes, want at most %d each: %v", all, members, most, times)
	}
}
