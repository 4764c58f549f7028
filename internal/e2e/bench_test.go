package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/kube"
	"github.com/nodelift/nodelift/internal/sandboxtest"
	"github.com/nodelift/nodelift/internal/view"
)

// How long things take in the benchmarks' sandbox: the sandbox's own defaults.
const (
	boot     = 5 * time.Second
	podStart = time.Second
	podStop  = time.Second
)

// BenchmarkSandbox starts a sandbox with its sample workload and reports how
// long that takes, what memory it holds, and how large both binaries are.
func BenchmarkSandbox(b *testing.B) {
	for b.Loop() {
		began := time.Now()
		s := sandboxtest.Start(b, "--nodes", "3", "--workload", "sample")
		b.ReportMetric(time.Since(began).Seconds(), "up-s")
		b.ReportMetric(memory(b, filepath.Dir(s.Kubeconfig)), "MiB")
	}
	for _, name := range []string{"nodelift", "nodelift-sandbox"} {
		file, err := os.Stat(filepath.Join("..", "..", "bin", name))
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(file.Size())/(1<<20), name+"-MiB")
	}
	b.ReportMetric(0, "ns/op")
}

// memory is what the sandbox says of itself.
func memory(b *testing.B, dir string) float64 {
	b.Helper()
	out, err := exec.Command(filepath.Join("..", "..", "bin", "nodelift-sandbox"), "status", "--dir", dir).Output()
	if err != nil {
		b.Fatal(err)
	}
	found := regexp.MustCompile(`(\d+) MiB in all`).FindSubmatch(out)
	if found == nil {
		b.Fatalf("status says nothing of memory:\n%s", out)
	}
	mib, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	return mib
}

// BenchmarkUpgrade upgrades the sandbox's group with the real binary, and reports
// the time beside the least that boot, pods and budgets allow.
func BenchmarkUpgrade(b *testing.B) {
	for _, nodes := range []int{3, 9} {
		b.Run(fmt.Sprintf("nodes=%d", nodes), func(b *testing.B) {
			for b.Loop() {
				r := timed(b, nodes, "sample", "DEFAULT")
				b.ReportMetric(r.took.Seconds(), "s")
				b.ReportMetric(r.floor.Seconds(), "floor-s")
				b.ReportMetric(r.took.Seconds()/r.floor.Seconds(), "of-floor")
				b.ReportMetric(float64(r.refused), "refusals")
				b.ReportMetric(float64(r.aws)/float64(nodes), "aws-calls/node")
				b.ReportMetric(float64(r.mutating)/float64(nodes), "aws-changes/node")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkStrategies upgrades groups by each strategy, for docs/strategies.md.
func BenchmarkStrategies(b *testing.B) {
	for _, load := range []string{"sample", "sample-x3", "hard-spread"} {
		for _, nodes := range []int{3, 9, 30} {
			for _, strategy := range []string{"DEFAULT", "MINIMAL", "LEAN"} {
				b.Run(fmt.Sprintf("%s/nodes=%d/%s", load, nodes, strategy), func(b *testing.B) {
					for b.Loop() {
						r := timed(b, nodes, load, strategy)
						b.ReportMetric(r.took.Seconds(), "s")
						b.ReportMetric(r.took.Seconds()/r.floor.Seconds(), "of-floor")
						b.ReportMetric(float64(r.launched)/float64(nodes), "launches/node")
						b.ReportMetric(float64(r.evicted)/float64(r.moved), "evictions/moved-pod")
						b.ReportMetric(float64(r.refused), "refusals")
						b.ReportMetric(r.extra.Minutes(), "extra-node-min")
					}
					b.ReportMetric(0, "ns/op")
				})
			}
		}
	}
}

type timing struct {
	launched, evicted, moved int           // moved are the pods that were evicted from outdated nodes
	extra                    time.Duration // nodes beyond those of the owner, times their time
	took, floor              time.Duration
	refused, aws, mutating   int
}

// install installs the two resources. The API server holds up the first of a new
// kind for two seconds, once in a cluster's life.
func install(b *testing.B, s sandboxtest.Sandbox) {
	b.Helper()
	config, err := kube.Config(s.Kubeconfig, "")
	if err != nil {
		b.Fatal(err)
	}
	cluster, err := kube.Connect(config)
	if err != nil {
		b.Fatal(err)
	}
	if err := cluster.Install(b.Context()); err != nil {
		b.Fatal(err)
	}
	time.Sleep(2 * time.Second)
}

// timed upgrades a group of a new sandbox.
func timed(b *testing.B, nodes int, load, strategy string) timing {
	b.Helper()
	s := sandboxtest.Start(b, "--nodes", strconv.Itoa(nodes), "--zones", "3", "--workload", load, "--boot", boot.String(),
		"--pod-start", podStart.String(), "--pod-stop", podStop.String())
	install(b, s)
	cmd := exec.CommandContext(b.Context(), binary(b), "upgrade", "nodegroup", "--cluster", "eksworkshop-eksctl", "--name", "nodegroup",
		"--strategy", strategy, "--drain-timeout", "2m", "--min-ready", "0s", "--cordon-wait", "0s", "--yes", "--output", "json")
	cmd.Env = s.Env
	began := time.Now()
	out, err := cmd.Output()
	if err != nil {
		b.Fatalf("upgrade: %v\n%s", err, out)
	}
	r := timing{took: time.Since(began)}
	r.read(b, out)
	return r
}

// read takes the floor and the counts from what the command printed.
func (r *timing) read(b *testing.B, out []byte) {
	b.Helper()
	var drains []*drain
	added, since := 0, time.Time{}
	for line := range bytes.Lines(out) {
		var o struct {
			Kind, Reason, Node, Message string
			Time                        time.Time
			Counts                      v1alpha1.Counts
			Calls                       view.Calls
		}
		if err := json.Unmarshal(line, &o); err != nil {
			b.Fatalf("%v in %s", err, line)
		}
		if n := growth(o.Message); n != 0 {
			r.extra += time.Duration(added) * o.Time.Sub(since)
			added, since = added+n, o.Time
		}
		switch {
		case o.Reason == "NodeDraining":
			drains = append(drains, &drain{node: o.Node, outdated: strings.HasSuffix(o.Message, "outdated")})
		case o.Reason == "PodEvicted":
			for _, d := range drains {
				if d.node == o.Node {
					d.pods = append(d.pods, workload(o.Message))
				}
			}
		case o.Kind == "Summary":
			r.aws, r.mutating = o.Calls.AWS, o.Calls.AWSMutating
			r.launched, r.moved = int(o.Counts.Launched), int(o.Counts.Evicted)
			r.evicted = r.moved + int(o.Counts.MovedAgain)
			for _, n := range o.Counts.Refusals {
				r.refused += int(n)
			}
		}
	}
	r.floor = floor(drains)
}

// growth is by how much an event says that the desired size goes up.
func growth(message string) int {
	found := regexp.MustCompile(`desired (?:size goes from )?(\d+)(?:, maximum \d+)? to (?:desired )?(\d+)`).FindStringSubmatch(message)
	if found == nil {
		return 0
	}
	from, _ := strconv.Atoi(found[1])
	to, _ := strconv.Atoi(found[2])
	return to - from
}

// drain is a node that was drained, with the workloads of the pods that left it.
type drain struct {
	node     string
	outdated bool
	pods     []string
}

// workload is the name of what a pod belongs to: "default/web-5f-x is evicted"
// is one of web.
func workload(message string) string {
	_, pod, _ := strings.Cut(message, "/")
	name, _, _ := strings.Cut(pod, "-")
	return name
}

// floor is the least time that these drains take, one after the other. One of an
// outdated node begins when the replacement of the third before it is up, as one
// node more a zone was added. Its pods leave when their budgets allow it, which
// is for none of the sample's while another pod of the workload is away: those of
// its StatefulSet start after the one before has ended.
func floor(drains []*drain) time.Duration {
	const surge = 3
	now := boot
	var ends []time.Duration
	allowed := map[string]time.Duration{}
	for _, d := range drains {
		if n := len(ends) - surge; d.outdated && n >= 0 {
			now = max(now, ends[n]+boot)
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
		ends = append(ends, end)
	}
	return now
}
