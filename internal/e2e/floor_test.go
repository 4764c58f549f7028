package e2e

import (
	"strings"
	"testing"
	"time"
)

// drain is a node that was drained, with the workloads of the pods that left it.
type drain struct {
	node     string
	outdated bool // or it gives back a size
	pods     []string
}

// workload is the name of what a pod belongs to: "default/web-5f-x is evicted"
// is one of web.
func workload(message string) string {
	_, pod, _ := strings.Cut(message, "/")
	name, _, _ := strings.Cut(pod, "-")
	return name
}

// pace is how fast a strategy may go, one node at a time.
type pace struct {
	first time.Duration // before which no drain may begin
	ahead int           // how many outdated nodes may go before the first replacement is up
	last  time.Duration // from the last termination to the end
}

// paceOf is the pace of a strategy. DEFAULT and LEAN wait for a new node in each
// zone, which then stand in for as many that go. MINIMAL has none: each of its nodes
// has to be replaced before the next goes, the last one, too.
func paceOf(strategy string, nodes, zones int) pace {
	if strategy == "MINIMAL" {
		return pace{ahead: 1, last: boot}
	}
	return pace{first: boot, ahead: min(nodes, zones)}
}

// floor is the least time that these drains take, one after the other, if nothing
// takes time but the boot of instances and the start and stop of pods. A replacement
// is launched when a node is gone. Pods leave when their budgets allow it, which is
// for none of the sample's while another pod of its workload is away: until the one
// that comes in its place has started, of the StatefulSet db after it has ended.
// LEAN replaces none of its last nodes, and none of these is waited for.
func (p pace) floor(drains []drain) time.Duration {
	now := p.first
	var gone []time.Duration // when each outdated node was
	allowed := map[string]time.Duration{}
	for _, d := range drains {
		if n := len(gone) - p.ahead; d.outdated && n >= 0 {
			now = max(now, gone[n]+boot)
		}
		end := now
		for _, w := range d.pods {
			evicted := max(now, allowed[w])
			allowed[w] = evicted + podStart
			if w == "db" {
				allowed[w] += podStop
			}
			end = max(end, evicted+podStop)
		}
		now = end
		if d.outdated {
			gone = append(gone, end)
		}
	}
	return now + p.last
}

// The floors here are worked out by hand, with 5 s for a boot and 1 s for the start
// and the stop of a pod.
func TestFloor(t *testing.T) {
	const s = time.Second
	node := func(pods ...string) drain { return drain{outdated: true, pods: pods} }
	for name, c := range map[string]struct {
		strategy string
		drains   []drain
		want     time.Duration
	}{
		"nothing to do but boot":                                         {"DEFAULT", []drain{node()}, 5 * s},
		"pods of different workloads leave together":                     {"DEFAULT", []drain{node("web", "api", "db")}, 5*s + 1*s},
		"the second web leaves when the first is up elsewhere":           {"DEFAULT", []drain{node("web", "web")}, 5*s + 2*s},
		"the second db leaves when the first has ended and started anew": {"DEFAULT", []drain{node("db", "db")}, 5*s + 3*s},
		"a budget holds on the next node, too": {
			// web at 5, gone at 6 with its node; the next may leave then: gone at 7.
			"DEFAULT", []drain{node("web"), node("web")}, 7 * s,
		},
		"db holds on the next node": {
			// Leaves at 5, its node is gone at 6, it is up at 7: the next is gone at 8.
			"DEFAULT", []drain{node("db"), node("db")}, 8 * s,
		},
		"three nodes of the sample": {
			// Each takes 2 s for its two webs, and db is up again before the next.
			"DEFAULT", []drain{node("web", "web", "db", "api"), node("web", "web", "db"), node("web", "web", "db", "api")}, 5*s + 3*2*s,
		},
		"the fourth waits for what came in place of the first": {
			// Three are gone at 5, the replacement of the first is up at 10; the fifth
			// and sixth go then, too; the seventh waits for that of the fourth: 15.
			"DEFAULT", []drain{node(), node(), node(), node(), node(), node(), node()}, 15 * s,
		},
		"LEAN goes as fast": {"LEAN", []drain{node(), node(), node(), node(), node(), node(), node()}, 15 * s},
		"two nodes have no third zone": {
			// Two are added, and both go at 5.
			"LEAN", []drain{node(), node()}, 5 * s,
		},
		"pods that move again to give back a size": {
			// web is gone at 6, and once more from the node that came in its place: 7.
			"DEFAULT", []drain{node("web"), {pods: []string{"web"}}}, 7 * s,
		},
		"MINIMAL boots each": {
			// Gone at 0, up at 5; gone at 5, up at 10; gone at 10, up at 15.
			"MINIMAL", []drain{node(), node(), node()}, 15 * s,
		},
		"MINIMAL with pods": {
			// Gone at 2, up at 7; gone at 9, up at 14.
			"MINIMAL", []drain{node("web", "web"), node("web", "web")}, 14 * s,
		},
	} {
		t.Run(name, func(t *testing.T) {
			outdated := 0
			for _, d := range c.drains {
				if d.outdated {
					outdated++
				}
			}
			if got := paceOf(c.strategy, outdated, 3).floor(c.drains); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}
