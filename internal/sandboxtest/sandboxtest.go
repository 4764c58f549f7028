// Package sandboxtest starts a sandbox for tests: a real Kubernetes control
// plane and a fake AWS.
//
// It starts the binary nodelift-sandbox, which links the control plane, so that
// no test package has to. Starting takes some seconds: a test package starts
// one sandbox in one test and passes it to its subtests.
package sandboxtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Sandbox is a sandbox that runs until the test ends.
type Sandbox struct {
	// Kubeconfig is the path of an administrator's kubeconfig.
	Kubeconfig string
	// Env is the environment of a process that reaches the API server and AWS,
	// as NAME=VALUE: that of this process, but for what configures clients of
	// AWS and of Kubernetes, with the sandbox's KUBECONFIG, AWS_ENDPOINT_URL and
	// so on in their place.
	Env []string
}

// Start starts a sandbox, by default without nodes and workload; args are
// further flags of nodelift-sandbox up; if a flag is there twice, the last one
// counts. The binary is the one that NODELIFT_SANDBOX names, otherwise
// bin/nodelift-sandbox of this repository. If there is none, the test fails and
// says how to build it.
func Start(t testing.TB, args ...string) Sandbox {
	t.Helper()
	binary := binary(t)
	dir, err := os.MkdirTemp("", "nodelift") // short, because the paths of sockets in it must be
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	t.Cleanup(func() { _, _ = run(binary, "down", "--dir", dir) })
	up := append([]string{"up", "--dir", dir, "--workload", "none", "--nodes", "0", "--detach"}, args...)
	if out, err := run(binary, up...); err != nil {
		t.Fatalf("start a sandbox: %v\n%s", err, out)
	}
	out, err := run(binary, "env", "--dir", dir)
	if err != nil {
		t.Fatalf("ask the sandbox for its environment: %v\n%s", err, out)
	}
	return parse(out)
}

// binary finds the sandbox's binary.
func binary(t testing.TB) string {
	t.Helper()
	path := os.Getenv("NODELIFT_SANDBOX")
	if path == "" {
		path = filepath.Join(root(t), "bin", "nodelift-sandbox")
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("this test needs the sandbox. Its first build takes about five minutes on two cores:\n\n\tmake bin/nodelift-sandbox\n\n(%v)", err)
	}
	return path
}

// root is the directory of the module.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("this test does not run inside the repository: set NODELIFT_SANDBOX to the sandbox's binary")
		}
		dir = filepath.Dir(dir)
	}
}

func run(binary string, args ...string) (string, error) {
	out, err := exec.Command(binary, args...).CombinedOutput()
	return string(out), err
}

// parse reads the lines that a shell would eval.
func parse(exports string) Sandbox {
	s := Sandbox{Env: plain()}
	for _, m := range regexp.MustCompile(`(?m)^export (\w+)=(.*)$`).FindAllStringSubmatch(exports, -1) {
		name, value := m[1], strings.Trim(strings.TrimSpace(m[2]), `"'`)
		s.Env = append(s.Env, name+"="+value)
		if name == "KUBECONFIG" {
			s.Kubeconfig = value
		}
	}
	return s
}

// plain is this process' environment without what configures clients of AWS and
// of Kubernetes.
func plain() []string {
	return slices.DeleteFunc(os.Environ(), func(variable string) bool {
		return strings.HasPrefix(variable, "AWS_") || strings.HasPrefix(variable, "KUBE")
	})
}
