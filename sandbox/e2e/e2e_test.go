// Package e2e tests the built binary as people use it. It does not import the
// components: compiling them takes minutes, and only a process of its own shows
// how the binary behaves.
//
// The binary is ../../bin/nodelift-sandbox, or what NODELIFT_SANDBOX names.
package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nodelift/nodelift/sandbox/home"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// patience is how long a test waits for something. Only a busy machine needs
// nearly that long.
const patience = 2 * time.Minute

// binary returns the path of the program under test.
func binary(t *testing.T) string {
	t.Helper()
	path := os.Getenv("NODELIFT_SANDBOX")
	if path == "" {
		path = filepath.Join("..", "..", "bin", "nodelift-sandbox")
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(absolute); err != nil {
		t.Fatalf("%s is missing; build it with: make bin/nodelift-sandbox", absolute)
	}
	return absolute
}

// result is what a command printed, and its exit code.
type result struct {
	code           int
	stdout, stderr string
}

// run runs a command of the program and waits for its end.
func run(t *testing.T, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.Command(binary(t), args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// mustRun runs a command that must succeed and returns its stdout.
func mustRun(t *testing.T, args ...string) string {
	t.Helper()
	r := run(t, args...)
	if r.code != 0 {
		t.Fatalf("%s: exit code %d\n%s", strings.Join(args, " "), r.code, r.stderr)
	}
	return r.stdout
}

// up starts a sandbox in a fresh directory; it ends with the test.
func up(t *testing.T, args ...string) home.Dir {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "sandbox")
	t.Cleanup(func() { run(t, "down", "--dir", dir) })
	mustRun(t, append([]string{"up", "--detach", "--dir", dir}, args...)...)
	return home.Dir(dir)
}

// shared is one sandbox with the sample workload for the tests that only look
// at what is in a cluster. TestMain ends it.
var shared = struct {
	sync.Once
	dir home.Dir
}{}

func sharedSandbox(t *testing.T) home.Dir {
	t.Helper()
	shared.Do(func() {
		parent, err := os.MkdirTemp("", "nodelift-sandbox-test-")
		if err != nil {
			t.Fatal(err)
		}
		shared.dir = home.Dir(filepath.Join(parent, "it's here")) // a space, so that it has to be quoted
		mustRun(t, "up", "--detach", "--boot", "1s", "--dir", string(shared.dir))
	})
	if shared.dir == "" {
		t.Fatal("the shared sandbox did not start: see the test that starts it")
	}
	return shared.dir
}

func TestMain(m *testing.M) {
	code := m.Run()
	if shared.dir != "" {
		path := os.Getenv("NODELIFT_SANDBOX")
		if path == "" {
			path = filepath.Join("..", "..", "bin", "nodelift-sandbox")
		}
		exec.Command(path, "down", "--dir", string(shared.dir)).Run()
		os.RemoveAll(filepath.Dir(string(shared.dir)))
	}
	os.Exit(code)
}

// state reads the state of a sandbox.
func state(t *testing.T, dir home.Dir) home.State {
	t.Helper()
	text, err := os.ReadFile(dir.Path("state.json"))
	if err != nil {
		t.Fatal(err)
	}
	var s home.State
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func config(t *testing.T, dir home.Dir) *rest.Config {
	t.Helper()
	conf, err := clientcmd.BuildConfigFromFlags("", dir.Kubeconfig())
	if err != nil {
		t.Fatal(err)
	}
	return conf
}

func client(t *testing.T, dir home.Dir) *kubernetes.Clientset {
	t.Helper()
	return kubernetes.NewForConfigOrDie(config(t, dir))
}

func dynamicClient(t *testing.T, dir home.Dir) *dynamic.DynamicClient {
	t.Helper()
	return dynamic.NewForConfigOrDie(config(t, dir))
}

// eventually waits until something is true, or fails the test.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not after %s: %s", patience, what)
		}
	}
}

// gone tells whether all processes have ended.
func gone(pids map[string]int) bool {
	for _, pid := range pids {
		if home.Alive(pid) {
			return false
		}
	}
	return true
}
