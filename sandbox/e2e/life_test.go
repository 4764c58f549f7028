package e2e

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/nodelift/nodelift/sandbox/home"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestLifeCycle(t *testing.T) {
	dir := up(t, "--nodes", "1", "--zones", "1", "--boot", "0s", "--workload", "none", "--kubernetes-version", "1.35")
	s := state(t, dir)

	status := mustRun(t, "status", "--dir", string(dir))
	for _, want := range []string{"v1.37.1", "1 of 1 ready (1 × v1.35.", "desired 1, maximum 1, in service 1", s.APIServer, s.AWSEndpoint} {
		if !strings.Contains(status, want) {
			t.Errorf("status does not say %q:\n%s", want, status)
		}
	}
	again := run(t, "up", "--dir", string(dir))
	if again.code != 1 || !strings.Contains(again.stderr, "already running") {
		t.Errorf("up on a running sandbox: exit code %d, %q", again.code, again.stderr)
	}

	mustRun(t, "down", "--dir", string(dir))
	if !gone(s.Components) {
		t.Errorf("down left some of %v running", s.Components)
	}
	for _, command := range []string{"status", "env"} {
		r := run(t, command, "--dir", string(dir))
		if r.code != 1 || !strings.Contains(r.stderr, "no sandbox is running") || r.stdout != "" {
			t.Errorf("%s after down: %+v", command, r)
		}
	}
	mustRun(t, "down", "--dir", string(dir))
}

// Of two sandboxes at the same time one is killed: all its processes end, the
// other keeps running, and it can be started again in the same directory.
func TestSideBySideAndKilled(t *testing.T) {
	var dirs [2]home.Dir
	var starting sync.WaitGroup
	for i := range dirs {
		dirs[i] = home.Dir(filepath.Join(t.TempDir(), "sandbox"))
		t.Cleanup(func() { run(t, "down", "--dir", string(dirs[i])) })
		starting.Go(func() { start(t, dirs[i]) })
	}
	starting.Wait()
	victim, bystander := state(t, dirs[0]), state(t, dirs[1])

	if err := syscall.Kill(victim.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	start(t, dirs[0]) // at once
	if !gone(victim.Components) {
		t.Errorf("some of %v kept running after their sandbox was killed", victim.Components)
	}
	for i, dir := range dirs {
		if _, err := client(t, dir).CoreV1().Nodes().List(context.Background(), metav1.ListOptions{}); err != nil {
			t.Errorf("sandbox %d: %v", i, err)
		}
	}
	if now := state(t, dirs[1]); now.PID != bystander.PID {
		t.Errorf("the other sandbox is another process: %d, was %d", now.PID, bystander.PID)
	}
}

func start(t *testing.T, dir home.Dir) {
	if r := run(t, "up", "--detach", "--nodes", "0", "--workload", "none", "--dir", string(dir)); r.code != 0 {
		t.Errorf("up: exit code %d\n%s", r.code, r.stderr)
	}
}

// Without --detach it reports its progress, keeps running, and ends with Ctrl-C.
func TestForeground(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "sandbox")
	t.Cleanup(func() { run(t, "down", "--dir", dir) })
	cmd := exec.Command(binary(t), "up", "--nodes", "0", "--workload", "none", "--dir", dir)
	talk, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pids map[string]int
	for lines := bufio.NewScanner(talk); lines.Scan(); {
		if strings.Contains(lines.Text(), "Ctrl-C ends it") {
			pids = state(t, home.Dir(dir)).Components
			cmd.Process.Signal(os.Interrupt)
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("after Ctrl-C: %v", err)
	}
	if len(pids) != 5 || !gone(pids) {
		t.Errorf("of the processes %v some are still running or were never started", pids)
	}
}

// When a component ends, the sandbox ends, too, and the log names the component.
func TestComponentEnds(t *testing.T) {
	dir := up(t, "--nodes", "0", "--workload", "none")
	s := state(t, dir)
	if err := syscall.Kill(s.Components["kube-scheduler"], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the sandbox ends", func() bool { return gone(s.Components) })
	log, err := os.ReadFile(dir.Log("sandbox"))
	if err != nil || !strings.Contains(string(log), "kube-scheduler ended (signal: killed)") {
		t.Errorf("the log does not say why it ended: %q, %v", log, err)
	}
}

func TestBadInput(t *testing.T) {
	parent := t.TempDir()
	file := filepath.Join(parent, "file")
	full := filepath.Join(parent, "full")
	os.WriteFile(file, nil, 0o600)
	os.Mkdir(full, 0o700)
	os.WriteFile(filepath.Join(full, "thesis.txt"), nil, 0o600)
	absent := filepath.Join(parent, "absent")
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"there is no zone":                         {[]string{"up", "--zones", "0"}, "1 to 6 zones"},
		"there are too many zones":                 {[]string{"up", "--zones", "7"}, "1 to 6 zones"},
		"the number of nodes is negative":          {[]string{"up", "--nodes", "-1"}, "0 to 1000 nodes"},
		"the family lacks the variant":             {[]string{"up", "--ami-variant", "fips"}, "AmazonLinux2023 for x86_64 are standard, nvidia, neuron"},
		"the family lacks the version":             {[]string{"up", "--ami-family", "AmazonLinux2"}, "AmazonLinux2 for Kubernetes 1.31, 1.32"},
		"the Kubernetes version is unknown":        {[]string{"up", "--kubernetes-version", "1.12"}, "1.34, 1.35, 1.36, 1.37"},
		"the workload is unknown":                  {[]string{"up", "--workload", "heavy"}, "one of sample, sample-x3, hard-spread, none"},
		"the boot time is negative":                {[]string{"up", "--boot", "-1s"}, "must not be negative"},
		"the boot time is not a duration":          {[]string{"up", "--boot", "soon"}, "--boot"},
		"the cluster's name has a space":           {[]string{"up", "--cluster", "a b"}, "--cluster"},
		"the node group's name is empty":           {[]string{"up", "--name", ""}, "--name"},
		"the flag is unknown":                      {[]string{"up", "--node", "3"}, "--node"},
		"the command is unknown":                   {[]string{"upp"}, "upp"},
		"there is an argument too many":            {[]string{"up", "3"}, `"3"`},
		"an option of a detached sandbox is wrong": {[]string{"up", "--detach", "--zones", "0"}, "1 to 6 zones"},
		"the directory is a file":                  {[]string{"up", "--dir", file}, "not a directory"},
		"the directory is below a file":            {[]string{"up", "--dir", filepath.Join(file, "x")}, "not a directory"},
		"the directory has somebody's files":       {[]string{"up", "--dir", full}, "thesis.txt"},
		"the directory is empty":                   {[]string{"up", "--dir", ""}, "--dir"},
	} {
		t.Run(name, func(t *testing.T) {
			args := test.args
			if !strings.Contains(strings.Join(args, " "), "--dir") {
				args = append(args, "--dir", absent)
			}
			r := run(t, args...)
			if r.code != 2 || !strings.Contains(r.stderr, test.want) {
				t.Errorf("exit code %d, %q; want 2 and %q", r.code, r.stderr, test.want)
			}
			if _, err := os.Stat(absent); err == nil {
				t.Error("up created a directory")
			}
		})
	}
}
