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
	"testing"
	"time"

	"github.com/nodelift/nodelift/api/v1alpha1"
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
				r := timed(b, nodes)
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

type timing struct {
	took, floor            time.Duration
	refused, aws, mutating int
}

// timed upgrades a group of a new sandbox.
func timed(b *testing.B, nodes int) timing {
	b.Helper()
	s := sandboxtest.Start(b, "--nodes", strconv.Itoa(nodes), "--zones", "3", "--workload", "sample", "--boot", boot.String(),
		"--pod-start", podStart.String(), "--pod-stop", podStop.String())
	cmd := exec.CommandContext(b.Context(), binary(b), "upgrade", "nodegroup", "--cluster", "eksworkshop-eksctl", "--name", "nodegroup",
		"--min-ready", "0s", "--cordon-wait", "0s", "--yes", "--output", "json")
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

var evicted = regexp.MustCompile(`\((\d+) pods? evicted\)`)

// read takes the floor and the counts from what the command printed. The floor
// is one boot, and for each node with pods their end; in the upgrade phase also
// the start of one pod, as no budget of the sample lets two of a workload go at
// once.
func (r *timing) read(b *testing.B, out []byte) {
	b.Helper()
	r.floor = boot
	perNode := podStart + podStop
	for line := range bytes.Lines(out) {
		var o struct {
			Kind, Reason, Message string
			Counts                v1alpha1.Counts
			Calls                 view.Calls
		}
		if err := json.Unmarshal(line, &o); err != nil {
			b.Fatalf("%v in %s", err, line)
		}
		switch {
		case o.Reason == "UpgradeSucceeded":
			perNode = podStop
		case o.Reason == "NodeGone":
			if n := evicted.FindStringSubmatch(o.Message); n != nil && n[1] != "0" {
				r.floor += perNode
			}
		case o.Kind == "Summary":
			r.aws, r.mutating = o.Calls.AWS, o.Calls.AWSMutating
			for _, n := range o.Counts.Refusals {
				r.refused += int(n)
			}
		}
	}
}
