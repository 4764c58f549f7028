package e2e

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	asgtypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/go-logr/logr"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/nodelift/nodelift/api/v1alpha1"
	"github.com/nodelift/nodelift/internal/fakeaws"
	"github.com/nodelift/nodelift/internal/sandboxtest"
)

// TestMain takes SIGHUP for itself, so that what the tests start does not ignore it when they run under
// nohup: nodelift respects that.
func TestMain(m *testing.M) {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	log.SetLogger(logr.Discard()) // of the tests' own client
	os.Exit(m.Run())
}

// controlKey is the access key whose calls the sandbox keeps out of its journal.
const controlKey = "NODELIFTSANDBOX00000"

// world is a sandbox, seen from outside.
type world struct {
	t       testing.TB
	env     []string
	dir     string
	kube    client.Client
	scaling *autoscaling.Client
	aws     string // its address
	group   string // the Auto Scaling group, the first of several
	groups  []string
}

// newWorld starts a sandbox with 3 nodes in 3 zones; more flags are those of
// nodelift-sandbox up. Tests with a world mostly wait for it, so they run beside
// each other.
func newWorld(t *testing.T, flags ...string) *world {
	t.Helper()
	t.Parallel()
	return startWorld(t, flags...)
}

// startWorld is newWorld that leaves it to the caller what runs beside it.
func startWorld(t testing.TB, flags ...string) *world {
	t.Helper()
	s := sandboxtest.Start(t, append([]string{"--nodes", "3", "--zones", "3", "--boot", "2s"}, flags...)...)
	w := &world{t: t, env: s.Env, dir: filepath.Dir(s.Kubeconfig), aws: value(s.Env, "AWS_ENDPOINT_URL")}
	config, err := clientcmd.BuildConfigFromFlags("", s.Kubeconfig)
	w.check(err)
	all := runtime.NewScheme()
	w.check(errors.Join(scheme.AddToScheme(all), apiextensionsv1.AddToScheme(all), v1alpha1.AddToScheme(all)))
	w.kube, err = client.New(config, client.Options{Scheme: all})
	w.check(err)
	w.scaling = autoscaling.New(autoscaling.Options{
		Region: value(s.Env, "AWS_REGION"), BaseEndpoint: &w.aws,
		Credentials: credentials.NewStaticCredentialsProvider(controlKey, "secret", ""),
	})
	groups, err := w.scaling.DescribeAutoScalingGroups(w.ctx(), &autoscaling.DescribeAutoScalingGroupsInput{})
	w.check(err)
	for _, g := range groups.AutoScalingGroups {
		w.groups = append(w.groups, aws.ToString(g.AutoScalingGroupName))
	}
	slices.SortFunc(w.groups, func(a, b string) int { return cmp.Compare(len(a), len(b)) }) // nodegroup, nodegroup-2
	w.group = w.groups[0]
	return w
}

// of is the world with another of its groups.
func (w *world) of(group string) *world {
	other := *w
	other.group = group
	return &other
}

func (w *world) ctx() context.Context { return w.t.Context() }

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// with is the world as seen by a test's own subtest.
func (w *world) with(t *testing.T) *world {
	seen := *w
	seen.t = t
	return &seen
}

// describe returns the Auto Scaling group as it is now.
func (w *world) describe() asgtypes.AutoScalingGroup {
	w.t.Helper()
	groups, err := w.scaling.DescribeAutoScalingGroups(w.ctx(), &autoscaling.DescribeAutoScalingGroupsInput{
		AutoScalingGroupNames: []string{w.group},
	})
	w.check(err)
	return groups.AutoScalingGroups[0]
}

// journal returns the calls that AWS has had.
func (w *world) journal() []fakeaws.Call {
	w.t.Helper()
	response, err := http.Get(w.aws + "/_sandbox/journal")
	w.check(err)
	defer response.Body.Close()
	var calls []fakeaws.Call
	w.check(json.NewDecoder(response.Body).Decode(&calls))
	return calls
}

// request is what the API server's audit log says of one request.
type request struct {
	Verb      string `json:"verb"`
	URI       string `json:"requestURI"`
	UserAgent string `json:"userAgent"`
	User      struct {
		Username string `json:"username"`
	} `json:"user"`
	Object struct {
		Group       string `json:"apiGroup"`
		Resource    string `json:"resource"`
		Subresource string `json:"subresource"`
		Namespace   string `json:"namespace"`
		Name        string `json:"name"`
	} `json:"objectRef"`
	Response struct {
		Code int `json:"code"`
	} `json:"responseStatus"`
}

// what is the request as RBAC names it: create pods/eviction.
func (r request) what() string {
	if r.Object.Subresource != "" {
		return r.Verb + " " + r.Object.Resource + "/" + r.Object.Subresource
	}
	return r.Verb + " " + r.Object.Resource
}

// audit returns the requests that nodelift has made of the API server.
func (w *world) audit() []request {
	w.t.Helper()
	content, err := os.ReadFile(filepath.Join(w.dir, "audit.log"))
	w.check(err)
	var all []request
	for line := range bytes.Lines(content) {
		var r request
		if json.Unmarshal(line, &r) == nil && strings.HasPrefix(r.UserAgent, "nodelift") && !strings.HasPrefix(r.UserAgent, "nodelift-sandbox") {
			all = append(all, r)
		}
	}
	return all
}

// result is how a command ended.
type result struct {
	code        int
	out, errors string
}

// has fails the test unless the command ended with a code and told each of some
// texts.
func (r result) has(t *testing.T, code int, texts ...string) {
	t.Helper()
	if r.code != code {
		t.Errorf("exit code %d, want %d\n%s\n%s", r.code, code, r.out, r.errors)
	}
	for _, text := range texts {
		if !strings.Contains(r.out+r.errors, text) {
			t.Errorf("nothing says %q:\n%s\n%s", text, r.out, r.errors)
		}
	}
}

// nodelift runs a command to its end.
func (w *world) nodelift(args ...string) result {
	w.t.Helper()
	return w.interrupted("", nil, args...)
}

// interrupted runs a command and sends it a signal as soon as its output has a
// word.
func (w *world) interrupted(word string, signal os.Signal, args ...string) result {
	w.t.Helper()
	return w.watched(func(line string, process *os.Process) bool {
		if signal == nil || !strings.Contains(line, word) {
			return false
		}
		w.check(process.Signal(signal))
		return true
	}, args...)
}

// watched runs a command and shows its output line by line until seen says
// that it has seen enough.
func (w *world) watched(seen func(line string, process *os.Process) bool, args ...string) result {
	w.t.Helper()
	cmd := exec.CommandContext(w.ctx(), binary(w.t), args...)
	cmd.Env = w.env
	var out, stderr bytes.Buffer
	done := false
	cmd.Stderr = &stderr
	cmd.Stdout = writer(func(text []byte) {
		out.Write(text)
		if !done {
			done = seen(string(text), cmd.Process)
		}
	})
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		w.t.Fatal(err)
	}
	return result{cmd.ProcessState.ExitCode(), out.String(), stderr.String()}
}

// writer calls a function with what is written; the command writes whole lines.
type writer func([]byte)

func (w writer) Write(text []byte) (int, error) {
	w(text)
	return len(text), nil
}

// upgrade is the line of a quick upgrade of the world's group, which prints every event.
func upgrade(more ...string) []string {
	return slices.Concat([]string{
		"upgrade", "nodegroup", "--cluster", "eksworkshop-eksctl", "--name", "nodegroup",
		"--min-ready", "0s", "--cordon-wait", "0s", "--verbose", "--yes",
	}, more)
}

// eventually waits until something is so.
func (w *world) eventually(what string, is func() bool) {
	w.t.Helper()
	w.eventuallyWithin(time.Minute, what, is)
}

func (w *world) eventuallyWithin(limit time.Duration, what string, is func() bool) {
	w.t.Helper()
	deadline := time.After(limit)
	for tick := time.Tick(100 * time.Millisecond); !is(); {
		select {
		case <-tick:
		case <-deadline:
			w.t.Fatalf("not within %s: %s", limit, what)
		}
	}
}

// binary finds nodelift's binary, of NODELIFT or of this repository.
func binary(t testing.TB) string {
	t.Helper()
	path := os.Getenv("NODELIFT")
	if path == "" {
		path = filepath.Join("..", "..", "bin", "nodelift")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("this test needs the program, which is built in a minute:\n\n\tmake bin/nodelift\n\n(%v)", err)
	}
	return path
}

func value(env []string, name string) string {
	for _, e := range env {
		if v, ok := strings.CutPrefix(e, name+"="); ok {
			return v
		}
	}
	return ""
}
