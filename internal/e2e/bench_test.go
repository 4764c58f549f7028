package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/kube"
	"github.com/nodelift/nodelift/internal/sandboxtest"
	"github.com/nodelift/nodelift/internal/view"
)

// How things are in the benchmarks' sandbox: the sandbox's own defaults.
const (
	zones    = 3
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
				o := measured(b, nodes, "sample", string(v1alpha1.StrategyDefault))
				o.reportTime(b)
				b.ReportMetric(float64(o.refused), "refusals")
				b.ReportMetric(float64(o.aws)/float64(nodes), "aws-calls/node")
				b.ReportMetric(float64(o.mutating)/float64(nodes), "aws-changes/node")
				b.ReportMetric(float64(o.kube)/float64(nodes), "kube-calls/node")
				b.ReportMetric(float64(o.kubeMutating)/float64(nodes), "kube-changes/node")
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
						o := measured(b, nodes, load, strategy)
						o.reportTime(b)
						b.ReportMetric(float64(o.launched)/float64(nodes), "launches/node")
						b.ReportMetric(float64(o.evicted)/float64(o.pods), "evictions/pod")
						b.ReportMetric(float64(o.refused), "refusals")
						b.ReportMetric(o.extra.Minutes(), "extra-node-min")
						b.Logf("nodes of each zone at the end: %v", o.zones)
					}
					b.ReportMetric(0, "ns/op")
				})
			}
		}
	}
}

// outcome is what an upgrade came to.
type outcome struct {
	took, floor            time.Duration
	failed                 []v1alpha1.Issue // why it did not succeed
	pods                   int              // that had to move
	launched, evicted      int
	extra                  time.Duration // nodes beyond those of the owner, times their time
	refused, aws, mutating int
	kube, kubeMutating     int
	zones                  []int // how many nodes each has at the end
}

// reportTime reports the time, and beside the floor if the upgrade succeeded.
func (o outcome) reportTime(b *testing.B) {
	b.ReportMetric(o.took.Seconds(), "s")
	if o.failed != nil {
		b.ReportMetric(1, "failed")
		b.Logf("it failed: %v", o.failed)
		return
	}
	b.ReportMetric(o.floor.Seconds(), "floor-s")
	b.ReportMetric(o.took.Seconds()/o.floor.Seconds(), "of-floor")
}

// measured upgrades a group of a new sandbox with three zones.
func measured(b *testing.B, nodes int, load, strategy string) outcome {
	b.Helper()
	w := startWorld(b, "--nodes", strconv.Itoa(nodes), "--workload", load, "--boot", boot.String(),
		"--pod-start", podStart.String(), "--pod-stop", podStop.String())
	install(b, value(w.env, "KUBECONFIG"))
	o := outcome{pods: w.movable()}
	began := time.Now()
	r := w.nodelift(upgrade("--strategy", strategy, "--drain-timeout", "1m", "--output", "json")...)
	o.took = time.Since(began)
	drains := o.read(b, r)
	o.floor = paceOf(strategy, nodes, zones).floor(drains)
	o.zones = w.zones()
	return o
}

// install installs the two resources. The API server holds up the first of a new
// kind for two seconds, once in a cluster's life.
func install(b *testing.B, kubeconfig string) {
	b.Helper()
	config, err := kube.Config(kubeconfig, "")
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

// movable counts the pods that have to leave their nodes: those of the workload,
// but not of its DaemonSet.
func (w *world) movable() int {
	w.t.Helper()
	var pods corev1.PodList
	w.check(w.kube.List(w.ctx(), &pods, client.InNamespace("default")))
	return len(slices.DeleteFunc(pods.Items, func(pod corev1.Pod) bool { return pod.Labels["app"] == "agent" }))
}

// zones counts the nodes of each of the group's zones that are not going.
func (w *world) zones() []int {
	w.t.Helper()
	g := w.describe()
	count := make([]int, len(g.AvailabilityZones))
	for _, i := range g.Instances {
		if i.LifecycleState == asgtypes.LifecycleStateInService {
			count[slices.Index(g.AvailabilityZones, aws.ToString(i.AvailabilityZone))]++
		}
	}
	return count
}

// read takes the counts from what the command printed, and returns the nodes that
// were drained.
func (o *outcome) read(b *testing.B, r result) []drain {
	b.Helper()
	var drains []drain
	added, since := 0, time.Time{}
	for line := range strings.Lines(r.out) {
		var said struct {
			Kind, Reason, Node, Message string
			Time                        time.Time
			Status                      v1alpha1.UpdateStatus
			Errors                      []v1alpha1.Issue
			Counts                      v1alpha1.Counts
			Calls                       view.Calls
		}
		if err := json.Unmarshal([]byte(line), &said); err != nil {
			b.Fatalf("%v in %s", err, line)
		}
		if n := growth(said.Message); n != 0 {
			o.extra += time.Duration(added) * said.Time.Sub(since)
			added, since = added+n, said.Time
		}
		switch {
		case said.Reason == "NodeDraining":
			drains = append(drains, drain{node: said.Node, outdated: strings.HasSuffix(said.Message, "outdated")})
		case said.Reason == "PodEvicted":
			if n := slices.IndexFunc(drains, func(d drain) bool { return d.node == said.Node }); n >= 0 {
				drains[n].pods = append(drains[n].pods, workload(said.Message))
			}
		case said.Kind == "Summary":
			o.failed = said.Errors
			o.aws, o.mutating = said.Calls.AWS, said.Calls.AWSMutating
			o.kube, o.kubeMutating = said.Calls.Kubernetes, said.Calls.KubernetesMutating
			o.launched, o.evicted = int(said.Counts.Launched), int(said.Counts.Evicted+said.Counts.MovedAgain)
			for _, n := range said.Counts.Refusals {
				o.refused += int(n)
			}
		}
	}
	if ended := o.launched > 0 || o.failed != nil; !ended || (r.code != 0) != (o.failed != nil) {
		b.Fatalf("the upgrade ends with %d: %s", r.code, r.errors)
	}
	return drains
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
